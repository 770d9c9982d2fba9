// How VMs come to a host one after the other: past the promises to pools, or where there is less than was promised, past those that come before them. Pure.
import type { Capacity } from '../domain/host-resources.ts'
import type { Priority } from '../domain/priority.ts'
import { type Claim, findBrokenPromises, type PoolPromise, type Shortage } from './admission.ts'
import { type Admission, openAdmission } from './keep-promises.ts'

export interface Scene {
  readonly capacity: Capacity
  /** Of the machine as it was; null where it has no less now. */
  readonly before: Capacity | null
  readonly pools: readonly PoolPromise[]
  readonly running: readonly Claim[]
}

/**
 * Where there is less than was promised, pools of lower priority yield what they do not use; otherwise a promise to a pool is one, whoever asks. It is less
 * for a VM that would have fitted into the machine as it was.
 */
export class Entrance {
  readonly #scene: Scene
  readonly #priority: Priority
  /** Null once nobody of this kind would have fitted into the machine as it was, and where it has no less now. */
  #before: Admission | null
  #now: Admission
  readonly #taken: Claim[] = []

  constructor(scene: Scene, priority: Priority) {
    const { capacity, before, pools, running } = scene
    this.#scene = scene
    this.#priority = priority
    this.#before = before === null ? null : openAdmission(before, pools, running, priority, 'pools-first')
    const isShort = before !== null || findBrokenPromises(capacity, pools, running).length > 0
    this.#now = openAdmission(capacity, pools, running, priority, isShort ? 'by-priority' : 'pools-first')
  }

  /** Of claims that are no smaller than those asked about before. */
  shortages(claim: Claim): readonly Shortage[] {
    if (this.#before !== null && this.#before.shortages(claim).length > 0) this.#comeLast()
    return this.#now.shortages(claim)
  }

  take(claim: Claim): void {
    this.#before?.take(claim)
    this.#now.take(claim)
    this.#taken.push(claim)
  }

  /** How many like it can come one after the other, `most` at most. Nobody comes after that was asked. */
  fits(claim: Claim, most: number): number {
    const now = this.#now.fits(claim, most)
    const before = this.#before?.fits(claim, most) ?? most
    if (now <= before) return now
    for (let count = 0; count < before; count++) this.take(claim)
    this.#comeLast()
    return before + this.#now.fits(claim, most - before)
  }

  /** After every pool, whatever its priority. */
  #comeLast(): void {
    const { capacity, pools, running } = this.#scene
    this.#before = null
    this.#now = openAdmission(capacity, pools, [...running, ...this.#taken], this.#priority, 'pools-first')
  }
}
