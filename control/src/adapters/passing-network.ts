// A network for a moment of the boot, before there are settings to make the lasting one of: one adapter with what a DHCP server gives it.
import { statOrNull, unlink } from 'hv:fs'
import { spawn } from 'hv:process'
import type { Clock } from '../ports/clock.ts'
import { writeDhcpInterface } from './dhcp-client.ts'
import { endProcess } from './end-process.ts'
import { VmHostFailure } from './host-failure.ts'
import { LEASE_DIRECTORY, readLeases } from './leases.ts'
import { RESOLVER_FILE, writeNameServers } from './name-servers.ts'
import { ip } from './network-tools.ts'
import { waitUntil } from './wait.ts'

/** As init starts it later. */
const DHCP_CLIENT = ['/usr/bin/hv-core', '/run/corbel/programs/management-dhcp-launch.qjb']
const SIGKILL = 9

/** The adapter is up and the packet filter loaded. Rejects where no address comes within `timeoutMs`; whatever happens, nothing of it is left. */
export async function withPassingNetwork<T>(clock: Clock, adapter: string, timeoutMs: number, use: () => Promise<T>): Promise<T> {
  writeDhcpInterface(adapter)
  const client = spawn({ argv: DHCP_CLIENT, parentDeathSignal: SIGKILL })
  try {
    const lease = () => readLeases().get(adapter)
    if (!(await waitUntil(clock, () => lease() !== undefined, timeoutMs))) {
      throw new VmHostFailure(
        'seed.no-address',
        'dhcp',
        `no DHCP server has given ${adapter} an address within ${Math.round(timeoutMs / 1000)} s`,
      )
    }
    writeNameServers(lease()?.dns ?? [], [])
    return await use()
  } finally {
    endProcess(client)
    await client.exited
    writeDhcpInterface(null)
    remove(`${LEASE_DIRECTORY}/${adapter}.env`)
    remove(RESOLVER_FILE)
    await ip([`address flush dev ${adapter} scope global`, `route flush dev ${adapter}`], 4)
  }
}

function remove(path: string): void {
  if (statOrNull(path) !== null) unlink(path)
}
