// A VM's console in a terminal, its log, its screen, its keys.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { until } from '../harness/wait.ts'
import { answerJson, TestHost } from './cli/host.ts'
import { begin, corbel, type Ran, type Running, scratch } from './cli/program.ts'

let host: TestHost
let id: string
beforeEach(async () => {
  host = await TestHost.start()
  const body = { name: 'web1', serialPorts: 2, disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }] }
  id = ((await host.client.call({ method: 'POST', path: '/v1/vms', body })).body as Vm).id
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const soon = (what: string, condition: () => unknown) => until(what, condition, { timeoutMs: 5000, intervalMs: 5 })
const RESTORED = '\x1b[?25h\x1b[0m\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l'

describe('vm console', () => {
  let guest: WebSocket | undefined
  let typed = ''
  beforeEach(async () => {
    guest = undefined
    typed = ''
    host.onConsole = (socket) => {
      guest = socket
      socket.on('message', (data: Buffer) => {
        typed += data.toString('latin1')
      })
      socket.send(Buffer.from('login: '))
    }
    await on('vm', 'power-on', 'web1')
  })

  const attach = (terminal: boolean, input: string | null = null): Running =>
    begin(['vm', 'console', 'web1'], { env: host.env, input, terminal })
  const printed = (running: Running, text: string) => soon(text, () => running.output.bytes.toString().includes(text))

  it('is the guest’s serial port, byte for byte, until Ctrl-]', async () => {
    const running = attach(true)
    await printed(running, 'login: ')
    expect(running.input.raw).toBe(true)
    running.input.write('root\r\x03\x1b[A')
    await soon('what was typed', () => typed === 'root\r\x03\x1b[A')
    guest?.send(Buffer.from([0x1b, 0x5b, 0x6d, 0xc3, 0x28]))
    await soon('bytes', () => running.output.bytes.includes(Buffer.from([0x1b, 0x5b, 0x6d, 0xc3, 0x28])))
    running.input.write('x\x1dy')
    const { exit, output, errors } = await running.ended
    expect(exit).toBe(0)
    expect(errors).toBe('The console of web1. Leave it by Ctrl-].\n\nLeft the console of web1.\n')
    expect(output.endsWith(RESTORED)).toBe(true)
    expect(running.input.raw).toBe(false)
    await soon('the end of what was typed', () => typed.endsWith('[Ax'))
  })

  it('ends with the guest’s end, the terminal as it was', async () => {
    const running = attach(true)
    await printed(running, 'login: ')
    guest?.close(1000)
    expect(await running.ended).toMatchObject({ exit: 0, errors: expect.stringContaining('The console of web1 has ended.\n') })
    expect(running.input.raw).toBe(false)
  })

  it('gives the terminal back when the program is ended', async () => {
    const interruption = new AbortController()
    const running = begin(['vm', 'console', 'web1'], { env: host.env, input: null, terminal: true, interrupted: interruption.signal })
    await printed(running, 'login: ')
    interruption.abort(new Error('ended'))
    expect((await running.ended).exit).toBe(130)
    expect(running.input.raw).toBe(false)
  })

  it('without a terminal sends what is piped in, and goes on until the console ends', async () => {
    const running = attach(false, 'root\r\x1d')
    await soon('what was piped in', () => typed === 'root\r\x1d')
    guest?.send(Buffer.from('Password: '))
    await printed(running, 'login: Password: ')
    guest?.close(1000)
    expect(await running.ended).toEqual({ exit: 0, output: 'login: Password: ', errors: '' })
  })

  it('takes much without taking it all into memory', async () => {
    const running = attach(false, 'x'.repeat(1_000_000))
    await soon('all of it', () => typed.length === 1_000_000)
    guest?.send(Buffer.alloc(3_000_000, 'y'))
    await soon('all of it back', () => running.output.bytes.length === 3_000_007)
    guest?.close(1000)
    expect((await running.ended).exit).toBe(0)
  })

  it('can be another of its ports', async () => {
    let path = ''
    host.onConsole = (socket, seen) => {
      path = seen
      socket.close(1000)
    }
    expect((await on('vm', 'console', 'web1', '--port', '1')).exit).toBe(0)
    expect(path).toBe(`/v1/vms/${id}/console/serial/1`)
    expect((await on('vm', 'console', 'web1', '--port', '3')).exit).toBe(4)
    expect((await on('vm', 'console', 'web1', '--port', 'x')).exit).toBe(2)
  })

  it('of a VM that is off is refused', async () => {
    await on('vm', 'power-off', 'web1')
    const { exit, errors } = await on('vm', 'console', 'web1')
    expect([exit, errors]).toEqual([5, expect.stringMatching(/\(vm\.power\.wrong-state\)\n$/)])
  })

  it('without a right to it is refused', async () => {
    const env = { ...host.env, CORBEL_TOKEN: 'x'.repeat(43) }
    expect(await corbel(['vm', 'console', id], { env })).toMatchObject({ exit: 3 })
  })
})

