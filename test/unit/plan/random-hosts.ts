// Hosts, trees of pools and VMs by chance, the same for the same seed: for properties that hold whatever they are.

import { check } from '../../../control/src/domain/check.ts'
import type { Capacity } from '../../../control/src/domain/host-resources.ts'
import { type PoolSpec, poolSpecSchema } from '../../../control/src/domain/pool.ts'
import { PRIORITIES, type Priority } from '../../../control/src/domain/priority.ts'
import type { Claim } from '../../../control/src/plan/admission.ts'

export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** 0 up to, and without, 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state / 2 ** 32
  }

  /** 0 to `most`. */
  some(most: number): number {
    return Math.floor(this.next() * (most + 1))
  }

  one<T>(things: readonly T[]): T {
    const thing = things[this.some(things.length - 1)]
    if (thing === undefined) throw new Error('there is none')
    return thing
  }

  maybe<T>(value: T): T | undefined {
    return this.next() < 0.5 ? undefined : value
  }

  priority(): Priority {
    return this.one(PRIORITIES)
  }

  shuffled<T>(things: readonly T[]): readonly T[] {
    return things
      .map((thing) => ({ thing, at: this.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ thing }) => thing)
  }

  host(): Capacity {
    return {
      ...{ cores: 1 + this.some(16), memoryMiB: 2048 + this.some(16_384) },
      reserve: { cores: this.next(), memoryMiB: this.some(2000) },
      overcommit: { memory: 1 + this.next() * this.some(1), vcpus: 1 + this.some(8) },
      threadsPerCore: 1 + this.some(1),
    }
  }

  /** A tree of up to five. */
  pools(): readonly PoolSpec[] {
    const made: PoolSpec[] = []
    for (let at = this.some(5); at > 0; at--) {
      const parent = made.length > 0 && this.next() < 0.5 ? this.one(made).name : 'host'
      const cores = this.maybe(this.some(3)) ?? 0
      const mib = this.maybe(this.some(4000)) ?? 0
      made.push({
        ...{ ...ANY, name: `p${made.length}`, parent, priority: this.priority() },
        cpu: { ...ANY.cpu, reservationCores: cores, limitCores: this.maybe(Math.max(1, cores) + this.some(4)) ?? null },
        memory: { reservationMiB: mib, limitMiB: this.maybe(Math.max(64, mib) + this.some(9000)) ?? null },
      })
    }
    return made
  }

  claim(id: string, pools: readonly { readonly name: string }[]): Claim {
    return {
      ...{ id, pool: this.one(['host', ...pools.map(({ name }) => name)]) },
      ...{ vcpus: 1 + this.some(4), memoryMiB: 64 + this.some(4000) },
      ...{ reservedCores: this.some(2) === 0 ? this.some(4) / 2 : 0, reservedMiB: this.some(2) === 0 ? this.some(2000) : 0 },
      dedicatedVcpus: 0,
    }
  }
}

/** Thousands of times in a row it has to cost nothing where it holds. */
export function must(condition: boolean, what: () => unknown): void {
  if (!condition) throw new Error(`does not hold: ${JSON.stringify(what())}`)
}

export function pool(name: string, rest: object = {}): PoolSpec {
  const checked = check(poolSpecSchema, { name, ...rest }, 'pool')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.value
}

const ANY = pool('any')
