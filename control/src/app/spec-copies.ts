// Keeps a copy of every VM's spec beside its disks, soon after each change: nothing waits for it, and what fails is tried again.
import { renderSpecCopy } from '../domain/spec-copy.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

const SOON_MS = 200
const AGAIN_MS = 60_000
/** At once; a copy is synced, so that many take their time. */
const BATCH = 8

/** Called at the start: from then on copies follow. */
export function keepSpecCopies(
  { specCopies, clock, log }: Pick<AppPorts, 'specCopies' | 'clock' | 'log'>,
  ledger: Pick<Ledger, 'vms' | 'follow'>,
): void {
  /** As they are on disk, as far as is known. */
  const written = new Map((specCopies.list() ?? []).map(({ id, text }) => [id, text]))
  /** Those that may differ, and whether a VM that is gone was deleted. */
  const dirty = new Map<string, 'deleted' | 'changed'>()
  let scheduled = false

  function schedule(ms: number): void {
    if (scheduled || dirty.size === 0) return
    scheduled = true
    clock.after(ms, () => {
      scheduled = false
      const failed = [...dirty.keys()].slice(0, BATCH).filter((id) => !isSettled(id))
      schedule(failed.length > 0 ? AGAIN_MS : SOON_MS)
    })
  }

  function isSettled(id: string): boolean {
    try {
      settle(id)
      dirty.delete(id)
      return true
    } catch (error) {
      log('warning', `the copy of the spec of VM ${id}: ${String(error)}`)
      return false
    }
  }

  function settle(id: string): void {
    const record = ledger.vms.get(id)
    if (record === undefined) {
      if (dirty.get(id) !== 'deleted') return
      specCopies.remove(id)
      written.delete(id)
      return
    }
    const text = renderSpecCopy(record)
    if (written.get(id) === text) return
    specCopies.write(id, text)
    written.set(id, text)
  }

  for (const id of ledger.vms.keys()) dirty.set(id, 'changed')
  ledger.follow(({ code, target }) => {
    if (target.kind !== 'vm') return
    dirty.set(target.id, code === 'vm.deleted' ? 'deleted' : 'changed')
    schedule(SOON_MS)
  })
  schedule(SOON_MS)
}
