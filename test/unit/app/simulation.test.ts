// Random histories: what clients, guests, crashes and restarts do in any order, and between any two effects, must never break what is promised.
import { describe, it } from 'vitest'
import { runHistory } from './run-history.ts'

/** The engine under WebAssembly is far slower than Node. */
const SEQUENCES = 'process' in globalThis ? 4_000 : 80
const PARTS = 40
/** Number of the first history. One that failed is run again, and first, with its number here. */
const FIRST_SEED = 1

describe(`${SEQUENCES} random histories`, () => {
  it.each(Array.from({ length: PARTS }, (_, part) => [part]))('keep every promise (part %d)', async (part) => {
    const count = SEQUENCES / PARTS
    for (let index = 0; index < count; index++) await runHistory(FIRST_SEED + part * count + index)
  })
})
