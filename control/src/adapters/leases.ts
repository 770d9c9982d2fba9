// Reads the leases that the DHCP client holds, one file an adapter.
import { readDir, readText, statOrNull } from 'hv:fs'
import { type Lease, parseLease } from '../codec/lease.ts'

/** Written by /usr/lib/corbel/udhcpc, as `ADAPTER.env`. */
export const LEASE_DIRECTORY = '/run/corbel/lease'
const SUFFIX = '.env'

/** By adapter name. A file that vanishes meanwhile, or says nothing, is no lease. */
export function readLeases(): ReadonlyMap<string, Lease> {
  const leases = new Map<string, Lease>()
  if (statOrNull(LEASE_DIRECTORY) === null) return leases
  for (const file of readDir(LEASE_DIRECTORY)) {
    const lease = file.endsWith(SUFFIX) ? readLease(`${LEASE_DIRECTORY}/${file}`) : null
    if (lease !== null) leases.set(file.slice(0, -SUFFIX.length), lease)
  }
  return leases
}

function readLease(path: string): Lease | null {
  try {
    return parseLease(readText(path, 4096))
  } catch {
    return null
  }
}
