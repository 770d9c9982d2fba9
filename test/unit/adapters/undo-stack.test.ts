// What was set up is undone once, in reverse, whatever fails on the way.
import { expect, it } from 'vitest'
import { UndoStack } from '../../../control/src/adapters/undo-stack.ts'

it('undoes in reverse, goes on after a failure, and does nothing the second time', async () => {
  const done: string[] = []
  const stack = new UndoStack((what, error) => done.push(`${what}: ${String(error)}`))
  stack.push('first', () => void done.push('first'))
  stack.push('second', () => Promise.reject(new Error('no')))
  stack.push('third', async () => {
    await Promise.resolve()
    done.push('third')
  })
  await stack.undoAll()
  await stack.undoAll()
  expect(done).toEqual(['third', 'second: Error: no', 'first'])
})
