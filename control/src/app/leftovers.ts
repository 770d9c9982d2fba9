// What a deleted VM leaves beside its disks: removed after the deletion is durable, by a later controld if need be.
import { vmPaths } from '../plan/vm-paths.ts'
import type { Draft } from './ledger.ts'
import type { AppPorts } from './ports.ts'

/** Ids of VMs that are deleted and whose logs and kept files may still be there. */
const SETTING = 'deleted-vms'

type Ports = Pick<AppPorts, 'store' | 'vmHost' | 'log'>

/** Part of the transaction that deletes the VM. */
export function noteLeftovers({ store }: Pick<AppPorts, 'store'>, draft: Draft, id: string): void {
  draft.putSetting(SETTING, [...noted(store), id])
}

/** Part of the transaction that brings deleted VMs back: what is left of them is theirs again. */
export function keepOfRestored({ store }: Pick<AppPorts, 'store'>, draft: Draft, ids: readonly string[]): void {
  const left = noted(store)
  if (left.some((id) => ids.includes(id)))
    draft.putSetting(
      SETTING,
      left.filter((id) => !ids.includes(id)),
    )
}

/** What cannot be removed is tried again at the next start, or after the next deletion. */
export function removeLeftovers({ store, vmHost, log }: Ports, write: (body: (draft: Draft) => void) => void): void {
  const ids = noted(store)
  if (ids.length === 0) return
  const left = ids.filter((id) => {
    try {
      vmHost.removeLogs(vmPaths(id).logDirectory)
      vmHost.removeKept(vmPaths(id).keptDirectory)
      return false
    } catch (error) {
      log('warning', `logs or kept files of the deleted VM ${id} remain: ${String(error)}`)
      return true
    }
  })
  try {
    write((draft) => draft.putSetting(SETTING, left))
  } catch (error) {
    // They will be looked for once more.
    log('warning', `that deleted VMs have left nothing could not be written: ${String(error)}`)
  }
}

function noted(store: AppPorts['store']): readonly string[] {
  const ids = store.getSetting(SETTING)
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
}
