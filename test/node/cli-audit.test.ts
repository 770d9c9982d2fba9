// The audit log at the command line: listed, exported, and looked through where the command runs.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Client, World } from '../fakes/world.ts'
import { TestHost } from './cli/host.ts'
import { corbel, type Ran } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  const world = new World()
  // The command computes the real one.
  world.passwords.digest = (text) => createHash('sha256').update(text).digest('hex')
  host = await TestHost.start(undefined, 0, await Client.open(world))
  for (const name of ['web1', 'web2', 'web3']) await host.client.call({ method: 'POST', path: '/v1/vms', body: { name } })
  await host.client.call({ method: 'POST', path: '/v1/login', body: { username: 'administrator', password: 'wrong' } })
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const file = join(tmpdir(), `corbel-audit-${process.pid}.ndjson`)

async function exported(): Promise<string[]> {
  return (await on('audit', 'export')).output.trimEnd().split('\n')
}

describe('audit list', () => {
  it('is a table, newest first', async () => {
    const { output } = await on('audit', 'list', '--count', '2')
    const [head, first, second, ...more] = output.trimEnd().split('\n')
    expect(head).toMatch(/^SEQUENCE +AT +USER +FROM +RESULT +CODE +ACTION +OBJECT$/)
    expect(first).toMatch(/^ +4 +2026-01-01T00:00:00.000Z +administrator +192\.0\.2\.1 +refused +auth\.invalid-credentials +login +-$/)
    expect(second).toMatch(/^ +3 .* ok +- +POST \/v1\/vms +location=\/v1\/vms\//)
    expect(more).toEqual([])
  })

  it('is searched, and the host’s document with --json', async () => {
    const { output } = await on('audit', 'list', '--action', 'login', '--json')
    expect(JSON.parse(output)).toMatchObject({ items: [{ sequence: 4, action: 'login' }], head: { sequence: 4 } })
    expect((await on('audit', 'list', '--result', 'bad')).exit).toBe(2)
    expect((await on('audit', 'list', '--count', '0')).exit).toBe(2)
  })
})

describe('audit export', () => {
  it('prints every entry a line, oldest first, over as many pages as it takes', async () => {
    await host.client.app.audit.verify()
    const many = host.client.world.store.audit
    for (let index = 0; index < 600; index++) await host.client.call({ method: 'POST', path: '/v1/host/resources/accept' })
    const lines = await exported()
    expect(lines).toHaveLength(many.rows.length)
    expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual(many.rows.map(({ sequence }) => sequence))
    expect(await on('audit', 'export', '--after', '603')).toMatchObject({ exit: 0 })
  })
})

describe('audit verify', () => {
  it('computes every hash here, from the host or from a file', async () => {
    const head = host.client.app.audit.summary().head.hash
    const told = { exit: 0, output: `Whole        entries 1 to 4\nNewest hash  ${head}\n`, errors: '' }
    expect(await on('audit', 'verify')).toEqual(told)
    writeFileSync(file, (await on('audit', 'export')).output)
    expect(await corbel(['audit', 'verify', file])).toEqual(told)
    expect(await corbel(['audit', 'verify', file, '--head', head.toUpperCase()])).toEqual(told)
  })

  it.each<[string, (lines: string[]) => string[], string]>([
    ['altered', (lines) => lines.map((line) => line.replace('web2', 'web9')), 'entry 2 has been altered'],
    ['removed', (lines) => lines.filter((_, index) => index !== 2), 'entry 3 is missing'],
  ])('finds what was %s in a file', async (_name, spoil, problem) => {
    writeFileSync(file, `${spoil(await exported()).join('\n')}\n`)
    const { exit, errors } = await corbel(['audit', 'verify', file])
    expect(exit).toBe(1)
    expect(errors).toContain(problem)
  })

  it('finds what was cut off at the end by a hash that is known from elsewhere', async () => {
    const head = host.client.app.audit.summary().head.hash
    writeFileSync(file, `${(await exported()).slice(0, -1).join('\n')}\n`)
    expect((await corbel(['audit', 'verify', file])).exit).toBe(0)
    const { exit, errors } = await corbel(['audit', 'verify', file, '--head', head])
    expect([exit, errors]).toEqual([1, expect.stringContaining('the entry with the hash that was named is not in it')])
  })

  it('does not take the host’s word for it, and says what the host finds', async () => {
    host.client.world.store.audit.rows = host.client.world.store.audit.rows.map((row) => ({
      ...row,
      text: row.text.replace('web1', 'web8'),
    }))
    const { exit, output } = await on('audit', 'verify', '--json')
    expect(exit).toBe(1)
    expect(JSON.parse(`${output.split('\n}\n')[0]}\n}`)).toMatchObject({ whole: false, problem: 'entry 1 has been altered' })
  })
})

describe('host syslog', () => {
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')

  it('is set, shown and turned off', async () => {
    expect((await on('host', 'syslog')).output).toBe('Collector  none\n')
    const { exit, output } = await on('host', 'syslog-set', 'logs.example', '--fingerprint', fingerprint, '--kind', 'audit')
    expect([exit, output]).toEqual([0, expect.stringMatching(/^Collector +logs\.example port 6514\nTrusts +AB:AB/)])
    expect((await on('host', 'syslog', '--json')).output).toContain('"kinds": [')
    expect((await on('host', 'syslog-off')).exit).toBe(0)
    expect((await on('host', 'syslog')).output).toBe('Collector  none\n')
  })

  it('says what is wrong with what it is given', async () => {
    const { exit, errors } = await on('host', 'syslog-set', 'logs.example')
    expect([exit, errors]).toEqual([2, expect.stringContaining('syslog.one-trust')])
    expect((await on('host', 'syslog-set', 'x', '--port', 'many')).exit).toBe(2)
    expect((await on('host', 'syslog-set', 'x', '--authority', '/no/such/file')).exit).toBe(2)
  })
})
