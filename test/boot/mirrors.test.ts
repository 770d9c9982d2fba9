// Corbel on two disks that mirror each other: installed by a seed, started from either alone, and whole again when both are back.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { InstallCandidate } from '../../control/src/domain/install.ts'
import type { Mirror } from '../../control/src/domain/mirror.ts'
import type { Task } from '../../control/src/domain/task.ts'
import type { Appliance, ApplianceOptions } from '../harness/appliance.ts'
import { changeInSlot, flipBitInSlot } from '../harness/installed-disk.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'
import { ConsoleMenu, DOWN, ESC, F } from './console-menu.ts'
import { becomesConfirmed, slotsOf } from './system-slots.ts'

const password = 'on both of them'
const seed = {
  version: 1,
  hostname: 'rack3',
  administrator: { password },
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  install: { target: { serial: 'DATA1' }, mirror: { serial: 'DATA2' }, wipe: 'if-blank', then: 'power-off' },
}

const directories: string[] = []
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})
function disk(): string {
  const directory = mkdtempSync(join(tmpdir(), 'corbel-mirror-'))
  directories.push(directory)
  const file = join(directory, 'disk.raw')
  writeFileSync(file, '')
  truncateSync(file, 8 * 1024 ** 3)
  return file
}
const [first, second] = [disk(), disk()]

const mirrorsOf = async ({ api }: Appliance) => (await api.call<{ items: readonly Mirror[] }>('GET', '/v1/host/mirrors')).items
const brief = (mirrors: readonly Mirror[]) =>
  mirrors.map(({ holds, copies, missing }) => `${holds}: ${copies.map(({ state }) => state).join(', ')}, ${missing} missing`)
const WHOLE = ['state: in-sync, in-sync, 0 missing', 'datastore: in-sync, in-sync, 0 missing']
const ALONE = ['state: in-sync, 1 missing', 'datastore: in-sync, 1 missing']

const layoutOf = async ({ api }: Appliance) => (await api.call<{ layout: string }>('GET', '/v1/host/keyboard')).layout
const setLayout = ({ api }: Appliance, layout: string) => api.call('PUT', '/v1/host/keyboard', { body: { layout } })
const codesOf = async ({ api }: Appliance) =>
  (await api.call<{ items: readonly { code: string }[] }>('GET', '/v1/events')).items.map(({ code }) => code)

/** From one disk to the other, and this often so far. */
async function systemIsCopied(appliance: Appliance, times: number): Promise<void> {
  const isCopied = async () => (await codesOf(appliance)).filter((code) => code === 'mirror.slots-copied').length === times
  const { machine, patience } = appliance
  await until('a system written anew', isCopied, { timeoutMs: patience(90_000), intervalMs: 1_000, signal: machine.died })
}

/** As somebody does who stands at the machine with a new disk in it. */
async function takeAtConsole(appliance: Appliance, device: string): Promise<void> {
  const console = new ConsoleMenu(appliance)
  await console.logIn(password)
  await console.choose('Mirrored disks')
  appliance.screen.type('\r')
  await console.shown(/state +\/dev\/md\d+ .*1 missing/)
  appliance.screen.type(F(7))
  const list = await console.shown(new RegExp(`${device} .*nothing`))
  const devices = list.split('\n').flatMap((line) => /^ +(?:> )?(\/dev\/\w+) /.exec(line)?.[1] ?? [])
  appliance.screen.type(DOWN.repeat(devices.indexOf(device)))
  await console.shown(new RegExp(`> ${device} `))
  appliance.screen.type('\r')
  await console.shown(/VMs go on running/)
  appliance.screen.type('\r')
  await console.shown(/It is being made bootable/)
  appliance.screen.type(ESC.repeat(3))
}

/** What slot A says that it is; `rename` has it say something else from then on. */
function versionIn(disk: string, rename: (version: string) => string = (version) => version): string {
  let found = ''
  // As ISO 9660 has the name `.disk`.
  changeInSlot(disk, 'a', ['_disk', 'info'], (bytes) => {
    const text = bytes.toString('latin1').replace(/(?<=^Corbel )\S+/m, (version) => {
      found = version
      return rename(version)
    })
    return Buffer.from(text, 'latin1')
  })
  if (found === '') throw new Error(`no version in slot A of ${disk}`)
  return found
}

async function started<T>(name: string, disks: Partial<ApplianceOptions>, use: (appliance: Appliance) => Promise<T>): Promise<T> {
  const options = { name: `mirrors/${name}`, medium: 'none', seed: null, ...disks } as const
  return withAppliance(options, async (appliance) => {
    const ms = await appliance.ready(appliance.patience(60_000))
    console.log(`${name}: API after ${(ms / 1000).toFixed(1)} s`)
    await appliance.api.login(password)
    const used = await use(appliance)
    await appliance.powerOff()
    return used
  })
}

