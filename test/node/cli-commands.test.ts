// The commands as a whole: each of the API's routes has one, each asks what the API has, and the documents say so.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { routes } from '../../control/src/api/routes.ts'
import { commands } from '../../control/src/cli/commands/all.ts'
import { EXIT, EXIT_MEANINGS } from '../../control/src/cli/exit-codes.ts'
import { answerJson, TestHost } from './cli/host.ts'
import { begin, corbel, type Ran } from './cli/program.ts'

/** Routes that need no command of their own, each for a reason. */
const WITHOUT_COMMAND: Readonly<Record<string, string>> = {
  'GET /v1/health': 'for monitoring; corbel api',
  'GET /v1/metrics': 'for Prometheus; corbel api',
  'POST /v1/setup': 'at the machine only',
  'GET /v1/console/status': 'at the machine only',
  'POST /v1/console/recovery': 'at the machine only',
  'GET /v1/install': 'at the machine only',
  'GET /v1/install/disks': 'at the machine only',
  'GET /v1/install/adapters': 'at the machine only',
  'POST /v1/install/keyboard': 'at the machine only',
  'POST /v1/install/recovery-code': 'at the machine only',
  'POST /v1/install/recovery-code/confirm': 'at the machine only',
  'POST /v1/install': 'at the machine only',
  'POST /v1/install/leave': 'at the machine only',
  'POST /v1/console/network/confirm': 'at the machine only',
  'POST /v1/console/network/undo': 'at the machine only',
  'POST /v1/login': 'corbel login',
  'POST /v1/logout': 'corbel logout',
  'GET /v1/vms/{id}/console/serial': 'the first of the ports',
  'GET /v1/vms/{id}/console/vnc': 'for programs that show pictures',
  'POST /v1/vms/{id}/console/tickets': 'for clients that cannot send a token',
  'GET /v1/consoles/{ticket}': 'for those too',
}

const told = commands.flatMap(({ details = [] }) => details.flatMap((line) => /API: (.*)$/.exec(line)?.[1] ?? []))

describe('the commands', () => {
  it('cover every route of the API', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`)
    expect(names.filter((name) => !told.includes(name) && WITHOUT_COMMAND[name] === undefined)).toEqual([])
  })

  it('ask nothing that the API does not have', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`)
    expect([...told, ...Object.keys(WITHOUT_COMMAND)].filter((name) => !names.includes(name))).toEqual([])
  })

  it('have words of their own', () => {
    const words = commands.map((command) => command.words.join(' '))
    expect(new Set(words).size).toBe(words.length)
  })

  it.each(commands.map((command) => [command.words.join(' '), command] as const))(
    '%s has options of its own, and help',
    async (name, command) => {
      const options = (command.options?.() ?? []).map((option) => option.name)
      expect(new Set(options).size).toBe(options.length)
      expect(options.filter((option) => ['host', 'json', 'help'].includes(option) || !/^[a-z][a-z0-9-]*$/.test(option))).toEqual([])
      if (command.raw !== true) expect((await corbel([...name.split(' '), '--help'])).output).toContain(`Usage: corbel ${name}`)
    },
  )
})

describe('the README', () => {
  const readme = readFileSync('README.md', 'utf8')

  it('has every exit code', () => {
    const rows = Object.entries(EXIT_MEANINGS).map(([name, meaning]) => `| ${EXIT[name as keyof typeof EXIT]} | ${meaning} |`)
    expect(rows.filter((row) => !readme.includes(row))).toEqual([])
  })

  it('names no command that there is none of', () => {
    const named = [...readme.matchAll(/^corbel (?!help)([a-z]+(?: [a-z-]+)?)/gm)].map((match) => match[1] ?? '')
    const known = (name: string) => commands.some(({ words }) => name === words.join(' ') || name.split(' ')[0] === words.join(' '))
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !known(name))).toEqual([])
  })
})

