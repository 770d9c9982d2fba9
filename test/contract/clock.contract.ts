// What every clock promises.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../control/src/ports/clock.ts'

/** `pass` resolves when at least `ms` have passed on the clock, with everything done that fell due. */
export function clockContract(make: () => { readonly clock: Clock; pass(ms: number): Promise<void> }): void {
  describe('a clock', () => {
    it('tells the time as RFC 3339 in UTC with milliseconds', () => {
      expect(make().clock.now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })

    it('never steps back', async () => {
      const { clock, pass } = make()
      const before = clock.monotonicMs()
      await pass(20)
      expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(20)
    })

    it('calls once after the delay, the shorter delay first', async () => {
      const { clock, pass } = make()
      const calls: string[] = []
      clock.after(15, () => calls.push('later'))
      clock.after(5, () => calls.push('sooner'))
      expect(calls).toEqual([])
      await pass(60)
      expect(calls).toEqual(['sooner', 'later'])
    })

    it('does not call what was cancelled', async () => {
      const { clock, pass } = make()
      const calls: string[] = []
      const cancel = clock.after(5, () => calls.push('cancelled'))
      clock.after(10, () => calls.push('kept'))
      cancel()
      cancel()
      await pass(40)
      expect(calls).toEqual(['kept'])
    })

    it('lets a timer be cancelled after it has fired', async () => {
      const { clock, pass } = make()
      let calls = 0
      const cancel = clock.after(1, () => calls++)
      await pass(30)
      cancel()
      expect(calls).toBe(1)
    })
  })
}