describe('Corbel on two disks', () => {
  it('is installed on both by one seed, which names them', async () => {
    await withAppliance({ name: 'mirrors/install', seed, dataDisk: first, secondDisk: second }, async ({ machine, patience }) => {
      await machine.waitForPowerOff(patience(120_000))
      console.log(`installed ${((performance.now() - machine.poweredOnAt) / 1000).toFixed(1)} s after power-on`)
    })
  })

  it('has state and datastore on both, and a system that has decayed on one is written anew from the other', async () => {
    flipBitInSlot(second, 'a', ['corbel', 'root.img'], 20_000_000)
    await started('both', { dataDisk: first, secondDisk: second }, async (appliance) => {
      expect(brief(await mirrorsOf(appliance))).toEqual(WHOLE)
      const { items } = await appliance.api.call<{ items: readonly { name: string }[] }>('GET', '/v1/datastores')
      expect(items.map(({ name }) => name)).toEqual(['local'])
      const disks = await appliance.api.call<{ items: readonly InstallCandidate[] }>('GET', '/v1/host/mirrors/disks')
      expect(disks.items.map(({ serial, bootMedium }) => [serial, bootMedium])).toEqual([
        ['DATA1', true],
        ['DATA2', false],
      ])
      await setLayout(appliance, 'de')
      await becomesConfirmed(appliance)
      const task = await appliance.api.call<Task>('POST', '/v1/host/slots/check', { body: {} })
      await appliance.vms.follow(task, appliance.patience(60_000))
      expect(await codesOf(appliance)).toContain('slot.damaged')
      await systemIsCopied(appliance, 1)
      expect((await slotsOf(appliance)).items.map(({ damaged }) => damaged)).toEqual([[], []])
    })
  })

  it('starts from the second one alone, with all that was kept, and says so', async () => {
    await started('second', { dataDisk: second }, async (appliance) => {
      expect([brief(await mirrorsOf(appliance)), await layoutOf(appliance)]).toEqual([ALONE, 'de'])
      await appliance.screen.waitFor(/The state is on \/dev\/vda5 alone/, appliance.patience(15_000), appliance.machine.died)
      expect(await codesOf(appliance)).toContain('mirror.degraded')
      await setLayout(appliance, 'fr')
    })
  })

  it('has both copies again when the first one is back, with what was changed without it, and one with an older system gets that of the other', async () => {
    const version = versionIn(second, (own) => own.replaceAll(/\d/g, '0'))
    await started('again', { dataDisk: first, secondDisk: second }, async (appliance) => {
      expect(await layoutOf(appliance)).toBe('fr')
      const isWhole = async () => JSON.stringify(brief(await mirrorsOf(appliance))) === JSON.stringify(WHOLE)
      const { machine, patience } = appliance
      await until('both copies', isWhole, { timeoutMs: patience(60_000), intervalMs: 1_000, signal: machine.died })
      await systemIsCopied(appliance, 2)
    })
    expect(versionIn(second)).toBe(version)
  })

  it('takes a new disk in the place of a lost one while it runs, and starts from that one alone', async () => {
    const third = disk()
    await started('new', { dataDisk: first, secondDisk: third }, async (appliance) => {
      expect(brief(await mirrorsOf(appliance))).toEqual(ALONE)
      const body = { target: { serial: 'DATA2' } }
      expect(await appliance.api.call('POST', '/v1/host/mirrors/disks?dryRun=true', { body })).toMatchObject({
        from: '/dev/vda',
        contents: 'nothing',
      })
      const begun = performance.now()
      await takeAtConsole(appliance, '/dev/vdb')
      const tasks = async () => (await appliance.api.call<{ items: readonly Task[] }>('GET', '/v1/tasks')).items
      const task = await until('its task', async () => (await tasks()).find(({ kind }) => kind === 'host.mirror') ?? null, {
        ...{ timeoutMs: appliance.patience(15_000), intervalMs: 500, signal: appliance.machine.died },
      })
      await appliance.vms.follow(task, appliance.patience(120_000))
      console.log(`a new disk boots after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
      const isWhole = async () => JSON.stringify(brief(await mirrorsOf(appliance))) === JSON.stringify(WHOLE)
      await until('both copies', isWhole, { timeoutMs: appliance.patience(180_000), intervalMs: 2_000, signal: appliance.machine.died })
      console.log(`and has both copies after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
      await setLayout(appliance, 'gb')
    })
    await started('third', { dataDisk: third }, async (appliance) => {
      expect([brief(await mirrorsOf(appliance)), await layoutOf(appliance)]).toEqual([ALONE, 'gb'])
      expect(await appliance.api.call('GET', '/v1/host/slots')).toMatchObject({ running: 'a', disks: 1 })
    })
  })
})
