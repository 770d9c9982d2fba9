// One controld: each of its effects takes its turn, and once it has been killed nothing of it happens any more. What it has done stays.
import type { Clock } from '../../control/src/ports/clock.ts'
import type { Store } from '../../control/src/ports/store.ts'
import { ProcessClock } from './clock.ts'

/** Thrown where a controld that is dead goes on: nobody hears it. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export class ControlProcess {
  readonly clock: ProcessClock
  /** Effects that it lives to see; it is killed before the one after. */
  effectsLeft = Number.POSITIVE_INFINITY
  readonly #latencyMs: (() => number) | null
  readonly #onDeath: (process: ControlProcess) => void
  #isAlive = true

  /** `latencyMs` is how long an effect takes that is waited for; null: no time at all. */
  constructor(base: Clock, latencyMs: (() => number) | null, onDeath: (process: ControlProcess) => void) {
    this.clock = new ProcessClock(base)
    this.#latencyMs = latencyMs
    this.#onDeath = onDeath
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** An effect that is done at once. Throws `Killed` instead when that was the end. */
  act<T>(effect: () => T): T {
    if (!this.#passes()) throw new Killed()
    return effect()
  }

  /** An effect that is waited for, in vain when that was the end. */
  async perform<T>(effect: () => T): Promise<T> {
    const latencyMs = this.#latencyMs
    if (latencyMs !== null) await new Promise<void>((resolve) => this.clock.after(latencyMs(), resolve))
    if (!this.#passes()) await new Promise(() => {})
    return effect()
  }

  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.clock.kill()
    this.#onDeath(this)
  }

  /** A transaction is one effect. Reading is none. */
  store(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (name === 'audit') return this.#guarded(target.audit)
        if (typeof method !== 'function') return method
        const isTransaction = name === 'atomically'
        const isWrite = /^(?:put|delete|append)/.test(String(name))
        return (...values: unknown[]): unknown => {
          const call = () => Reflect.apply(method, target, values) as unknown
          if (isTransaction) return this.act(call)
          if (isWrite && !this.#isAlive) throw new Killed()
          return call()
        }
      },
    })
  }

  /** What has died writes nothing outside a transaction either. */
  #guarded<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...values: unknown[]): unknown => {
          if (!/^(?:get|list)/.test(String(name)) && !this.#isAlive) throw new Killed()
          return Reflect.apply(method, target, values) as unknown
        }
      },
    })
  }

  #passes(): boolean {
    if (this.#isAlive && this.effectsLeft-- <= 0) this.kill()
    return this.#isAlive
  }
}
