// Looking after a booted host: its log by kind and over restarts, its clock, the keyboard at its screen, support bundles on a stick, and its management
// services, which can be started again under a running VM.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../harness/api-client.ts'
import { inTools } from '../harness/in-tools.ts'
import { TimeServer } from '../harness/time-server.ts'
import { UsbStick } from '../harness/usb-stick.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'

const host = booted({ name: 'care', probe: true, usb: true, memoryMiB: 2048 }, (appliance) => appliance.readyAndLoggedIn())
const patience = (ms: number) => host().patience(ms)

interface Page {
  readonly items: readonly { readonly number: number; readonly kind: string; readonly text: string }[]
  readonly next: number
}
interface Service {
  readonly name: string
  readonly pid: number | null
  readonly restarts: number
}
interface TimeView {
  readonly now: string
  readonly synchronised: boolean
  readonly source: string | null
  readonly serversFrom: string
}

const logs = (kind: string, query = '') => host().api.call<Page>('GET', `/v1/host/logs/${kind}?${query}`)
const services = async () =>
  new Map((await host().api.call<{ items: Service[] }>('GET', '/v1/host/services')).items.map((one) => [one.name, one]))
const time = () => host().api.call<TimeView>('GET', '/v1/host/time')

/** Once the service has another process. */
async function restarted(name: string, pid: number | null | undefined): Promise<Service> {
  const look = async () => {
    try {
      const now = (await services()).get(name)
      return now?.pid != null && now.pid !== pid ? now : null
    } catch {
      return null
    }
  }
  return until(`${name} again`, look, { timeoutMs: patience(15_000), intervalMs: 500 })
}

