// Where things are, for what is granted on pools and VMs.
import type { Target } from '../domain/event.ts'
import type { Place } from '../domain/permission.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import { poolPaths } from '../plan/pool-path.ts'
import type { Ledger } from './ledger.ts'
import type { PoolBook } from './pool-book.ts'

export interface Places {
  /** The VM, its pool and all around it; of a VM that is not there the host alone. */
  ofVm(id: string): readonly Place[]
  ofPool(name: string): readonly Place[]
  /** Of what an event or task is about: of all but VMs the host alone. */
  ofTarget(target: Target): readonly Place[]
  isThere(place: Place): boolean
}

const ON_HOST: readonly Place[] = ['host']

export function createPlaces({ vms }: Pick<Ledger, 'vms'>, book: Pick<PoolBook, 'pools'>): Places {
  function ofPool(name: string): readonly Place[] {
    const path = poolPaths(book.pools().map(({ spec }) => spec))(name)
    return [...path.filter((pool) => pool !== ROOT_POOL).map((pool): Place => `pool:${pool}`), 'host']
  }

  function ofVm(id: string): readonly Place[] {
    const record = vms.get(id)
    return record === undefined ? ON_HOST : [`vm:${id}`, ...ofPool(record.spec.pool)]
  }

  return {
    ofVm,
    ofPool,
    ofTarget: ({ kind, id }) => (kind === 'vm' ? ofVm(id) : ON_HOST),
    isThere(place) {
      const [kind, id = ''] = place.split(':')
      if (kind === 'vm') return vms.has(id)
      return kind === 'host' || book.pools().some(({ spec }) => spec.name === id)
    },
  }
}
