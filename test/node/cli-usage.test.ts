// What is used, on the command line: the table of `corbel top`, a VM's and the host's figures and past.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fitted } from '../../control/src/cli/screen.ts'
import { VM } from '../contract/usage.contract.ts'
import { until } from '../harness/wait.ts'
import { TestHost } from './cli/host.ts'
import { begin, corbel, type Ran } from './cli/program.ts'

const BOOT = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
let host: TestHost
const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })

/** Two VMs that run: `web1` with a quarter of a CPU and a disk, `db1` with two CPUs. */
beforeEach(async () => {
  host = await TestHost.start()
  const { app, world } = host.client
  const ids: Record<string, string> = {}
  for (const name of ['web1', 'db1', 'off1']) {
    const body = { name, memoryMiB: 512, boot: BOOT, nics: [{ network: 'nat' }, { network: 'nat' }, { network: 'nat' }] }
    ids[name] = ((await host.client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }).id
  }
  const { web1 = '', db1 = '' } = ids
  for (const id of [web1, db1]) app.power.powerOn(id, 'test')
  await world.clock.advance(0)
  const after = (id: string, seconds: number, bytes: number) => {
    const nics = [{ slot: 2, receivedBytes: 2000 + 2 * bytes, sentBytes: 1000 + bytes, receivedPackets: 20, sentPackets: 10, dropped: 7 }]
    const cpu = { ...VM.cpu, usedMicroseconds: VM.cpu.usedMicroseconds + seconds * 1_000_000 }
    world.usage.vms.set(id, { ...VM, cpu, nics, io: { ...VM.io, writtenBytes: VM.io.writtenBytes + bytes } })
    const disk = { name: 'disk0', readBytes: 0, writtenBytes: bytes, reads: 0, writes: 1 }
    world.vmHost.machine(id).devicesInUse = { balloonBytes: 268_435_456, guestMemory: null, disks: [disk] }
  }
  after(web1, 0, 0)
  after(db1, 0, 0)
  app.accounting.run()
  await world.clock.advance(0)
  after(web1, 2.5, 20_971_520)
  after(db1, 20, 0)
  await world.clock.advance(10_000)
})
afterEach(() => host.stop())

describe('top', () => {
  it('is a table of the VMs that run, the busiest first, where there is no terminal', async () => {
    const { exit, output, errors } = await on('top')
    expect([exit, errors]).toEqual([0, ''])
    expect(output).toBe(
      `Host: CPU 0.0 of 100 %, memory 512 MiB of 8 GiB, pressure cpu - memory - io - %
VMs: 2 running, CPU 225.0 %, memory 1 GiB assigned, 200 MiB resident

NAME   CPU%  STEAL%  THROTTLED%      MEM  RESIDENT  BALLOON  READ/s  WRITE/s   RX/s   TX/s
db1   200.0     0.0         0.0  512 MiB   100 MiB  256 MiB     0 B      0 B    0 B    0 B
web1   25.0     0.0         0.0  512 MiB   100 MiB  256 MiB     0 B    2 MiB  4 MiB  2 MiB
`,
    )
  })

  it('is the host’s document with --json', async () => {
    expect(JSON.parse((await on('top', '--json')).output)).toMatchObject({ vms: [{ name: 'web1' }, { name: 'db1' }], total: { vms: 2 } })
  })

  it('is drawn anew on a terminal until Ctrl-C, and gives the terminal back', async () => {
    const interruption = new AbortController()
    const running = begin(['top', '--interval', '2'], { env: host.env, terminal: true, input: null, interrupted: interruption.signal })
    const asked = () => host.requests.filter((request) => request === 'GET /v1/usage').length
    await until('the second drawing', () => asked() >= 2, { timeoutMs: 10_000, intervalMs: 20 })
    interruption.abort(new Error('interrupted'))
    const { exit, output } = await running.ended
    expect(exit).toBe(130)
    expect(output.startsWith('\x1b[?1049h\x1b[?25l\x1b[HHost: ')).toBe(true)
    expect(output.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true)
    // Each line is cleared to its end; in 80 columns there is no place for all.
    expect(output).toContain('\r\nNAME   CPU%  STEAL%      MEM  RESIDENT  BALLOON  READ/s  WRITE/s   RX/s   TX/s\x1b[K\r\n')
  })

  it('on a terminal prints once with --once', async () => {
    const { exit, output } = await corbel(['top', '--once'], { env: host.env, terminal: true })
    expect([exit, output.startsWith('Host: ')]).toEqual([0, true])
  })

  it.each(['1', '11', 'soon', ''])('is refused an interval of %j', async (interval) => {
    const { exit, errors } = await on('top', `--interval=${interval}`)
    expect([exit, errors]).toEqual([2, `--interval: must be a number of seconds from 2 to 10, not ${interval} (usage.invalid-value)\n`])
  })

  it('leaves a terminal alone when the host does not answer', async () => {
    host.hook = (_request, response) => response.writeHead(503).end() !== undefined
    const { exit, output } = await corbel(['top'], { env: host.env, terminal: true })
    expect([exit === 0, output]).toEqual([false, ''])
  })
})

