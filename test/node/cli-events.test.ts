// Events, listed and followed across lost connections.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../harness/wait.ts'
import { TestHost } from './cli/host.ts'
import { begin, corbel, type Ran } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const create = (name: string) => host.client.call({ method: 'POST', path: '/v1/vms', body: { name } })
const followed = (times = 1) =>
  until('followers', () => host.requests.filter((request) => request === 'GET /v1/events').length > times, {
    timeoutMs: 10_000,
    intervalMs: 5,
  })

describe('event list', () => {
  it('is a table', async () => {
    await create('web1')
    expect((await on('event', 'list')).output).toBe(`ID  AT                        SEVERITY  CODE          MESSAGE
 1  2026-01-01T00:00:00.000Z  info      user.created  The first password was set on the console.
 2  2026-01-01T00:00:00.000Z  info      vm.created    web1 was created by administrator.
`)
  })
})

describe('event follow', () => {
  it('prints what happens from now on, one event a line', async () => {
    const running = on('event', 'follow', '--count', '2')
    await followed()
    await create('web1')
    await create('web2')
    expect(await running).toEqual({
      exit: 0,
      output: `2026-01-01T00:00:00.000Z  info     vm.created  web1 was created by administrator.
2026-01-01T00:00:00.000Z  info     vm.created  web2 was created by administrator.
`,
      errors: '',
    })
  })

  it('prints the host’s documents with --json, one a line', async () => {
    await create('web1')
    const { output } = await on('event', 'follow', '--after', '1', '--count', '1', '--json')
    expect(output.split('\n')).toHaveLength(2)
    expect(JSON.parse(output)).toMatchObject({ id: 2, code: 'vm.created' })
  })

  it('prints only what is asked for', async () => {
    await create('web1')
    await create('web2')
    const { output } = await on('event', 'follow', '--after', '0', '--vm', 'web2', '--code', 'vm.', '--count', '1')
    expect(output).toBe('2026-01-01T00:00:00.000Z  info     vm.created  web2 was created by administrator.\n')
  })

  it('loses nothing when the connection is lost', async () => {
    const running = begin(['event', 'follow', '--count', '3'], { env: host.env })
    await followed()
    await create('web1')
    await until('the first', () => running.output.bytes.includes('web1'), { timeoutMs: 5000, intervalMs: 5 })
    host.drop()
    await create('web2')
    await followed(2)
    await create('web3')
    const { exit, output, errors } = await running.ended
    expect(exit).toBe(0)
    expect(output.match(/web\d/g)).toEqual(['web1', 'web2', 'web3'])
    expect(errors).toMatch(/^.*trying again\n$/)
  })

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController()
    const running = corbel(['event', 'follow'], { env: host.env, interrupted: interruption.signal })
    await followed()
    interruption.abort(new Error('interrupted'))
    expect(await running).toEqual({ exit: 130, output: '', errors: '' })
  })

  it('does not go on asking a host that refuses', async () => {
    expect((await corbel(['event', 'follow'], { env: { ...host.env, CORBEL_TOKEN: 'x' } })).exit).toBe(3)
    expect((await on('event', 'follow', '--after', 'x')).exit).toBe(2)
  })
})