describe('an operation', () => {
  interface Seen {
    readonly request: string
    readonly body: unknown
  }
  let host: TestHost
  let seen: Seen[]
  const task = { id: '5f0d4d5e-0000-4000-8000-000000000000', state: 'succeeded', progressPercent: 100, cancellable: false, error: null }

  beforeEach(async () => {
    host = await TestHost.start()
    await host.client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web1' } })
    seen = []
    host.hook = (request, response) => {
      if (request.method === 'GET') return false
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const text = Buffer.concat(parts).toString()
        seen.push({ request: `${request.method} ${request.url}`, body: text === '' ? null : (JSON.parse(text) as unknown) })
        if (request.method === 'DELETE') response.writeHead(204).end()
        else answerJson(response, 202, { ...task, kind: 'some.task' })
      })
      return true
    }
  })
  afterEach(() => host.stop())
  const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
  const VM = () => `/v1/vms/${host.client.app.vms.list()[0]?.id}`

  it.each<[string[], () => string, unknown]>([
    [['vm', 'power-off', 'web1'], () => `POST ${VM()}/power-off`, null],
    [['vm', 'reset', 'web1'], () => `POST ${VM()}/reset`, null],
    [['vm', 'resume', 'web1'], () => `POST ${VM()}/resume`, null],
    [['vm', 'suspend', 'web1'], () => `POST ${VM()}/suspend`, null],
    [['vm', 'freeze', 'web1', '--timeout-seconds', '30'], () => `POST ${VM()}/guest/freeze`, { timeoutSeconds: 30 }],
    [['vm', 'thaw', 'web1'], () => `POST ${VM()}/guest/thaw`, null],
    [
      ['disk', 'create', 'local/web1.qcow2', '20GiB', '--preallocation', 'metadata'],
      () => 'POST /v1/datastores/local/disks',
      { file: 'web1.qcow2', format: 'qcow2', sizeBytes: 21_474_836_480, preallocation: 'metadata' },
    ],
    [
      ['disk', 'create', 'local/web1', '1G', '--format=raw'],
      () => 'POST /v1/datastores/local/disks',
      { file: 'web1', format: 'raw', sizeBytes: 1_073_741_824 },
    ],
    [['disk', 'grow', 'local/web1.qcow2', '40GiB'], () => 'POST /v1/datastores/local/files/web1.qcow2/grow', { sizeBytes: 42_949_672_960 }],
    [
      ['disk', 'copy', 'local/a.qcow2', 'b.raw', '--format', 'raw'],
      () => 'POST /v1/datastores/local/files/a.qcow2/copy',
      { to: 'b.raw', format: 'raw' },
    ],
    [['disk', 'copy', 'local/a.qcow2', 'local/b.qcow2'], () => 'POST /v1/datastores/local/files/a.qcow2/copy', { to: 'b.qcow2' }],
    [['host', 'restart'], () => 'POST /v1/host/restart', null],
    [['host', 'power-off'], () => 'POST /v1/host/power-off', null],
  ])('%j asks as the API says, and its task is waited for', async (argv, request, body) => {
    host.hook = (
      (inner) => (asked: Parameters<typeof inner>[0], response: Parameters<typeof inner>[1]) =>
        asked.url === `/v1/tasks/${task.id}` ? answerJson(response, 200, { ...task, kind: 'some.task' }) : inner(asked, response)
    )(host.hook)
    const { exit, output, errors } = await on(...argv)
    expect([exit, errors]).toEqual([0, ''])
    expect(output).toMatch(/: some\.task succeeded\n$/)
    expect(seen).toEqual([{ request: request(), body }])
  })

  it.each<[string[], string, string]>([
    [['file', 'delete', 'local/x.iso'], 'DELETE /v1/datastores/local/files/x.iso', 'local/x.iso: deleted\n'],
    [['disk', 'delete', 'local/a+b@1.qcow2'], 'DELETE /v1/datastores/local/files/a+b@1.qcow2', 'local/a+b@1.qcow2: deleted\n'],
  ])('%j says what it did', async (argv, request, output) => {
    expect(await on(...argv)).toEqual({ exit: 0, output, errors: '' })
    expect(seen).toEqual([{ request, body: null }])
  })

  it('that destroys asks at a terminal', async () => {
    const running = begin(['disk', 'delete', 'local/a.qcow2'], { env: host.env, terminal: true, input: 'n\n' })
    expect(await running.ended).toMatchObject({
      exit: 1,
      errors: expect.stringContaining('Delete local/a.qcow2 and all that is on it? [y/N]'),
    })
    expect(seen).toEqual([])
  })

  it.each<[string[], string]>([
    [['disk', 'create', 'web1.qcow2', '1G'], 'web1.qcow2: must be DATASTORE/FILE, such as local/web1.qcow2 (usage.invalid-value)\n'],
    [
      ['disk', 'create', 'local/web1.qcow2', 'big', '--preallocation'],
      '--preallocation: needs a value: --preallocation=none|metadata|full (usage.missing-value)\n',
    ],
    [['disk', 'create', 'local/web1.qcow2', 'big'], 'SIZE: must be a size such as 20GiB, not big (usage.invalid-value)\n'],
    [['file', 'delete', 'local/../x'], 'local/../x: must be DATASTORE/FILE, such as local/web1.qcow2 (usage.invalid-value)\n'],
  ])('%j is refused', async (argv, errors) => {
    expect(await on(...argv)).toEqual({ exit: 2, output: '', errors })
    expect(seen).toEqual([])
  })

  it('of any kind can be asked by hand', async () => {
    host.hook = () => false
    expect(JSON.parse((await on('api', 'get', '/v1/health')).output)).toMatchObject({ status: 'ok' })
    expect(JSON.parse((await on('api', 'POST', '/v1/vms', '{"name":"web2"}')).output)).toMatchObject({ revision: 1 })
    const path = `/v1/vms/${host.client.app.vms.list()[1]?.id}`
    expect(JSON.parse((await on('api', 'PATCH', path, '{"vcpus":2}', '--if-match', '1')).output)).toMatchObject({ revision: 2 })
    expect((await on('api', 'PATCH', path, '{"vcpus":3}', '--if-match', '"1"')).exit).toBe(5)
    expect((await on('api', 'PATCH', path, '{"vcpus":3}')).exit).toBe(5)
    expect(await on('api', 'DELETE', path)).toEqual({ exit: 0, output: '', errors: '' })
    expect((await on('api', 'DELETE', path)).exit).toBe(4)
  })

  it.each<[string, string[], string]>([
    ['another method', ['TRACE', '/v1/vms'], 'METHOD: must be one of GET, POST, PUT, PATCH, DELETE (usage.invalid-value)\n'],
    ['another path', ['GET', 'v1/vms'], 'PATH: must begin with /v1/ (usage.invalid-value)\n'],
    ['a body that is none', ['POST', '/v1/vms', '{'], expect.stringContaining('(usage.malformed-json)') as unknown as string],
  ])('by hand is refused for %s', async (_name, argv, errors) => {
    expect(await on('api', ...argv)).toEqual({ exit: 2, output: '', errors })
  })
})

