// Keeps the traffic of running VMs to what they and their pools may have.
import type { NicShape } from '../domain/traffic.ts'
import type { Nic, VmSpec } from '../domain/vm.ts'
import { nicsOf, numberPools, type PoolNumbers, planTraffic, shapeNic, type TrafficPool } from '../plan/traffic.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export interface TrafficKeeper {
  /** Brings the kernel to what VMs with these specs in these pools may have, by id; not waited for, and one after the other. */
  arrange(running: ReadonlyMap<string, VmSpec>, pools: readonly TrafficPool[]): void
  /** How the NICs of a VM are to be held, as the pools are now. */
  shapesOf(uid: number, pool: string, pools: readonly TrafficPool[]): (nic: Nic) => NicShape
  /** What could not be done the last time. */
  problems(): readonly string[]
}

export function createTrafficKeeper({ traffic, log }: Pick<AppPorts, 'traffic' | 'log'>, ledger: Pick<Ledger, 'vms'>): TrafficKeeper {
  let numbers: PoolNumbers = new Map()
  let problems: readonly string[] = []
  let asked = 0

  return {
    arrange(running, pools) {
      numbers = numberPools(pools, numbers)
      const vms = [...running].flatMap(([id, spec]) => {
        const record = ledger.vms.get(id)
        return record === undefined ? [] : [{ uid: record.uid, pool: spec.pool, nics: nicsOf(spec, record.changingTo) }]
      })
      const turn = ++asked
      void traffic.arrange(planTraffic(pools, numbers, vms)).then((told) => {
        for (const problem of told) if (!problems.includes(problem)) log('error', `traffic: ${problem}`)
        // An answer that was overtaken by a later one is no news.
        if (turn === asked) problems = told
      })
    },
    shapesOf(uid, pool, pools) {
      numbers = numberPools(pools, numbers)
      return (nic) => shapeNic(pools, numbers, uid, pool, nic)
    },
    problems: () => problems,
  }
}
