// Pools and the host's reserve on the command line.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestHost } from './cli/host.ts'
import { corbel, type Ran } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })

describe('a pool', () => {
  it('is made, listed, changed and deleted', async () => {
    expect(await on('pool', 'create', 'gold', '--cpu', 'reservationCores=2,shares=300', '--memory', 'limitMiB=4096')).toEqual({
      ...{ exit: 0, output: 'gold: created\n', errors: '' },
    })
    expect((await on('pool', 'list')).output).toBe(
      'NAME  IN    CORES  AT MOST  SHARES  MEMORY  AT MOST  PRIORITY  DESCRIPTION\ngold  host      2     none     300     0 B    4 GiB  normal    -\n',
    )
    expect(await on('pool', 'set', 'gold', '--description', 'for those who pay', '--cpu', 'reservationCores=1')).toMatchObject({
      ...{ exit: 0, output: 'gold: changed, revision 2\n' },
    })
    const { spec } = JSON.parse((await on('pool', 'show', 'gold', '--json')).output) as { spec: object }
    expect(spec).toMatchObject({ description: 'for those who pay', cpu: { reservationCores: 1 }, memory: { limitMiB: 4096 } })
    expect((await on('pool', 'delete', 'gold', '--yes')).exit).toBe(0)
    expect((await on('pool', 'show', 'gold')).exit).not.toBe(0)
  })

  it('has limits of network and disks, and shares of these', async () => {
    const typed = ['--network', 'receiveBytesPerSecond=1000000', '--io', 'readIops=50,shares=300']
    expect((await on('pool', 'create', 'gold', ...typed)).exit).toBe(0)
    expect((await on('pool', 'set', 'gold', '--network', 'transmitBytesPerSecond=70000')).exit).toBe(0)
    const { spec } = JSON.parse((await on('pool', 'show', 'gold', '--json')).output) as { spec: object }
    expect(spec).toMatchObject({
      network: { receiveBytesPerSecond: 1_000_000, transmitBytesPerSecond: 70_000 },
      io: { readIops: 50, writeIops: null, shares: 300 },
    })
    const refused = await on('pool', 'set', 'gold', '--network', 'transmitBytesPerSecond=5')
    expect([refused.exit, refused.errors]).toEqual([2, expect.stringContaining('network.transmitBytesPerSecond')])
  })

  it('that would break a promise is refused with the arithmetic', async () => {
    const { exit, errors } = await on('pool', 'create', 'gold', '--cpu', 'reservationCores=4')
    expect(exit).toBe(5)
    expect(errors).toContain('4 cores reserved are given out by the host, which has 4, 1 kept for itself')
  })

  it('is changed in something, or not at all', async () => {
    await on('pool', 'create', 'gold')
    expect((await on('pool', 'set', 'gold')).exit).toBe(2)
  })
})

describe('a what-if', () => {
  it('takes steps in short words, and tells of each and of what is whose afterwards', async () => {
    await host.client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web', memoryMiB: 1024 } })
    const { exit, output } = await on(
      ...['host', 'what-if', 'make-pool=gold,cpu.reservationCores=2', 'start=web', 'change=web,cpuAllocation.reservationCores=1'],
      ...['start-new=x,count=2,vcpus=4,cpuAllocation.reservationCores=2,pool=gold', 'change-host,overcommit.vcpus=2', 'restart,cores=2'],
    )
    expect(exit).toBe(0)
    expect(
      output
        .split('\n')
        .slice(0, 7)
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual([
      'STEP OUTCOME MORE FIT WHY',
      'make-pool=gold,cpu.reservationCores=2 admitted - -',
      expect.stringMatching(/^start=web admitted \d+ -$/),
      expect.stringMatching(/^change=web/),
      expect.stringMatching(/^start-new=x,\S+ 1 admitted, then refused 0 x does not fit: 2 cores reserved are asked of the host, /),
      expect.stringMatching(/^change-host,overcommit.vcpus=2 admitted/),
      expect.stringMatching(/^restart,cores=2 admitted/),
    ])
    expect(output).toMatch(/^Missing +2 CPUs that the machine had$/m)
    expect(output).toMatch(/^gold +1.5 of 2 +0 /m)
  })

  it.each([
    ['begin=web', 'must begin with one of start, '],
    ['start', 'needs a name: start=NAME'],
    ['restart=x', 'takes no name: restart'],
    ['stop=web,memoryMiB=1', 'stop takes no fields'],
    ['change=web,memoryMiB', 'memoryMiB must be FIELD=VALUE'],
  ])('that nobody understands is told: %s', async (step, message) => {
    const { exit, errors } = await on('host', 'what-if', step)
    expect(exit).toBe(2)
    expect(errors).toContain(message)
  })

  it('with a field that there is none of is refused by the host', async () => {
    const { exit, errors } = await on('host', 'what-if', 'start-new=x,__proto__=1', 'restart,cpus=2')
    expect(exit).not.toBe(0)
    expect(errors).toContain('steps[1].cpus')
  })
})

describe('a power-on', () => {
  it('is tried without being done', async () => {
    const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
    await host.client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web', boot } })
    expect(await on('vm', 'power-on', 'web', '--dry-run')).toMatchObject({
      exit: 0,
      output: 'web: could be powered on; nothing was done\n',
    })
    expect((await on('vm', 'list')).output).toMatch(/^web +off/m)
  })
})

describe('the host', () => {
  it('shows what it keeps, and keeps what it is told', async () => {
    expect((await on('host', 'resources')).output).toContain('4 threads, 1 cores kept for the host')
    const { exit, output } = await on('host', 'reserve', '--reserve', 'cores=2', '--overcommit', 'vcpus=4')
    expect(exit).toBe(0)
    expect(output).toContain('4 threads, 2 cores kept for the host')
    expect(output).toContain('0 of 16 that there may be')
  })
})

describe('the CPUs', () => {
  it('are listed by who runs there', async () => {
    expect((await on('host', 'cpus')).output).toBe('VM          SHARED  OWN   BY VCPU  NODES\n(the host)  0-7     none  any      any\n')
  })
})
