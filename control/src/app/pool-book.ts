// The pools and the host's resources as they are kept in the settings.
import { check } from '../domain/check.ts'
import { type HostResources, hostResourcesSchema } from '../domain/host-resources.ts'
import { type PoolRecord, poolSpecSchema } from '../domain/pool.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export interface PoolBook {
  pools(): readonly PoolRecord[]
  resources(): HostResources
  /** Both return once it is durable; `tell` adds events to the same step. */
  keepPools(pools: readonly PoolRecord[], by: string, tell: (draft: Draft) => void): void
  keepResources(resources: HostResources, by: string, tell: (draft: Draft) => void): void
}

const POOLS = 'pools'
const RESOURCES = 'resources'

/** What was kept by an earlier version gets the defaults of what has come since. */
export function createPoolBook({ store, log }: Pick<AppPorts, 'store' | 'log'>, ledger: Pick<Ledger, 'write' | 'onReplaced'>): PoolBook {
  function readPools(): readonly PoolRecord[] {
    const kept = store.getSetting(POOLS)
    if (!Array.isArray(kept)) return []
    return (kept as readonly PoolRecord[]).flatMap(({ spec, revision }) => {
      const checked = check(poolSpecSchema, spec, 'pool')
      if (!checked.ok) log('error', `a kept pool cannot be understood: ${checked.problems[0]?.code}`)
      return checked.ok ? [{ spec: checked.value, revision }] : []
    })
  }

  function readResources(): HostResources {
    const checked = check(hostResourcesSchema, store.getSetting(RESOURCES) ?? {}, 'resources')
    const fallback = check(hostResourcesSchema, {}, 'resources')
    if (checked.ok) return checked.value
    if (!fallback.ok) throw new TypeError('the defaults of the host’s resources break their own rules')
    return fallback.value
  }

  function keep(key: string, value: unknown, by: string, tell: (draft: Draft) => void): void {
    ledger.write((draft) => {
      draft.putSetting(key, value)
      tell(draft)
    }, by)
  }

  let pools = readPools()
  let resources = readResources()
  ledger.onReplaced(() => {
    pools = readPools()
    resources = readResources()
  })
  return {
    pools: () => pools,
    resources: () => resources,
    keepPools(next, by, tell) {
      keep(POOLS, next, by, tell)
      pools = next
    },
    keepResources(next, by, tell) {
      keep(RESOURCES, next, by, tell)
      resources = next
    },
  }
}
