// The command line as it is installed: packed by npm, run as a process, ended by signals, at a real terminal.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { repository } from '../harness/paths.ts'
import { until, within } from '../harness/wait.ts'
import { TestHost } from './cli/host.ts'
import { scratch } from './cli/program.ts'

const home = scratch()
const stage = join(home.path, 'stage')
const installed = join(home.path, 'installed')
const program = join(installed, 'node_modules/.bin/corbel')
const npm = (...args: string[]) =>
  execFileSync('npm', args, {
    cwd: stage,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_config_cache: join(home.path, 'cache') },
  })
let packed: readonly { readonly filename: string; readonly files: readonly { readonly path: string }[] }[]

beforeAll(() => {
  mkdirSync(join(stage, 'build/cli'), { recursive: true })
  mkdirSync(installed)
  for (const file of ['package.json', 'README.md', 'LICENSE']) copyFileSync(file, join(stage, file))
  execFileSync('node', [join(repository, 'control/cli-bundle.mjs'), join(stage, 'build/cli/corbel.mjs')])
  packed = JSON.parse(npm('pack', '--json')) as typeof packed
  npm('install', '--prefix', installed, '--offline', '--no-audit', '--no-fund', resolve(stage, packed[0]?.filename ?? ''))
}, 60_000)
afterAll(() => home.remove())

let host: TestHost
let children: ChildProcess[] = []
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await host.stop()
})

interface Started {
  readonly child: ChildProcess
  output(): string
  errors(): string
  readonly exit: Promise<number | null>
}

function start(command: string, args: readonly string[]): Started {
  const env = { PATH: process.env.PATH, HOME: home.path, TERM: 'xterm', ...host.env }
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(child)
  let [output, errors] = ['', '']
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  const exit = new Promise<number | null>((settle) => child.once('close', (code) => settle(code)))
  return { child, output: () => output, errors: () => errors, exit: within('end of corbel', exit, 15_000) }
}

const asked = (request: string, times = 1) =>
  until(request, () => host.requests.filter((one) => one.startsWith(request)).length >= times, { timeoutMs: 10_000, intervalMs: 10 })

describe('the package', () => {
  it('holds the program and nothing that it would have to fetch', () => {
    expect(packed[0]?.files.map(({ path }) => path).sort()).toEqual(['LICENSE', 'README.md', 'build/cli/corbel.mjs', 'package.json'])
  })

  it('holds the licence of everything that others have written of it', () => {
    const text = readFileSync(join(stage, 'build/cli/corbel.mjs'), 'utf8')
    for (const name of ['ws', 'valibot', '@valibot/to-json-schema'])
      expect(text).toMatch(new RegExp(`^/\\*! ${name}\\n[^]*?Permission is hereby granted`, 'm'))
  })

  it('is run by its name', async () => {
    const { exit, output } = start(program, ['--version'])
    expect(await exit).toBe(0)
    expect(output()).toMatch(/^corbel \d+\.\d+\.\d+\n$/)
    const listed = start(program, ['vm', 'list'])
    expect(await listed.exit).toBe(0)
    expect(listed.output()).toBe('NAME  STATE  VCPUS  MEMORY  GUEST ADDRESS  PENDING  ID\n')
  })
})

describe('the process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ended by %s says so by its exit code', async (signal) => {
    const { child, exit, errors } = start(program, ['event', 'follow'])
    await asked('GET /v1/events', 2)
    child.kill(signal)
    expect(await exit).toBe(130)
    expect(errors()).toBe('')
  })

  it('ends quietly when nobody reads on', async () => {
    for (const name of ['web1', 'web2', 'web3']) await host.client.call({ method: 'POST', path: '/v1/vms', body: { name } })
    const { exit, output, errors } = start('bash', ['-c', `set -o pipefail; ${program} event follow --after 0 | head -1`])
    await until('the first line', () => output() !== '', { timeoutMs: 10_000, intervalMs: 10 })
    await host.client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web4' } })
    expect([await exit, errors()]).toEqual([0, ''])
  })

  it('prints all of a long answer into a pipe', async () => {
    for (let n = 0; n < 200; n++) await host.client.call({ method: 'POST', path: '/v1/vms', body: { name: `web${n}` } })
    const { exit, output } = start(program, ['vm', 'list', '--json'])
    expect(await exit).toBe(0)
    expect((JSON.parse(output()) as { items: unknown[] }).items).toHaveLength(200)
  })
})

describe('at a terminal', () => {
  it('a console is given every key as it is, and leaves the terminal as it was', async () => {
    const body = { name: 'web1', disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }] }
    const { id } = (await host.client.call({ method: 'POST', path: '/v1/vms', body })).body as Vm
    await host.client.call({ method: 'POST', path: `/v1/vms/${id}/power-on` })
    let typed = ''
    host.onConsole = (socket) => {
      socket.on('message', (data: Buffer) => {
        typed += data.toString()
      })
      socket.send(Buffer.from('login: '))
    }
    // script gives it a terminal; what stty says afterwards is how that was left.
    const { child, exit, output } = start('script', [
      '-qfec',
      `stty -a >${home.path}/before; ${program} vm console web1; echo "exit $?"; stty -a | cmp - ${home.path}/before && echo same`,
      '/dev/null',
    ])
    await until('the guest', () => output().includes('login: '), { timeoutMs: 10_000, intervalMs: 10, seen: output })
    child.stdin?.write('root\r\x03\x1a\x1b[A')
    await until('what was typed', () => typed === 'root\r\x03\x1a\x1b[A', {
      timeoutMs: 10_000,
      intervalMs: 10,
      seen: () => JSON.stringify(typed),
    })
    child.stdin?.write('\x1d')
    await until('the end', () => output().includes('same'), { timeoutMs: 10_000, intervalMs: 10, seen: output })
    expect(output()).toContain('exit 0')
    child.stdin?.end()
    await exit
  })
})