describe('the log', () => {
  it('is kept by who said it, from the first line of the boot on', async () => {
    const kernel = await logs('kernel', 'after=0&limit=3')
    expect(kernel.items[0]?.text).toMatch(/Linux version/)
    const served = async () => ((await logs('controld', 'search=serving%20AFTER')).items.length > 0 ? true : null)
    await until('controld', served, { timeoutMs: patience(5_000) })
    expect((await logs('boot', 'search=10-mounts')).items.length).toBeGreaterThan(0)
    expect((await logs('logd')).items.some(({ text }) => /overwritten/.test(text))).toBe(false)
    const numbers = (await logs('all', 'limit=2000')).items.map(({ number }) => number)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })

  it('is kept by a process that can do nothing else', async () => {
    const { probe } = host()
    const [pid] = await probe.pidsOf('hv-core', 'logd.qjb')
    const status = await probe.output(`cat /proc/${pid}/status`)
    expect(status).toMatch(/^Uid:\t105\t105\t105\t105$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(await probe.output(`ls /proc/${pid}/root /proc/${pid}/root/state`)).toMatch(/state\n\S*\n?.*log/s)
  })
})

describe('the clock', () => {
  let server: TimeServer
  beforeAll(async () => {
    server = await TimeServer.start(3600)
  })
  afterAll(() => server.stop())

  it('asks nobody unasked, then follows the server that it is told', async () => {
    const { api, probe } = host()
    expect(await time()).toMatchObject({ synchronised: false, serversFrom: 'none' })
    await api.call('PUT', '/v1/host/time', { body: { ntp: true, servers: ['10.0.2.2'] } })
    const follows = async () => {
      const now = await time()
      return now.synchronised ? now : null
    }
    const now = await until('synchronised clock', follows, { timeoutMs: patience(30_000), intervalMs: 1000 })
    expect(now).toMatchObject({ source: '10.0.2.2', serversFrom: 'setting' })
    expect(Math.abs(Date.parse(now.now) - Date.now() - 3_600_000)).toBeLessThan(60_000)
    const [client] = await probe.pidsOf('chronyd')
    const status = await probe.output(`cat /proc/${client}/status`)
    expect(status).toMatch(/^Uid:\t107\t107\t107\t107$/m)
    expect(status).toMatch(/^CapEff:\t0000000002000000$/m)
    await expect(api.call('POST', '/v1/host/time/clock', { body: { time: '2030-01-01T00:00:00Z' } })).rejects.toThrow(/time.ntp-on/)
  })

  it('is set by hand when nobody is asked, and the session goes on', async () => {
    const { api, probe } = host()
    await api.call('PUT', '/v1/host/time', { body: { ntp: false, servers: [] } })
    const wanted = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString()
    await api.call('POST', '/v1/host/time/clock', { body: { time: wanted } })
    expect(Math.abs(Date.parse((await time()).now) - Date.now())).toBeLessThan(60_000)
    // The machine's own clock, too.
    const rtc = Number(await probe.output('cat /sys/class/rtc/rtc0/since_epoch'))
    expect(Math.abs(rtc - Date.now() / 1000)).toBeLessThan(60)
    expect((await logs('all', 'search=no%20such%20text')).items).toEqual([])
  })

  it('that is wrong by decades keeps nobody out, logged in or not', async () => {
    const { api, password, probe } = host()
    const anybody = new ApiClient(api.port, api.fingerprint)
    for (const wanted of ['1970-01-02T00:00:00Z', '2087-12-31T00:00:00Z', new Date().toISOString()]) {
      // As a machine whose battery is empty has it.
      await probe.output(`date -u -s @${Math.floor(Date.parse(wanted) / 1000)}`)
      expect(Math.abs(Date.parse((await time()).now) - Date.parse(wanted))).toBeLessThan(60_000)
      await anybody.login(password)
      expect((await anybody.request('GET', '/v1/vms')).status).toBe(200)
    }
    anybody.close()
  })
})

describe('the keyboard at the screen', () => {
  it('has the layout that was chosen, at once', async () => {
    const { api, probe } = host()
    const y = (layout: string) => api.call('PUT', '/v1/host/keyboard', { body: { layout } })
    // Key 21 is z on a German keyboard, y on others.
    const plain = () =>
      probe.output(
        'chroot /proc/1/root /usr/bin/busybox dumpkmap </proc/1/root/dev/tty0 | tail -c +264 | head -c 256 | od -An -tx1 -j42 -N2',
      )
    await y('de')
    await until('z', async () => (/7a/.test(await plain()) ? true : null), { timeoutMs: patience(3_000) })
    await y('us')
    await until('y', async () => (/79/.test(await plain()) ? true : null), { timeoutMs: patience(3_000) })
  })
})

describe('a support bundle', () => {
  const task = async (body: object) => {
    const { id } = await host().api.call<{ id: string }>('POST', '/v1/host/support/bundle', { body })
    const look = async () => {
      const now = await host().api.call<{ state: string; error: { message: string } | null }>('GET', `/v1/tasks/${id}`)
      return now.state === 'running' ? null : now
    }
    return until('bundle', look, { timeoutMs: patience(60_000), intervalMs: 500 })
  }

  it('is written to a stick that is plugged in while the host runs, and leaves no mount behind', async () => {
    const { api, machine, probe } = host()
    expect(await api.call('GET', '/v1/host/support/media')).toEqual({ items: [] })
    const stick = await UsbStick.plug(machine)
    const look = async () =>
      (await api.call<{ items: { device: string; label: string }[] }>('GET', '/v1/host/support/media')).items[0] ?? null
    const medium = await until('stick', look, { timeoutMs: patience(15_000), intervalMs: 1000 })
    expect(medium.label).toBe('STICK')
    expect(await task({ device: medium.device })).toMatchObject({ state: 'succeeded' })
    expect(await probe.output('cat /proc/1/mounts')).not.toMatch(/vfat.*support/)
    const gone = async () => ((await api.call<{ items: object[] }>('GET', '/v1/host/support/media')).items.length === 0 ? true : null)
    await stick.pull(() => until('stick gone', gone, { timeoutMs: patience(10_000), intervalMs: 1000 }))

    inTools('mcopy', '-n', '-i', stick.image, '::*.gz', `${machine.logDirectory}/bundle.tar.gz`)
    const names = execFileSync('tar', ['-tzf', join(machine.logDirectory, 'bundle.tar.gz')], { encoding: 'utf8' })
    for (const name of ['README.txt', 'logs/kernel.log', 'events.json', 'host/cgroups.txt', 'host/nft-list-ruleset.txt'])
      expect(names).toContain(name)
    const all = execFileSync('tar', ['-xOzf', join(machine.logDirectory, 'bundle.tar.gz')], { encoding: 'utf8', maxBuffer: 1e9 })
    expect(all).toContain('Linux version')
    expect(all).not.toContain(host().password)
    expect(all).not.toMatch(/\$argon2id\$/)
  })

  it('says in words that there is no such stick', async () => {
    await expect(host().api.call('POST', '/v1/host/support/bundle', { body: { device: 'sdz1' } })).rejects.toThrow(/no-such-medium/)
  })
})

describe('management services', () => {
  it('are started again one by one and all together, and a running VM goes on', async () => {
    const { api, vms, probe, machine, screen } = host()
    const { id } = await vms.create(guestSpecs.hello('kept'))
    await vms.power(id, 'power-on', patience(30_000))
    const { status } = await vms.waitForPowerState(id, 'running', patience(15_000))

    const before = await services()
    expect([...before.values()].filter(({ pid }) => pid === null).map(({ name }) => name)).toEqual([])
    await api.call('POST', '/v1/host/services/logd/restart')
    expect((await restarted('logd', before.get('logd')?.pid)).restarts).toBe(1)
    // The line is still the console's: what is typed comes to it at once, and is not echoed.
    expect(await probe.output('stty -F /proc/1/root/dev/ttyS0 -a')).toMatch(/-icanon/)

    await api.call('POST', '/v1/host/services/restart')
    for (const name of ['controld', 'gateway-launch', 'dcui-ttyS0', 'nat-dhcp-launch']) await restarted(name, before.get(name)?.pid)
    const isRaw = async () => (/-icanon/.test(await probe.output('stty -F /proc/1/root/dev/ttyS0 -a')) ? true : null)
    await until('raw line', isRaw, { timeoutMs: patience(5_000) })
    await screen.waitFor(/Corbel/, patience(5_000), machine.died)
    const after = await vms.waitForPowerState(id, 'running', patience(10_000))
    expect(after.status.pid).toBe(status.pid)
    const numbers = (await logs('kernel', 'after=0&limit=2000')).items.map(({ number }) => number)
    expect(new Set(numbers).size).toBe(numbers.length)
    await vms.power(id, 'power-off', patience(15_000))
    await vms.remove(id)
  })
})

describe('after a restart of the host', () => {
  it('the log of the boot before is still there', async () => {
    const { api, machine } = host()
    const { next } = await logs('all')
    const { status } = await api.call<{ status: { uptimeSeconds: number } }>('GET', '/v1/host')
    await api.call('POST', '/v1/host/restart')
    const isBack = async () => {
      try {
        const now = await api.call<{ status: { uptimeSeconds: number } }>('GET', '/v1/host')
        return now.status.uptimeSeconds < status.uptimeSeconds ? true : null
      } catch {
        return null
      }
    }
    await until('restarted host', isBack, { timeoutMs: patience(80_000), intervalMs: 1000, signal: machine.died })
    const boots = async () => ((await logs('logd', 'search=has%20booted')).items.length >= 2 ? true : null)
    await until('second boot in the log', boots, { timeoutMs: patience(5_000) })
    expect((await logs('kernel', 'after=0&limit=1')).items[0]?.text).toMatch(/Linux version/)
    expect((await logs('all', `after=${next}&limit=5`)).items.length).toBe(5)
  })
})