describe('a screen', () => {
  it.each([
    ['all of a small text', 'ab\ncd', 80, 24, 'ab\ncd'],
    ['what fits', 'abc\ndef\nghi', 2, 3, 'ab\nde'],
    ['something at least', 'abc\ndef', 0, 0, 'a'],
    ['characters whole', '𝒳𝒴𝒵', 2, 24, '𝒳𝒴'],
  ])('shows %s', (_name, text, columns, rows, shown) => {
    expect(fitted(text, columns, rows)).toBe(shown)
  })
})

describe('one VM', () => {
  it('is told by itself, disk by disk and NIC by NIC', async () => {
    const { output } = await on('vm', 'usage', 'web1')
    expect(output).toMatch(/^CPU +25\.0 %, steal 0\.0 %, throttled 0\.0 %$/m)
    expect(output).toMatch(/^disk0 +0 B\/s read, 2 MiB\/s written$/m)
    expect(output).toMatch(/^nic2 +4 MiB\/s received, 2 MiB\/s sent$/m)
    expect(output).not.toContain('UNTIL')
  })

  it('that does not run has a past', async () => {
    expect((await on('vm', 'usage', 'off1')).output).toBe('It does not run, or has not been sampled yet.\n')
    expect((await on('vm', 'usage', 'off1', '--past', '5m')).output).toMatch(/yet\.\n\nUNTIL +CPU% +CPU% MAX +STEAL%/)
  })

  it('has a past of samples and one of averages', async () => {
    expect((await on('vm', 'usage', 'web1', '--past=10s')).output).toMatch(
      /\n\nUNTIL +CPU% +STEAL% +MEMORY .*\n2026-01-01T00:00:10\.000Z +25\.0 +0\.0 +100 MiB +0 B\/?/,
    )
    expect((await on('vm', 'usage', 'web1', '--past=5m')).output).toMatch(/\n2026-01-01T00:00:10\.000Z +25\.0 +25\.0 +0\.0 /)
    expect(JSON.parse((await on('vm', 'usage', 'web1', '--past=5m', '--json')).output)).toMatchObject({ history: { resolution: '5m' } })
  })

  it('is refused another resolution by the host, and is none that there is not', async () => {
    expect((await on('vm', 'usage', 'web1', '--past=1s')).errors).toContain('request.parameter.not-allowed')
    expect((await on('vm', 'usage', 'web2')).exit).toBe(4)
  })
})

describe('the host', () => {
  it('is told by itself, with its past', async () => {
    const { output } = await on('host', 'usage', '--past', '10s')
    expect(output).toMatch(/^Memory +512 MiB of 8 GiB in use, 0 B page cache$/m)
    expect(output).toMatch(/\n\nUNTIL .*\n2026-01-01T00:00:10\.000Z +0\.0 +0\.0 +512 MiB/)
  })
})

describe('pools', () => {
  beforeEach(async () => {
    const { client } = host
    const { world } = client
    const memory = { reservationMiB: 256, limitMiB: 2048 }
    await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold', cpu: { reservationCores: 0.5 }, memory } })
    const { stealMicroseconds: _ofVcpus, ...cpu } = VM.cpu
    const group = (seconds: number) => ({
      ...{ cpu: { ...cpu, usedMicroseconds: seconds * 1_000_000 }, memory: VM.memory, io: VM.io, pressure: VM.pressure },
    })
    world.usage.groups.set('/sys/fs/cgroup/corbel.vm/pool.gold', group(60))
    await world.clock.advance(10_000)
    world.usage.groups.set('/sys/fs/cgroup/corbel.vm/pool.gold', group(65))
    await world.clock.advance(10_000)
  })

  it('are a table in place of VMs', async () => {
    expect((await on('top', '--pools')).output.split('\n').slice(3)).toEqual([
      'POOL  VMS  CPU%  RESERVED%  LIMIT%  STEAL%  THROTTLED%  MEM  RESIDENT  RESERVED  LIMIT  READ/s  WRITE/s',
      'gold    0  50.0       50.0       -     0.0         0.0  0 B   100 MiB   256 MiB  2 GiB     0 B      0 B',
      '',
    ])
  })

  it('are told by themselves, with their past', async () => {
    const { output } = await on('pool', 'usage', 'gold', '--past=10s')
    expect(output).toMatch(/^CPU +50\.0 %, reserved 50\.0 %, no limit, steal 0\.0 %, throttled 0\.0 %$/m)
    expect(output).toMatch(/^Memory +0 B assigned, 100 MiB resident, 256 MiB reserved, limit 2 GiB$/m)
    expect(output).toMatch(/\n2026-01-01T00:00:30\.000Z +50\.0 /)
  })
})
