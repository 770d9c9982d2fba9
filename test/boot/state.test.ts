// What a booted appliance remembers: generations that are put back, a backup onto a host that knows nothing, a state that is damaged a little and wholly, and a factory reset.
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { ordinarySeed } from '../harness/seed-medium.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'

const password = 'what was kept is kept'
const passphrase = 'a passphrase to be kept'
const HOSTNAME = 'corbel-test'
/** Of the state's partition on the prepared disk; only its superblock. */
const SUPERBLOCK = ['1M', '4k'] as const
const WHOLE = ['1M', '256M'] as const

interface Step {
  readonly name: string
  readonly action: string
}
interface Kept {
  readonly id: string
  readonly state: string
}

const dataDisk = overlayDataDisk(freshLogDirectory('state'))
const options = (boot: string) => ({ name: `state/${boot}`, dataDisk, seed: ordinarySeed({ password }), memoryMiB: 1024 })

function zero([at, length]: readonly [string, string]): void {
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -z ${at} ${length}`, dataDisk])
}

const layoutOf = async ({ api }: Appliance) => (await api.call<{ layout: string }>('GET', '/v1/host/keyboard')).layout
const setLayout = ({ api }: Appliance, layout: string) => api.call('PUT', '/v1/host/keyboard', { body: { layout } })
const codes = async ({ api }: Appliance) =>
  (await api.call<{ items: readonly { code: string }[] }>('GET', '/v1/events')).items.map(({ code }) => code)
const brief = (steps: readonly Step[]) => steps.map(({ name, action }) => `${action} ${name}`).sort()
const restore = ({ api }: Appliance, path: string, body: object, query = '') =>
  api.call<{ steps: readonly Step[] }>('POST', `${path}${query}`, { body }).then(({ steps }) => brief(steps))

/** After the machine has restarted itself, with whatever certificate it has now: it has been up for less than has passed. */
async function comeBack(appliance: Appliance): Promise<void> {
  const { api } = appliance
  const uptime = async () => (await api.call<{ status: { uptimeSeconds: number } }>('GET', '/v1/host')).status.uptimeSeconds
  const [asked, before] = [performance.now(), await uptime()]
  const isNew = async () => {
    try {
      await api.login(password)
      return (await uptime()) < before + (performance.now() - asked) / 1_000 - 5 || null
    } catch {
      // The certificate may be another by now.
      api.fingerprint = null
      return null
    }
  }
  await until('restarted host', isNew, { timeoutMs: appliance.patience(40_000), intervalMs: 1_000, signal: appliance.machine.died })
}

/** Makes what is to be found again, and the backup of it. */
async function furnish(appliance: Appliance): Promise<{ readonly vm: Vm; readonly file: string }> {
  const { api, vms } = appliance
  const vm = await vms.create(guestSpecs.diskless('kept'))
  await api.call('POST', '/v1/users', { body: { name: 'bert', password: 'another good password', grants: [{ role: 'viewer' }] } })
  await setLayout(appliance, 'de')
  const [{ number = 0 } = {}] = (await api.call<{ items: { number: number }[] }>('GET', '/v1/host/generations')).items
  await setLayout(appliance, 'fr')
  const second = await vms.create(guestSpecs.diskless('made-since'))
  const copied = async () => (await kept(appliance)).length === 2
  const seen = () => logged
  let logged = ''
  const look = async () => {
    const { items: lines } = await api.call<{ items: readonly { text: string }[] }>('GET', '/v1/host/logs/all?search=spec&limit=5')
    logged = `${JSON.stringify(await kept(appliance))} ${lines.map(({ text }) => text).join('; ')}`
    return copied()
  }
  await until('copies of specs', look, { timeoutMs: appliance.patience(5_000), intervalMs: 500, seen })
  const path = `/v1/host/generations/${number}`
  const { items } = await api.call<{ items: readonly Step[] }>('GET', `${path}/diff`)
  expect(brief(items)).toEqual(['added made-since', 'changed keyboard'])
  expect(await restore(appliance, `${path}/restore`, {}, '?dryRun=true')).toEqual(['change keyboard', 'remove made-since'])
  expect(await layoutOf(appliance)).toBe('fr')
  expect(await restore(appliance, `${path}/restore`, {})).toEqual(['change keyboard', 'remove made-since'])
  expect([await layoutOf(appliance), (await vms.list()).map(({ id }) => id)]).toEqual(['de', [vm.id]])
  const begun = performance.now()
  const { status, bytes } = await api.request('POST', '/v1/host/backup', { body: { passphrase } })
  expect([status, bytes.subarray(0, 15).toString()]).toEqual([200, 'CORBEL-BACKUP 1'])
  console.log(`measured: a backup of ${bytes.length} bytes took ${Math.round(performance.now() - begun)} ms`)
  // Beside what was restored there is what a restore forgot.
  await until('copies of specs', async () => (await kept(appliance)).length === 2, {
    timeoutMs: appliance.patience(20_000),
    intervalMs: 500,
  })
  expect((await kept(appliance)).find(({ id }) => id === second.id)?.state).toBe('adoptable')
  return { vm, file: bytes.toString('base64') }
}

const kept = async ({ api }: Appliance) => (await api.call<{ items: readonly Kept[] }>('GET', '/v1/datastores/local/vms')).items

it('what was kept is found again: after a power cut, in a damaged state, from a datastore and from a backup', async () => {
  const { vm, file } = await withAppliance(options('1-furnished'), async (appliance) => {
    await appliance.ready()
    await appliance.api.login(password)
    const made = await furnish(appliance)
    appliance.machine.cutPower()
    return made
  })

  zero(SUPERBLOCK)
  await withAppliance(options('2-mended'), async (appliance) => {
    await appliance.ready()
    await appliance.api.login(password)
    expect(await codes(appliance)).toContain('host.state-mended')
    expect([await layoutOf(appliance), (await appliance.vms.list()).map(({ id }) => id)]).toEqual(['de', [vm.id]])
    appliance.machine.cutPower()
  })

  zero(WHOLE)
  await withAppliance(options('3-damaged'), async (appliance) => {
    const { api, vms } = appliance
    await appliance.ready()
    await api.login(password)
    const { lines } = await api.call<{ lines: readonly string[] }>('GET', '/v1/host/support')
    expect(lines.join('\n')).toMatch(/State: volatile; .*could not be mended/)
    expect(await vms.list()).toEqual([])
    expect(await restore(appliance, '/v1/datastores/local/vms/adopt', { ids: [vm.id] })).toEqual(['add kept'])
    expect((await vms.get(vm.id)).spec).toMatchObject({ name: 'kept', memoryMiB: 64 })

    await api.call('POST', '/v1/host/state/renew', { body: { hostname: HOSTNAME } })
    await comeBack(appliance)
    expect([await layoutOf(appliance), await vms.list()]).toEqual(['us', []])
    const wrong = await api.request('POST', '/v1/host/restore', { body: { file, passphrase: 'not this passphrase' } })
    expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining('backup.passphrase.wrong')])
    const all = ['add bert', 'add kept', 'add keyboard', 'keep administrator']
    expect(await restore(appliance, '/v1/host/restore', { file, passphrase }, '?dryRun=true')).toEqual(all)
    expect(await restore(appliance, '/v1/host/restore', { file, passphrase })).toEqual(all)
    expect([await layoutOf(appliance), (await vms.list()).map(({ id }) => id)]).toEqual(['de', [vm.id]])
    await api.login('another good password', 'bert')
    await api.login(password)

    await api.call('POST', '/v1/host/reset', { body: { hostname: HOSTNAME, scope: 'everything' } })
    await comeBack(appliance)
    expect(await codes(appliance)).toContain('host.factory-reset')
    const files = await api.call<{ items: readonly unknown[] }>('GET', '/v1/datastores/local/files')
    expect([await layoutOf(appliance), await vms.list(), files.items, await kept(appliance)]).toEqual(['us', [], [], []])
  })
})
