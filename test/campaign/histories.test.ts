// Random histories by the hundred thousand. What has been run is kept in build/campaign, so that the next call goes on where this one ended.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { build } from '../harness/paths.ts'
import { runHistory } from '../unit/app/run-history.ts'

/** How many this call adds. */
const COUNT = Number(process.env.CORBEL_CAMPAIGN)
/** `make test` runs those before. */
const FIRST_SEED = 1_000_001
const BATCH = 500

interface Progress {
  readonly nextSeed: number
  /** Each with what happened in it. */
  readonly failures: readonly string[]
}

const directory = join(build, 'campaign')
const file = join(directory, 'histories.json')

function read(): Progress {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Progress) : { nextSeed: FIRST_SEED, failures: [] }
}

it(`${COUNT} random histories more keep every promise`, async () => {
  mkdirSync(directory, { recursive: true })
  let progress = read()
  const end = progress.nextSeed + COUNT
  while (progress.nextSeed < end) {
    const failures: string[] = []
    const next = Math.min(end, progress.nextSeed + BATCH)
    for (let seed = progress.nextSeed; seed < next; seed++) {
      await runHistory(seed).catch((error: Error) => failures.push(error.message))
    }
    progress = { nextSeed: next, failures: [...progress.failures, ...failures] }
    writeFileSync(file, JSON.stringify(progress, null, 2))
    console.log(`histories up to ${next - 1}: ${progress.failures.length} failed`)
  }
  expect(progress.failures).toEqual([])
})
