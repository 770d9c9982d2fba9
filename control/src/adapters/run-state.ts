// What a VM is doing, as its QEMU tells.
// @source QEMU qapi/run-state.json: query-status; qapi/block-core.json: query-block, BlockDeviceIoStatus
import type { RunState } from '../ports/vm-host.ts'
import { VmHostFailure } from './host-failure.ts'
import { objectOf, objects, type Qmp } from './monitor.ts'

/** Rejects with `qmp.malformed` when the answer is none. */
export async function queryState(qmp: Qmp): Promise<RunState> {
  const { status } = objectOf(await qmp.execute('query-status'), 'query-status')
  if (typeof status !== 'string') throw new VmHostFailure('qmp.malformed', 'query-status', 'no status in the answer')
  return status === 'io-error' && (await onlyLacksSpace(qmp)) ? 'out-of-space' : status
}

/** Disks remember what stopped the VM until it goes on, so this is told to any controld that asks. */
async function onlyLacksSpace(qmp: Qmp): Promise<boolean> {
  const statuses = objects(await qmp.execute('query-block'), 'query-block').map((block) => block['io-status'])
  return statuses.includes('nospace') && !statuses.includes('failed')
}
