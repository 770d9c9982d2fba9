// An update that has nothing new but its control plane takes over while a VM runs on; one whose control plane does not come up gives way to the one of before, unattended.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SystemSlotsView } from '../../control/src/domain/boot-slot.ts'
import type { Appliance } from '../harness/appliance.ts'
import { inTools } from '../harness/in-tools.ts'
import { makeInstalledDisk } from '../harness/installed-disk.ts'
import { baseName, build, freshLogDirectory, imageFile, isoOf } from '../harness/paths.ts'
import { leftToE2e } from '../harness/sample.ts'
import { makeUpdate } from '../harness/update-file.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'

const password = 'while VMs run on'
const seed = { version: 1, hostname: 'rack3', administrator: { password } }
const INSTALLED = { order: 'a b', a_tries: '3', a_state: 'good', b_tries: '0', b_state: 'empty', once: '' }
const next = isoOf(`${baseName}-next`)

let disk = ''
let broken: Buffer | null = null
beforeAll(() => {
  if (!leftToE2e) broken = brokenUpdate()
  disk = makeInstalledDisk(freshLogDirectory('live-update-disk'), INSTALLED)
})
afterAll(() => rmSync(disk, { force: true }))

/** What is signed of an image, as `image/update/build` has it. */
function updateOf(iso: string): Buffer {
  const { version, host } = JSON.parse(readFileSync(imageFile('manifest.json', iso), 'utf8')) as { version: string; host: string }
  return makeUpdate({ payload: readFileSync(iso), version, host, programs: readFileSync(imageFile('programs.sha256', iso), 'utf8').trim() })
}

/** Of the same once more, with a control daemon that is none. */
function brokenUpdate(): Buffer {
  const directory = join(build, 'image', `${baseName}-broken`)
  const programs = join(build, 'programs', 'broken')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  cpSync(join(build, 'programs', baseName), programs, { recursive: true })
  // The engine's own mark stays, so that it is taken for a bundle.
  const bundle = readFileSync(join(programs, 'controld.qjb'))
  writeFileSync(join(programs, 'controld.qjb'), bundle.subarray(0, 64))
  const keys = `UPDATE_KEYS=${join(build, 'keys/trusted')}`
  inTools('env', keys, 'image/root/build', join(build, 'base', baseName), programs, join(build, 'keymaps'), directory, '99.0.1')
  copyFileSync(join(dirname(next), 'initrd'), join(directory, 'initrd'))
  inTools('image/iso/build', directory, '99.0.1')
  rmSync(programs, { recursive: true })
  const update = updateOf(join(directory, 'corbel.iso'))
  rmSync(directory, { recursive: true })
  return update
}

const slotsOf = ({ api }: Appliance) => api.call<SystemSlotsView>('GET', '/v1/host/slots')
const versionOf = async ({ api }: Appliance) => (await api.call<{ facts: { version: string } }>('GET', '/v1/host')).facts.version
const messageOf = async ({ api }: Appliance, code: string) =>
  (await api.call<{ items: readonly { code: string; message: string }[] }>('GET', '/v1/events')).items.find((event) => event.code === code)
    ?.message ?? null

function put({ api }: Appliance, update: Buffer, query: string) {
  const headers = { 'content-type': 'application/octet-stream' }
  return api.request('PUT', `/v1/host/update?${query}`, { rawBody: update, headers, timeoutMs: 240_000 })
}

/** Over a gateway that ends and comes again. */
async function eventually<T>(appliance: Appliance, what: string, ms: number, look: () => Promise<T | null>): Promise<T> {
  const tried = async () => {
    try {
      return await look()
    } catch {
      await appliance.api.login(password).catch(() => {})
      return null
    }
  }
  return until(what, tried, { timeoutMs: ms, intervalMs: 1_000, signal: appliance.machine.died })
}

const processOf = async ({ vms }: Appliance, id: string) => {
  const { pid, powerState } = (await vms.get(id)).status
  return { pid, powerState }
}

async function started(appliance: Appliance): Promise<void> {
  const { api, patience, ready } = appliance
  await ready(patience(60_000))
  await api.login(password)
  await eventually(appliance, 'confirmation', patience(60_000), async () => ((await slotsOf(appliance)).confirmed ? true : null))
}

it('takes over while a VM runs on, and is what starts at the next restart', async () => {
  await withAppliance({ name: 'live-update', medium: 'none', seed, dataDisk: disk }, async (appliance) => {
    await started(appliance)
    await appliance.vms.makeEmptyDisk('runs-on', appliance.patience(15_000))
    const { id } = await appliance.vms.create(guestSpecs.idle('runs-on'))
    await appliance.vms.power(id, 'power-on', appliance.patience(30_000))
    const before = await processOf(appliance, id)
    expect(before.powerState).toBe('running')
    const update = updateOf(next)
    expect((await put(appliance, update, 'dryRun=true')).json).toMatchObject({ version: '99.0.0', controlPlaneOnly: true, live: false })
    expect((await put(appliance, update, 'then=live')).json).toMatchObject({ slot: 'b', live: true, restarts: false })

    const at = performance.now()
    const message = await eventually(appliance, 'the new control plane', appliance.patience(120_000), () =>
      messageOf(appliance, 'update.live'),
    )
    console.log(`confirmed ${((performance.now() - at) / 1000).toFixed(1)} s after it was written: ${message}`)
    expect([await versionOf(appliance), appliance.machine.resets]).toEqual(['99.0.0', 0])
    expect(await processOf(appliance, id)).toEqual(before)
    expect((await slotsOf(appliance)).items).toMatchObject([
      { slot: 'a', running: true, live: false },
      { slot: 'b', running: false, live: true, next: true, version: '99.0.0' },
    ])

    if (broken === null) return
    expect((await put(appliance, broken, 'then=live')).json).toMatchObject({ version: '99.0.1', live: true })
    const gone = performance.now()
    const undone = await eventually(appliance, 'the control plane of before', appliance.patience(120_000) + 300_000, () =>
      messageOf(appliance, 'update.undone'),
    )
    console.log(`back after ${((performance.now() - gone) / 1000).toFixed(1)} s: ${undone}`)
    expect(undone).toMatch(/99\.0\.1 in Slot B was undone: not in order 180 s after it took over/)
    expect([await versionOf(appliance), appliance.machine.resets]).toEqual(['99.0.0', 0])
    expect(await processOf(appliance, id)).toEqual(before)

    expect((await put(appliance, update, '')).json).toMatchObject({ slot: 'b', live: false })
    await appliance.api.call('POST', '/v1/host/restart')
    await eventually(appliance, 'slot b', appliance.patience(120_000), async () => {
      const { running, confirmed } = await slotsOf(appliance)
      return running === 'b' && confirmed ? true : null
    })
    expect(await versionOf(appliance)).toBe('99.0.0')
    expect((await slotsOf(appliance)).items.some(({ live }) => live)).toBe(false)
  })
})
