// One random history from beginning to end, with every promise checked after each step.
import { History } from './history.ts'
import { check, checkSettled } from './promises.ts'

const STEPS = 16

/** Rejects with the history's number and what happened in it. */
export async function runHistory(seed: number): Promise<void> {
  const history = new History(seed)
  try {
    await history.beginWithVms()
    for (let step = 0; step < STEPS; step++) {
      await history.step()
      check(history)
    }
    await history.settle()
    check(history)
    checkSettled(history)
  } catch (error) {
    throw new Error(`history ${seed}: ${history.trace.join(' ')}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
