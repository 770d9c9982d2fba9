// What only QEMU knows of a running VM's use: its balloon, and what the guest asked of its disks.
// @source QEMU qapi/machine.json: query-balloon; qapi/block-core.json: query-blockstats
import type { DeviceTransfers, VmDevices } from '../domain/usage.ts'
import { VmHostFailure } from './host-failure.ts'
import { objectOf, objects, type Qmp } from './monitor.ts'

/** Rejects when QEMU does not answer each of the two questions within `timeoutMs`. */
export async function observeDevices(timeoutMs: number, qmp: Qmp): Promise<VmDevices> {
  const [balloonBytes, stats] = await Promise.all([balloon(timeoutMs, qmp), qmp.execute('query-blockstats', {}, { timeoutMs })])
  return { balloonBytes, disks: objects(stats, 'query-blockstats').flatMap((entry) => diskOf(entry) ?? []) }
}

/** QEMU refuses the question where there is no balloon; a guest without its driver leaves it as it was. */
async function balloon(timeoutMs: number, qmp: Qmp): Promise<number | null> {
  try {
    const { actual } = objectOf(await qmp.execute('query-balloon', {}, { timeoutMs }), 'query-balloon')
    return typeof actual === 'number' ? actual : null
  } catch (error) {
    if (error instanceof VmHostFailure && error.code.startsWith('qmp.error.')) return null
    throw error
  }
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
