// What every implementation of the time client promises; the clock itself is left alone.
import { describe, expect, it } from 'vitest'
import type { Timekeeping } from '../../control/src/ports/timekeeping.ts'

export interface TimekeepingBench {
  readonly timekeeping: Timekeeping
  /** Servers of a DHCP server's offer, as it says them. */
  offer(servers: readonly string[]): void
  /** Whom the client was to ask, each time that this became another. */
  told(): readonly (readonly string[])[]
}

export function timekeepingContract(make: () => TimekeepingBench): void {
  describe('the time client', () => {
    it('asks nobody at first, and is not synchronised', async () => {
      const { timekeeping, told } = make()
      expect(await timekeeping.observe()).toEqual({ synchronised: false, source: null, stratum: null, offsetSeconds: null })
      timekeeping.ask([])
      expect(told()).toEqual([])
    })

    it('asks those that it was told last, and nothing happens when they are the same', () => {
      const { timekeeping, told } = make()
      timekeeping.ask(['10.0.0.1', 'time.example.com'])
      timekeeping.ask(['10.0.0.1', 'time.example.com'])
      expect(told()).toEqual([['10.0.0.1', 'time.example.com']])
      timekeeping.ask(['time.example.com', '10.0.0.1'])
      timekeeping.ask([])
      timekeeping.ask([])
      expect(told().slice(1)).toEqual([['time.example.com', '10.0.0.1'], []])
    })

    it('is offered each server once, in the order of the offer', () => {
      const { timekeeping, offer } = make()
      expect(timekeeping.offered()).toEqual([])
      offer(['10.0.0.2', '10.0.0.1', '10.0.0.2'])
      expect(timekeeping.offered()).toEqual(['10.0.0.2', '10.0.0.1'])
      offer([])
      expect(timekeeping.offered()).toEqual([])
    })
  })
}
