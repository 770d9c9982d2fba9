// The command line against a booted appliance: from the first log-in to switching it off, as somebody would type it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guests, repository } from '../harness/paths.ts'
import { until, within } from '../harness/wait.ts'
import { scratch } from '../node/cli/program.ts'
import { booted } from './booted.ts'

/** On one line, where the terminal is wide enough. */
const FINGERPRINT = /((?:[0-9A-F]{2}:){7}[0-9A-F]{2} *){4}/

const host = booted({ name: 'cli', memoryMiB: 1536, terminal: { columns: 160, rows: 45 } }, (appliance) => appliance.ready())
const home = scratch()
const program = join(home.path, 'corbel')
const children = new Set<ChildProcess>()
const minutes = (count: number) => host().patience(count * 10_000)
const address = () => `127.0.0.1:${host().api.port}`

beforeAll(() => {
  execFileSync('node', [join(repository, 'control/cli-bundle.mjs'), program])
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  home.remove()
})

interface Started {
  readonly child: ChildProcess
  output(): string
  readonly ended: Promise<{ readonly exit: number | null; readonly output: string; readonly errors: string }>
}

function start(command: string, args: readonly string[]): Started {
  const env = { PATH: `${home.path}:${process.env.PATH}`, HOME: home.path, TERM: 'xterm' }
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  children.add(child)
  let [output, errors] = ['', '']
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('latin1')
  })
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const ended = within(`end of ${args.slice(0, 3).join(' ')}`, closed, minutes(3)).then((exit) => {
    children.delete(child)
    return { exit, output, errors }
  })
  return { child, output: () => output, ended }
}

function corbel(args: readonly string[], input = '') {
  const started = start(program, args)
  started.child.stdin?.end(input)
  return started.ended
}

describe('the first log-in', () => {
  it('without a fingerprint sends no password', async () => {
    const { exit, errors } = await corbel(['login', address()], `${host().password}\n`)
    expect([exit, errors]).toEqual([7, expect.stringContaining(host().api.fingerprint ?? 'none')])
  })

  it('with the fingerprint that the console shows is one', async () => {
    const screen = await host().screen.waitFor(FINGERPRINT, minutes(1), host().machine.died)
    const shown = FINGERPRINT.exec(screen)?.[0] ?? ''
    const { exit, output, errors } = await corbel(['login', address(), '--fingerprint', shown, '--name', 'rack1'], `${host().password}\n`)
    expect([exit, errors]).toEqual([0, ''])
    expect(output).toMatch(/^Logged in to 127\.0\.0\.1:\d+ as administrator, until /)
  })

  it('shows what machine it is', async () => {
    const { exit, output } = await corbel(['host', 'show'])
    expect(exit).toBe(0)
    expect(output).toMatch(/^Virtualisation +KVM, amd$/m)
  })
})

describe('a file', () => {
  it('is uploaded, listed, and deleted', async () => {
    const uploaded = await corbel(['file', 'upload', join(guests, 'rescue.iso'), 'local/copy.iso'])
    expect(uploaded).toMatchObject({ exit: 0, output: expect.stringMatching(/^local\/copy\.iso: uploaded, .*, SHA-256 [0-9a-f]{64}\n$/) })
    expect((await corbel(['file', 'list'])).output).toMatch(/^copy\.iso /m)
    expect((await corbel(['file', 'upload', join(guests, 'rescue.iso'), 'local/copy.iso'])).exit).toBe(5)
    expect((await corbel(['file', 'delete', 'local/copy.iso', '--yes'])).exit).toBe(0)
  })
})

