// Work on one thing is done one after the other, work on others meanwhile.
import { expect, it } from 'vitest'
import { createTurns } from '../../../control/src/app/turns.ts'

it('work on the same thing waits for what was asked for before, however that ends', async () => {
  const { alone } = createTurns()
  const done: string[] = []
  let fail: (error: Error) => void = () => {}
  const first = alone(
    'a',
    () =>
      new Promise<void>((_, reject) => {
        fail = reject
      }),
  )
  const second = alone('a', async () => void done.push('second'))
  await alone('b', async () => void done.push('other'))
  expect(done).toEqual(['other'])
  fail(new Error('first'))
  await expect(first).rejects.toThrow('first')
  await second
  expect(done).toEqual(['other', 'second'])
})
