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
      'NAME  IN    CORES  AT MOST  SHARES  MEMORY  AT MOST  DESCRIPTION\ngold  host      2     none     300     0 B    4 GiB  -\n',
    )
    expect(await on('pool', 'set', 'gold', '--description', 'for those who pay', '--cpu', 'reservationCores=1')).toMatchObject({
      ...{ exit: 0, output: 'gold: changed, revision 2\n' },
    })
    const { spec } = JSON.parse((await on('pool', 'show', 'gold', '--json')).output) as { spec: object }
    expect(spec).toMatchObject({ description: 'for those who pay', cpu: { reservationCores: 1 }, memory: { limitMiB: 4096 } })
    expect((await on('pool', 'delete', 'gold', '--yes')).exit).toBe(0)
    expect((await on('pool', 'show', 'gold')).exit).not.toBe(0)
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
