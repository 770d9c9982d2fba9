// Only so much at once, in order, and none lost.
import { describe, expect, it } from 'vitest'
import { createSlots } from '../../../control/src/app/slots.ts'

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('two slots', () => {
  it('let two in, and the next when one is done, however it ends', async () => {
    const slots = createSlots(2)
    const begun: number[] = []
    const ends: ((failed: boolean) => void)[] = []
    const work = (number: number) =>
      slots
        .run(
          () =>
            new Promise<number>((resolve, reject) => {
              begun.push(number)
              ends.push((failed) => (failed ? reject(new Error('failed')) : resolve(number)))
            }),
        )
        .catch(() => -1)
    const all = [1, 2, 3, 4].map(work)
    await settle()
    expect(begun).toEqual([1, 2])
    ends[1]?.(true)
    await settle()
    expect(begun).toEqual([1, 2, 3])
    ends[0]?.(false)
    await settle()
    expect(begun).toEqual([1, 2, 3, 4])
    ends[2]?.(false)
    ends[3]?.(false)
    expect(await Promise.all(all)).toEqual([1, -1, 3, 4])
    const last = slots.run(async () => 5)
    expect(await last).toBe(5)
  })
})
