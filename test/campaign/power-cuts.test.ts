// Power cuts by the hundred: while Corbel is installed, while its database is migrated, while its configuration changes, while it is updated, and while the new slot is tried
// and confirmed.
// One run of each is recorded write by write; each cut is a disk with what was flushed by then and some of the rest. Goes on where it was interrupted.
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withAppliance } from '../boot/booted.ts'
import { expectWholeAfterCut, type Recording, record } from '../boot/power-cuts.ts'
import { build } from '../harness/paths.ts'
import { seededPick } from '../harness/seeded.ts'
import { until } from '../harness/wait.ts'
import { newWriteLog, readWriteLog, replayWrites } from '../harness/write-log.ts'

const CUTS = Number(process.env.CORBEL_CUTS ?? 200)
/** Of these, in an installation: each needs two boots. */
const OF_INSTALLATION = Math.ceil(CUTS / 5)
/** In its last writes a disk becomes one that boots: each of these is the end of one cut. */
const LAST_WRITES = 10
/** And before the database of an earlier version has been migrated. */
const OF_MIGRATION = Math.ceil(CUTS / 10)
const MINUTE = 60_000
const directory = join(build, 'campaign', 'power-cuts')

/** What was made by an earlier call, or by `make` now. */
async function kept<T>(name: string, make: (directory: string) => Promise<T>): Promise<T> {
  const at = join(directory, name)
  const file = join(at, 'recording.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T
  rmSync(at, { recursive: true, force: true })
  mkdirSync(at, { recursive: true })
  const made = await make(at)
  writeFileSync(file, JSON.stringify(made))
  return made
}

/** Runs each of `count` cuts that no earlier call has run; each has its own seed. */
async function each(
  name: string,
  count: number,
  run: (pick: (bound: number) => number, at: number) => Promise<string>,
): Promise<readonly string[]> {
  const file = join(directory, `${name}.json`)
  const outcomes: string[] = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []
  while (outcomes.length < count) {
    const at = outcomes.length
    outcomes.push(`${at}: ${await run(seededPick(at + 1), at).catch((error: Error) => `FAILED ${error.message}`)}`)
    writeFileSync(file, JSON.stringify(outcomes, null, 2))
    console.log(`${name} ${outcomes[at]}`)
  }
  return outcomes.filter((outcome) => outcome.includes('FAILED'))
}

describe('after a power cut', () => {
  it('while it was migrated, changed and updated, a host comes up by itself with all that was acknowledged', async () => {
    const recording = await kept<Recording>('update', record)
    const cutWithin = (writes: number) => async (pick: (bound: number) => number) => {
      const count = 1 + pick(writes)
      const ms = await expectWholeAfterCut(recording, count, pick)
      return `after ${count} of ${recording.entries.length} writes, API after ${(ms / 1000).toFixed(1)} s`
    }
    const failures = [
      ...(await each('migration', OF_MIGRATION, cutWithin(recording.migrated))),
      ...(await each('update', CUTS - OF_INSTALLATION - OF_MIGRATION, cutWithin(recording.entries.length))),
    ]
    expect(failures).toEqual([])
  })

  it('while it was installed, a disk is installed on again, and starts', async () => {
    const password = 'by-the-seed-1'
    // biome-ignore lint/suspicious/noThenProperty: a word of the seed
    const install = { target: { serial: 'DATA1' }, wipe: 'if-blank', then: 'power-off' }
    const seed = { version: 1, hostname: 'rack3', administrator: { password }, install }
    const blank = (file: string) => {
      writeFileSync(file, '')
      truncateSync(file, 8 * 1024 ** 3)
      return file
    }
    const { log, entries } = await kept('installation', async (at) => {
      const writeLog = newWriteLog(join(at, 'writes.log'))
      const dataDisk = blank(join(at, 'installed.raw'))
      await withAppliance({ name: 'cuts-install', dataDisk, writeLog, seed }, ({ machine, patience }) =>
        machine.waitForPowerOff(patience(3 * MINUTE)),
      )
      rmSync(dataDisk)
      return { log: writeLog, entries: readWriteLog(writeLog) }
    })
    const failures = await each('installation', OF_INSTALLATION, async (pick, at) => {
      const dataDisk = blank(join(directory, 'installation', 'cut.raw'))
      const count = at < LAST_WRITES ? entries.length - at : 1 + pick(entries.length)
      replayWrites(log, entries, dataDisk, count, () => pick(2) === 0)
      await withAppliance({ name: 'cuts-again', dataDisk, seed }, async ({ machine, patience, screen }) => {
        const look = async () => machine.ended || /Take the medium out/.test(await screen.text())
        await until('an installed disk', look, { timeoutMs: patience(3 * MINUTE), seen: () => machine.console.text.slice(-300) })
      })
      const ms = await withAppliance({ name: 'cuts-started', medium: 'none', seed: null, dataDisk }, async ({ api, patience, ready }) => {
        const answered = await ready(patience(MINUTE))
        await api.login(password)
        return answered
      })
      rmSync(dataDisk)
      return `after ${count} of ${entries.length} writes, API from the disk after ${(ms / 1000).toFixed(1)} s`
    })
    expect(failures).toEqual([])
  })
})
