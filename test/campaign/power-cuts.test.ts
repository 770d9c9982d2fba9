// Power cuts by the hundred: while Corbel is installed, on a blank disk and over an installation whose configuration is kept, while its database is migrated, while its
// configuration changes, while it is updated, and while the new slot is tried and confirmed.
// One run of each is recorded write by write; each cut is a disk with what was flushed by then and some of the rest. Goes on where it was interrupted.
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withAppliance } from '../boot/booted.ts'
import { expectWholeAfterCut, type Recording, record } from '../boot/power-cuts.ts'
import type { Appliance } from '../harness/appliance.ts'
import { copyDisk } from '../harness/data-disk.ts'
import { build } from '../harness/paths.ts'
import { seededPick } from '../harness/seeded.ts'
import { until } from '../harness/wait.ts'
import { type LoggedWrite, newWriteLog, readWriteLog, replayWrites } from '../harness/write-log.ts'

const CUTS = Number(process.env.CORBEL_CUTS ?? 200)
/** Of these, in an installation: each needs two boots. */
const OF_INSTALLATION = Math.ceil(CUTS / 5)
/** And in one over an earlier installation. */
const OF_REFRESH = Math.ceil(CUTS / 10)
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

const password = 'by-the-seed-1'
function seedOf(wipe: string, hostname: string) {
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  return { version: 1, hostname, administrator: { password }, install: { target: { serial: 'DATA1' }, wipe, then: 'power-off' } }
}
type Seed = ReturnType<typeof seedOf>

/** The log of an installation on the disk `before`. */
interface Installation {
  readonly before: string
  readonly log: string
  readonly entries: readonly LoggedWrite[]
}

function blank(file: string): string {
  writeFileSync(file, '')
  truncateSync(file, 8 * 1024 ** 3)
  return file
}

async function install(seed: Seed, disk: { readonly dataDisk: string; readonly writeLog?: string }): Promise<void> {
  await withAppliance({ ...disk, name: 'cuts-install', seed }, ({ machine, patience }) => machine.waitForPowerOff(patience(3 * MINUTE)))
}

/** Records the installation by `seed` on the disk `before`, which stays as it is. */
async function recordInstallation(at: string, before: string, seed: Seed): Promise<Installation> {
  const log = newWriteLog(join(at, 'writes.log'))
  const dataDisk = join(at, 'installed.raw')
  copyDisk(before, dataDisk)
  await install(seed, { dataDisk, writeLog: log })
  rmSync(dataDisk)
  return { before, log, entries: readWriteLog(log) }
}

/** Cuts installations off; each is carried out again by the same seed, then the disk starts alone. The last writes are all among the cuts. */
function cutInstallation(name: string, { before, log, entries }: Installation, seed: Seed, whole: (appliance: Appliance) => Promise<void>) {
  return async (pick: (bound: number) => number, at: number) => {
    const dataDisk = join(directory, name, 'cut.raw')
    copyDisk(before, dataDisk)
    const count = at < LAST_WRITES ? entries.length - at : 1 + pick(entries.length)
    replayWrites(log, entries, dataDisk, count, () => pick(2) === 0)
    await withAppliance({ name: 'cuts-again', dataDisk, seed }, async ({ machine, patience, screen }) => {
      const look = async () => machine.ended || /Take the medium out/.test(await screen.text())
      await until('an installed disk', look, { timeoutMs: patience(3 * MINUTE), seen: () => machine.console.text.slice(-300) })
    })
    const ms = await withAppliance({ name: 'cuts-started', medium: 'none', seed: null, dataDisk }, async (appliance) => {
      const answered = await appliance.ready(appliance.patience(MINUTE))
      await appliance.api.login(password)
      await whole(appliance)
      return answered
    })
    rmSync(dataDisk)
    return `after ${count} of ${entries.length} writes, API from the disk after ${(ms / 1000).toFixed(1)} s`
  }
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
      ...(await each('update', CUTS - OF_INSTALLATION - OF_REFRESH - OF_MIGRATION, cutWithin(recording.entries.length))),
    ]
    expect(failures).toEqual([])
  })

  it('while it was installed, a disk is installed on again, and starts', async () => {
    const seed = seedOf('if-blank', 'rack3')
    const installation = await kept('installation', (at) => recordInstallation(at, blank(join(at, 'before.raw')), seed))
    const cut = cutInstallation('installation', installation, seed, async () => {})
    expect(await each('installation', OF_INSTALLATION, cut)).toEqual([])
  })

  it('while its system was written anew, a disk is written again, and starts with the configuration that it had', async () => {
    const seed = seedOf('datastore-kept', 'rack4')
    const installation = await kept('refresh', async (at) => {
      const dataDisk = blank(join(at, 'before.raw'))
      await install(seedOf('if-blank', 'rack3'), { dataDisk })
      await withAppliance({ name: 'cuts-used', medium: 'none', seed: null, dataDisk }, async (appliance) => {
        await appliance.ready(appliance.patience(MINUTE))
        await appliance.api.login(password)
        await appliance.api.call('POST', '/v1/pools', { body: { name: 'gold' } })
        await appliance.powerOff()
      })
      return recordInstallation(at, dataDisk, seed)
    })
    const whole = async ({ api, machine, patience, screen }: Appliance) => {
      expect(await api.call('GET', '/v1/pools/gold')).toMatchObject({ spec: { name: 'gold' } })
      await screen.waitFor(/rack3/, patience(10_000), machine.died)
    }
    const cut = cutInstallation('refresh', installation, seed, whole)
    expect(await each('refresh', OF_REFRESH, cut)).toEqual([])
  })
})
