// VMs that a datastore has and the host does not know: found by the copies of their specs, and taken in as they are.
import { ROOT_POOL } from '../domain/pool.ts'
import type { RestoreItem, RestoreStep } from '../domain/restore.ts'
import { type KeptVm, parseSpecCopy, type SpecCopy } from '../domain/spec-copy.ts'
import type { Ledger } from './ledger.ts'
import type { PoolBook } from './pool-book.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { Restorer } from './restore.ts'
import { understood } from './restore-facts.ts'
import { usesOf } from './vm-files.ts'

export interface Adoption {
  /** Refuses with `datastore.not-found`. */
  list(datastore: string): readonly KeptVm[]
  /** These, or all that can be. Refuses with `datastore.not-found`, `vm.adopt.not-found`. */
  adopt(
    datastore: string,
    ids: readonly string[] | null,
    wish: { readonly by: string; readonly dryRun: boolean },
  ): Promise<readonly RestoreStep[]>
}

export function createAdoption(
  { specCopies, datastores }: Pick<AppPorts, 'specCopies' | 'datastores'>,
  ledger: Pick<Ledger, 'vms'>,
  pools: Pick<PoolBook, 'pools'>,
  restorer: Restorer,
): Adoption {
  function copiesIn(datastore: string): readonly { readonly id: string; readonly text: string }[] {
    const found = datastores.list().some(({ name }) => name === datastore) ? specCopies.list() : null
    if (found !== null) return found
    throw new Refusal('not-found', 'datastore.not-found', `There is no datastore ${datastore}.`)
  }

  function view(id: string, text: string): KeptVm {
    const copy = parseSpecCopy(id, text)
    const spec = copy === null ? null : understood(id, copy.spec)
    if (spec === null) return { id, name: null, state: ledger.vms.has(id) ? 'registered' : 'unreadable', missing: [] }
    const missing = usesOf(spec).filter(({ reference }) => datastores.resolve(reference.datastore, reference.file) === null)
    return {
      id,
      name: spec.name,
      state: ledger.vms.has(id) ? 'registered' : 'adoptable',
      missing: missing.map(({ reference }) => reference.file),
    }
  }

  /** A pool that is not here is nobody's loss: the VM is in the host's. */
  function wantedOf({ id, spec }: SpecCopy): RestoreItem {
    const isThere = pools.pools().some((pool) => pool.spec.name === spec.pool)
    return { kind: 'vm', id, now: ledger.vms.get(id)?.spec ?? null, wanted: isThere ? spec : { ...spec, pool: ROOT_POOL } }
  }

  return {
    list: (datastore) => copiesIn(datastore).map(({ id, text }) => view(id, text)),

    async adopt(datastore, ids, { by, dryRun }) {
      const copies = copiesIn(datastore).flatMap(({ id, text }) =>
        view(id, text).state === 'adoptable' ? (parseSpecCopy(id, text) ?? []) : [],
      )
      const unknown = (ids ?? []).filter((id) => !copies.some((copy) => copy.id === id))
      if (unknown.length > 0) {
        const message = `is no VM that ${datastore} has and the host has not`
        throw invalid(unknown.map((id) => ({ code: 'vm.adopt.not-found', field: 'ids', message, got: id })))
      }
      const chosen = copies.filter(({ id }) => ids === null || ids.includes(id))
      if (chosen.length === 0) return []
      const uids = new Map(chosen.map(({ id, uid }) => [id, uid]))
      const told = { code: 'datastore.vms-adopted', what: `VMs of the datastore ${datastore} were taken in` }
      // By then one of them may be there.
      const items = () => chosen.filter(({ id }) => !ledger.vms.has(id)).map(wantedOf)
      return restorer.restore(items, told, { by, dryRun }, { uids })
    },
  }
}
