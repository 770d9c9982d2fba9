// A host whose every write is logged while its database is migrated, its configuration changes and it is updated; and what is to be found on its disk after a power cut at any moment of that.
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { copyDisk } from '../harness/data-disk.ts'
import { makeInstalledDisk } from '../harness/installed-disk.ts'
import { makeStoreOlder } from '../harness/older-store.ts'
import { isoVersion, isoWithCommandLine, makeUpdate } from '../harness/update-file.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { type LoggedWrite, newWriteLog, readWriteLog, replayWrites } from '../harness/write-log.ts'
import { withAppliance } from './booted.ts'
import { slotsOf } from './system-slots.ts'

const password = 'after the power cut'
const seed = { version: 1, hostname: 'rack3', administrator: { password } }
const NEW = { order: 'a b', a_tries: '3', a_state: 'good', b_tries: '0', b_state: 'empty', once: '' }
const LAYOUTS = ['de', 'fr', 'es', 'pl'] as const

/** What was asked for, and how long the log was when the host said that it had done it. */
interface Deed {
  readonly vm?: string
  readonly layout?: string
  readonly acknowledgedAt: number
}

export interface Recording {
  /** The disk before the first write. */
  readonly before: string
  readonly log: string
  readonly entries: readonly LoggedWrite[]
  /** How many of them had been made when the API answered: the database has been migrated by then. */
  readonly migrated: number
  readonly deeds: readonly Deed[]
}

const layoutOf = async ({ api }: Appliance) => (await api.call<{ layout: string }>('GET', '/v1/host/keyboard')).layout

/** From the first boot with a database of the version before through changes and an update to the new slot's being confirmed, and changes there. */
export async function record(directory: string): Promise<Recording> {
  const disk = makeInstalledDisk(directory, NEW)
  const before = join(directory, 'before.raw')
  const log = newWriteLog(join(directory, 'writes.log'))
  await withAppliance({ name: 'power-cuts-older', medium: 'none', seed, dataDisk: disk }, async (appliance) => {
    await appliance.ready(appliance.patience(60_000))
    await appliance.api.login(password)
    await appliance.vms.create(guestSpecs.diskless('earlier'))
    await appliance.powerOff()
  })
  makeStoreOlder(disk)
  copyDisk(disk, before)
  const deeds: Deed[] = [{ vm: 'earlier', acknowledgedAt: 0 }]
  let migratedAt = 0
  await withAppliance({ name: 'power-cuts', medium: 'none', seed, dataDisk: disk, writeLog: log }, async (appliance) => {
    const { api, machine, patience, vms } = appliance
    const done = (deed: { readonly vm?: string; readonly layout?: string }) => deeds.push({ ...deed, acknowledgedAt: statSync(log).size })
    const make = async (vm: string) => {
      await vms.create(guestSpecs.diskless(vm))
      done({ vm })
    }
    const setLayout = async (layout: string) => {
      await api.call('PUT', '/v1/host/keyboard', { body: { layout } })
      done({ layout })
    }
    const confirmed = (slot: string) => {
      const look = async () => {
        try {
          await api.login(password)
          const view = await slotsOf(appliance)
          return view.running === slot && view.confirmed
        } catch {
          return false
        }
      }
      return until(`a confirmed slot ${slot}`, look, { timeoutMs: patience(90_000), intervalMs: 1_000, signal: machine.died })
    }
    await appliance.ready(patience(60_000))
    migratedAt = statSync(log).size
    await confirmed('a')
    for (const [at, layout] of LAYOUTS.entries()) {
      await make(`before-${at}`)
      await setLayout(layout)
    }
    const update = makeUpdate({ payload: isoWithCommandLine('corbel.confirm=300') })
    const headers = { 'content-type': 'application/octet-stream' }
    await api.call('PUT', '/v1/host/update?then=restart', { rawBody: update, headers, timeoutMs: 240_000 })
    await confirmed('b')
    await make('after')
    await setLayout('us')
    await appliance.powerOff()
  })
  rmSync(disk)
  const entries = readWriteLog(log)
  return { before, log, entries, migrated: entries.filter(({ end }) => end <= migratedAt).length, deeds }
}

/** Starts the disk as the cut left it: it comes up by itself, is managed as before, and has all that was acknowledged and nothing that was never asked for. */
export async function expectWholeAfterCut(
  { before, log, entries, deeds }: Recording,
  count: number,
  pick: (bound: number) => number,
): Promise<number> {
  const disk = `${before.replace(/\.raw$/, '')}-cut.raw`
  copyDisk(before, disk)
  replayWrites(log, entries, disk, count, () => pick(2) === 0)
  const cutAt = entries[count - 1]?.end ?? 0
  const known = deeds.filter(({ acknowledgedAt }) => acknowledgedAt <= cutAt)
  try {
    return await withAppliance({ name: 'power-cuts-after', medium: 'none', seed, dataDisk: disk }, async (appliance) => {
      const ms = await appliance.ready(appliance.patience(60_000))
      await appliance.api.login(password)
      const names = (await appliance.vms.list()).map(({ spec }) => spec.name)
      const asked = deeds.flatMap(({ vm }) => vm ?? [])
      expect(asked).toEqual(expect.arrayContaining(names))
      expect(names).toEqual(expect.arrayContaining(known.flatMap(({ vm }) => vm ?? [])))
      const layouts = ['us', ...deeds.flatMap(({ layout }) => layout ?? [])]
      const last = known.filter(({ layout }) => layout !== undefined).length
      expect(layouts.slice(last, last + 2)).toContain(await layoutOf(appliance))
      const { running, items } = await slotsOf(appliance)
      expect(items.find(({ slot }) => slot === running)).toMatchObject({ version: isoVersion() })
      return ms
    })
  } finally {
    rmSync(disk)
  }
}