describe('vm log', () => {
  const log = 'one\r\n\x1b[31mtwo\x1b[0m\r\n'
  beforeEach(() => {
    host.hook = (request, response) => {
      if (request.url !== `/v1/vms/${id}/console/log`) return false
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(log)
      return true
    }
  })

  it('is byte for byte where it is piped', async () => {
    expect(await on('vm', 'log', 'web1')).toEqual({ exit: 0, output: log, errors: '' })
  })

  it('does nothing to a terminal', async () => {
    expect((await corbel(['vm', 'log', 'web1'], { env: host.env, terminal: true })).output).toBe('one\n?[31mtwo?[0m\n')
  })
})

describe('vm screenshot', () => {
  it('is a picture in a file, or in the output', async () => {
    await on('vm', 'power-on', 'web1')
    const home = scratch()
    const file = join(home.path, 'web1.png')
    expect(await on('vm', 'screenshot', 'web1', '--output', file)).toEqual({
      exit: 0,
      output: '',
      errors: `web1: its screen is in ${file}\n`,
    })
    expect(readFileSync(file)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47]))
    const running = begin(['vm', 'screenshot', 'web1'], { env: host.env })
    await running.ended
    expect(running.output.bytes).toEqual(readFileSync(file))
    home.remove()
    expect(await on('vm', 'screenshot', 'web1', '--output', file)).toMatchObject({
      exit: 1,
      errors: expect.stringContaining('(file.not-written)'),
    })
  })

  it('is nothing for a terminal, and leaves no file when there is none', async () => {
    expect((await corbel(['vm', 'screenshot', 'web1'], { env: host.env, terminal: true })).exit).toBe(2)
    expect((await on('vm', 'screenshot', 'web1', '--output', 'never.png')).exit).toBe(5)
    expect(existsSync('never.png')).toBe(false)
  })
})

describe('vm keys', () => {
  it('presses combinations in their order, then types text', async () => {
    await on('vm', 'power-on', 'web1')
    expect(await on('vm', 'keys', 'web1', 'ctrl+alt+delete', 'ret', '--text', 'ab')).toEqual({ exit: 0, output: '', errors: '' })
    expect(host.client.world.vmHost.machines.get(id)?.pressed).toEqual(['ctrl+alt+delete', 'ret', 'a', 'b'])
  })

  it.each([
    ['no key', [], 2, 'KEY: no key is given, and no --text (usage.missing-argument)\n'],
    ['a key that there is none of', ['hyper'], 2, expect.stringContaining('keys[0]: must be one of ')],
  ])('refuses %s', async (_name, keys, exit, errors) => {
    await on('vm', 'power-on', 'web1')
    expect(await on('vm', 'keys', 'web1', ...keys)).toEqual({ exit, output: '', errors })
  })
})

describe('a refusal', () => {
  it.each<[number, string, number]>([
    [400, 'request.malformed-json', 2],
    [401, 'auth.required', 3],
    [403, 'auth.forbidden', 3],
    [404, 'x.not-found', 4],
    [409, 'x.conflict', 5],
    [412, 'x.revision-changed', 5],
    [413, 'request.too-large', 2],
    [422, 'request.invalid', 2],
    [428, 'request.if-match-required', 5],
    [429, 'auth.rate-limited', 1],
    [500, 'internal', 1],
    [503, 'store.failed', 1],
    [502, 'gateway.control-protocol', 6],
    [503, 'gateway.control-unavailable', 6],
    [504, 'gateway.timeout', 6],
    [507, 'store.full', 1],
  ])('%i %s is the exit code %i', async (status, code, exit) => {
    host.hook = (_request, response) => answerJson(response, status, { code, detail: 'So it is.', problems: [] })
    const { errors, ...ran } = await on('host', 'show')
    expect(ran).toEqual({ exit, output: '' })
    expect(errors).toMatch(new RegExp(`^So it is\\..*\\(${code}\\)\\n$`))
  })

  it('that is no document is told by its status', async () => {
    host.hook = (_request, response) => {
      response.writeHead(418)
      response.end('<html>')
      return true
    }
    expect(await on('host', 'show')).toEqual({ exit: 1, output: '', errors: 'The host answered 418. (http.418)\n' })
  })
})