describe('a VM', () => {
  it('is made and powered on, its task waited for', async () => {
    const boot = 'from=kernel,kernel=local/hello.vmlinuz,initrd=local/hello.initrd,commandLine=console=ttyS0 quiet'
    const created = await corbel(['vm', 'create', 'hello', '--memory-mib', '192', '--boot', boot, '--nic', 'nat'])
    expect(created).toMatchObject({ exit: 0, output: expect.stringMatching(/^hello: created, [0-9a-f-]{36}\n$/), errors: '' })
    expect(await corbel(['vm', 'power-on', 'hello'])).toEqual({ exit: 0, output: 'hello: vm.power-on succeeded\n', errors: '' })
    expect((await corbel(['vm', 'list'])).output).toMatch(/^hello +running +1 +192 MiB/m)
  })

  it('is typed to at a terminal, by two at once, and left by Ctrl-]', async () => {
    const terminal = () => start('script', ['-qfec', `${program} vm console hello`, '/dev/null'])
    const [one, two] = [terminal(), terminal()]
    const seen = (who: Started, text: string) =>
      until(text, () => who.output().includes(text), {
        timeoutMs: minutes(3),
        seen: () => who.output().slice(-300),
        signal: host().machine.died,
      })
    await seen(one, 'corbel-guest: nested kvm is')
    await seen(two, 'corbel-guest: nested kvm is')
    one.child.stdin?.write('over here\r')
    await seen(one, 'corbel-guest: heard over here')
    await seen(two, 'corbel-guest: heard over here')
    for (const { child, ended } of [one, two]) {
      child.stdin?.write('\x1d')
      expect((await ended).exit).toBe(0)
    }
  })

  it('has its console in a log, and a keyboard', async () => {
    expect((await corbel(['vm', 'log', 'hello'])).output).toContain('corbel-guest: heard over here')
    expect(await corbel(['vm', 'keys', 'hello', 'ctrl+alt+delete'])).toMatchObject({ exit: 0, errors: '' })
  })

  it('has a picture of its screen', async () => {
    const file = join(home.path, 'screen.png')
    expect(await corbel(['vm', 'screenshot', 'hello', '--output', file])).toMatchObject({
      exit: 0,
      errors: `hello: its screen is in ${file}\n`,
    })
    expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG')
  })

  it('is changed while it runs, and says what waits', async () => {
    const { exit, output } = await corbel([
      'vm',
      'set',
      'hello',
      '--description',
      'greets',
      '--memory-mib',
      '256',
      '--set',
      'nic0.connected=false',
    ])
    expect([exit, output]).toEqual([
      0,
      'hello: changed, revision 2\nFIELD           VALUE   COUNTS\ndescription     greets  in force\nmemoryMiB       256     at the next power-on\nnic0.connected  false   in force\n',
    ])
    expect((await corbel(['vm', 'set', 'hello', '--vcpus', '0'])).exit).toBe(2)
    expect((await corbel(['vm', 'set', 'hello', '--vcpus', '2', '--revision', '1'])).exit).toBe(5)
  })

  it('is paused, resumed and reset', async () => {
    for (const verb of ['pause', 'resume', 'reset']) expect(await corbel(['vm', verb, 'hello'])).toMatchObject({ exit: 0, errors: '' })
    expect((await corbel(['vm', 'resume', 'hello'])).exit).toBe(5)
  })

  it('is followed by its events to its end, and deleted', async () => {
    const followed = corbel(['event', 'follow', '--after', '0', '--vm', 'hello', '--code', 'vm.stopped', '--count', '1', '--json'])
    expect((await corbel(['vm', 'power-off', 'hello'])).exit).toBe(0)
    const { exit, output } = await followed
    expect([exit, (JSON.parse(output) as { code: string }).code]).toEqual([0, 'vm.stopped'])
    expect((await corbel(['vm', 'delete', 'hello'])).output).toBe('hello: deleted\n')
    expect((await corbel(['vm', 'show', 'hello'])).exit).toBe(4)
  })
})

describe('a disk', () => {
  it('is made, grown, copied and deleted', async () => {
    for (const [verb, ...rest] of [
      ['create', '64MiB'],
      ['grow', '128MiB'],
      ['copy', 'copy.qcow2', '--format', 'qcow2'],
    ]) {
      const { exit, output, errors } = await corbel(['disk', verb ?? '', 'local/new.raw', ...rest])
      expect([exit, output, errors]).toEqual([0, `local/new.raw: disk.${verb} succeeded\n`, ''])
    }
    expect((await corbel(['file', 'list'])).output).toMatch(/^new\.raw +128 MiB/m)
    for (const file of ['local/new.raw', 'local/copy.qcow2'])
      expect(await corbel(['disk', 'delete', file])).toMatchObject({ exit: 0, errors: '' })
    expect((await corbel(['disk', 'delete', 'local/new.raw'])).exit).toBe(4)
  })
})

describe('names', () => {
  it('are completed from the host', async () => {
    await corbel(['vm', 'create', 'other'])
    expect((await corbel(['__complete', 'vm', 'show', 'o'])).output).toBe('other\n')
    expect((await corbel(['__complete', 'vm', 'create', '--cdrom', 'local/rescue'])).output).toBe('local/rescue.iso\n')
  })
})

describe('the host', () => {
  it('is switched off, which is told as that', async () => {
    const { exit, output, errors } = await corbel(['host', 'power-off'])
    expect([exit, errors === '' ? output : errors]).toEqual([0, expect.stringMatching(/host\.power-off succeeded|is going down/)])
    await host().machine.waitForPowerOff(host().patience(30_000))
    expect((await corbel(['vm', 'list'])).exit).toBe(6)
  })
})