describe('disks', () => {
  it('are made, grown, copied and deleted on the host', async () => {
    const host = await TestHost.start()
    const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
    const { contents } = host.client.world.datastores
    expect((await on('disk', 'create', 'local/new.qcow2', '1GiB')).output).toBe('local/new.qcow2: disk.create succeeded\n')
    expect(await on('disk', 'create', 'local/new.qcow2', '1GiB')).toMatchObject({ exit: 5 })
    expect((await on('disk', 'grow', 'local/new.qcow2', '2GiB')).output).toBe('local/new.qcow2: disk.grow succeeded\n')
    expect((await on('disk', 'copy', 'local/new.qcow2', 'copy.raw', '--format', 'raw')).output).toBe(
      'local/new.qcow2: disk.copy succeeded\n',
    )
    expect([contents?.has('new.qcow2'), contents?.has('copy.raw')]).toEqual([true, true])
    await on('vm', 'create', 'web1', '--disk', 'local/new.qcow2')
    expect(await on('disk', 'delete', 'local/new.qcow2')).toMatchObject({ exit: 5 })
    expect((await on('file', 'list')).output).toMatch(/^new\.qcow2 .* web1$/m)
    expect((await on('disk', 'delete', 'local/copy.raw')).output).toBe('local/copy.raw: deleted\n')
    expect(contents?.has('copy.raw')).toBe(false)
    await host.stop()
  })
})

describe('datastores', () => {
  it('and their files are tables', async () => {
    const host = await TestHost.start()
    const { output } = await corbel(['datastore', 'list'], { env: host.env })
    expect(output).toMatch(/^NAME +SIZE {2}AVAILABLE {2}UUID\nlocal +931 GiB +466 GiB/)
    expect((await corbel(['file', 'list'], { env: host.env })).output).toMatch(/^x\.iso +1 KiB/m)
    expect((await corbel(['file', 'list', 'other'], { env: host.env })).exit).toBe(4)
    await host.stop()
  })
})
