// Random histories: what clients, guests, crashes and restarts do in any order, and between any two effects, must never break what is promised.
import { describe, it } from 'vitest'
import { History } from './history.ts'
import { check, checkSettled } from './promises.ts'

/** The engine under WebAssembly is far slower than Node. */
const SEQUENCES = 'process' in globalThis ? 10_000 : 200
const PARTS = 40
const STEPS = 16
/** Number of the first history. One that failed is run again, and first, with its number here. */
const FIRST_SEED = 1

async function run(seed: number): Promise<void> {
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

describe(`${SEQUENCES} random histories`, () => {
  it.each(Array.from({ length: PARTS }, (_, part) => [part]))('keep every promise (part %d)', async (part) => {
    const count = SEQUENCES / PARTS
    for (let index = 0; index < count; index++) await run(FIRST_SEED + part * count + index)
  })
})
