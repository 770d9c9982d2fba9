// One case of each outcome, for the test of the runner.
import { describe, expect, it } from 'vitest'

declare function setTimeout(callback: () => void, delayMs: number): number

describe('a suite', () => {
  it('passes', () => expect(1 + 1).toBe(2))
  it('waits for a timer', () => new Promise<void>((resolve) => setTimeout(resolve, 3_600_000)))
  it('fails', () => expect({ a: 1 }).toEqual({ a: 2 }))
  it('throws', async () => {
    await Promise.resolve()
    throw new TypeError('on purpose')
  })
  it.each([[1], [2]])('row %d', (row) => expect(row).toBe(1))
  it('hangs', () => new Promise<void>(() => {}))
})
