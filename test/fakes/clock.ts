// A clock that stands still until a test moves it.
import type { Clock } from '../../control/src/ports/clock.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

export class FakeClock implements Clock {
  /** Milliseconds since the epoch. */
  #wallMs = Date.parse('2026-01-01T00:00:00.000Z')
  #elapsedMs = 0
  readonly #timers = new Set<Timer>()

  now(): string {
    return new Date(this.#wallMs).toISOString()
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + delayMs, callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Somebody sets the wall clock; no time passes. */
  setWall(at: string): void {
    this.#wallMs = Date.parse(at)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Lets time pass, timer by timer in their order, with everything that follows from each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms
    await settle()
    for (;;) {
      const next = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#pass(next.atMs - this.#elapsedMs)
      next.callback()
      await settle()
    }
    this.#pass(endMs - this.#elapsedMs)
    await settle()
  }

  #pass(ms: number): void {
    this.#elapsedMs += ms
    this.#wallMs += ms
  }
}

/** The clock as one process sees it: when the process is killed, its timers are gone, and it gets no new ones. */
export class ProcessClock implements Clock {
  readonly #base: Clock
  readonly #cancels = new Set<() => void>()
  #isKilled = false

  constructor(base: Clock) {
    this.#base = base
  }

  now(): string {
    return this.#base.now()
  }

  monotonicMs(): number {
    return this.#base.monotonicMs()
  }

  after(delayMs: number, callback: () => void): () => void {
    if (this.#isKilled) return () => {}
    const cancelled = this.#base.after(delayMs, () => {
      this.#cancels.delete(cancel)
      callback()
    })
    const cancel = () => {
      this.#cancels.delete(cancel)
      cancelled()
    }
    this.#cancels.add(cancel)
    return cancel
  }

  kill(): void {
    this.#isKilled = true
    for (const cancel of [...this.#cancels]) cancel()
  }
}

/** Lets everything happen that waits for nothing but promises. Longer than any chain of them in the control plane. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
}
