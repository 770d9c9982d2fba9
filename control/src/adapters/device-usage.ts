// What only QEMU knows of a running VM's use: its balloon, and what the guest asked of its disks.
// @source QEMU qapi/block-core.json: query-blockstats
import type { DeviceTransfers, VmDevices } from '../domain/usage.ts'
import { observeBalloon } from './balloon.ts'
import { VmHostFailure } from './host-failure.ts'
import { objectOf, objects, type Qmp } from './monitor.ts'

/** Rejects when QEMU does not answer each question within `timeoutMs`. */
export async function observeDevices(timeoutMs: number, qmp: Qmp): Promise<VmDevices> {
  const [balloon, stats] = await Promise.all([observeBalloon(timeoutMs, qmp), qmp.execute('query-blockstats', {}, { timeoutMs })])
  const disks = objects(stats, 'query-blockstats').flatMap((entry) => diskOf(entry) ?? [])
  return { balloonBytes: balloon.actualBytes, guestMemory: balloon.guest, disks }
}

/** Null for what is no disk or CD drive of the VM's spec, and for a drive without a medium. */
function diskOf(entry: Readonly<Record<string, unknown>>): DeviceTransfers | null {
  const name = entry['node-name']
  if (typeof name !== 'string' || !/^(disk|cdrom)\d+$/.test(name)) return null
  const stats = objectOf(entry.stats, 'query-blockstats')
  const count = (key: string) => {
    const value = stats[key]
    if (typeof value !== 'number') throw new VmHostFailure('qmp.malformed', 'query-blockstats', `no number ${key} in the answer`)
    return value
  }
  return {
    ...{ name, readBytes: count('rd_bytes'), writtenBytes: count('wr_bytes') },
    ...{ reads: count('rd_operations'), writes: count('wr_operations') },
  }
}
