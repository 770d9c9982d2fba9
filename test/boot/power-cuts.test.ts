// Power cuts while the configuration is changed and the host is updated, with the writes since the last flush lost in part. The campaign has hundreds of them.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { freshLogDirectory } from '../harness/paths.ts'
import { sample } from '../harness/sample.ts'
import { seededPick } from '../harness/seeded.ts'
import { expectWholeAfterCut, type Recording, record } from './power-cuts.ts'

const directory = freshLogDirectory('power-cuts-disk')
const pick = seededPick(20_261_127)
let recording: Recording
beforeAll(async () => {
  recording = await record(directory)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('after a power cut', () => {
  it.each(sample([1, 2], 1))('at a seeded moment (%i) the host comes up by itself with all that was acknowledged', async () => {
    const count = 1 + pick(recording.entries.length)
    const ms = await expectWholeAfterCut(recording, count, pick)
    console.log(`after ${count} of ${recording.entries.length} writes: API ${(ms / 1000).toFixed(1)} s after power-on`)
  })
})
