// Getting in: the certificate confirmed and kept, the session remembered, and nothing sent to a host that is another.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../harness/wait.ts'
import { makeCertificate } from './cli/certificate.ts'
import { TestHost } from './cli/host.ts'
import { begin, corbel, type Running, scratch } from './cli/program.ts'

let host: TestHost
let home: ReturnType<typeof scratch>
const env = () => ({ HOME: home.path })
const file = () => join(home.path, '.config/corbel/hosts.json')
const profiles = () =>
  JSON.parse(readFileSync(file(), 'utf8')) as {
    current: string
    profiles: Record<string, { fingerprint: string; session: { token: string } | null }>
  }

beforeEach(async () => {
  host = await TestHost.start()
  home = scratch()
})
afterEach(async () => {
  await host.stop()
  home.remove()
})

const login = (...options: string[]) => corbel(['login', host.address, ...options], { env: env(), input: `${host.password}\n` })
const pinned = () => login('--fingerprint', host.certificate.fingerprint)

async function shown({ errors }: Running, text: string): Promise<void> {
  await until(text, () => errors.bytes.toString().includes(text), { timeoutMs: 5000, intervalMs: 5, seen: () => errors.bytes.toString() })
}

describe('the first log-in', () => {
  it('with the right fingerprint is remembered in a file of its owner’s', async () => {
    expect(await pinned()).toEqual({
      exit: 0,
      output: `Logged in to ${host.address} as administrator, until 2026-01-01T12:00:00.000Z.\n`,
      errors: '',
    })
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(statSync(join(home.path, '.config/corbel')).mode & 0o777).toBe(0o700)
    expect(profiles()).toMatchObject({ current: host.address, profiles: { [host.address]: { fingerprint: host.certificate.fingerprint } } })
    expect(readFileSync(file(), 'utf8')).not.toContain(host.password)
    expect((await corbel(['vm', 'list'], { env: env() })).exit).toBe(0)
  })

  it('with a wrong fingerprint sends nothing and keeps nothing', async () => {
    const other = makeCertificate().fingerprint
    expect(await login('--fingerprint', other)).toEqual({
      exit: 7,
      output: '',
      errors: `The certificate of 127.0.0.1 is not the one that was confirmed. Confirmed: ${other}. Shown:     ${host.certificate.fingerprint}. (host.certificate-changed)\n`,
    })
    expect([host.bytesReceived, existsSync(file())]).toEqual([0, false])
  })

  it('without a terminal and without a fingerprint sends nothing, and says what to compare', async () => {
    const { exit, errors } = await login()
    expect([exit, host.bytesReceived]).toEqual([7, 0])
    expect(errors).toContain(
      `Compare ${host.certificate.fingerprint} with the host’s console, then give it as --fingerprint. (host.certificate-unconfirmed)`,
    )
  })

  it('at a terminal shows the fingerprint, asks, and then asks for the password without showing it', async () => {
    const running = begin(['login', host.address], { env: env(), input: null, terminal: true })
    await shown(running, 'the same? [y/N]')
    expect(running.errors.bytes.toString()).toContain(`\n  ${host.certificate.fingerprint}\n`)
    expect(host.bytesReceived).toBe(0)
    running.input.write('y\n')
    await shown(running, 'Password of administrator')
    await until('raw input', () => running.input.raw, { timeoutMs: 5000, intervalMs: 5 })
    running.input.write(`wrong\x15${host.password}x\x7f\r`)
    const { exit, errors } = await running.ended
    expect(exit).toBe(0)
    expect(errors).not.toContain(host.password)
    expect(running.input.raw).toBe(false)
  })

  it('at a terminal ends when the certificate is not confirmed', async () => {
    const running = begin(['login', host.address], { env: env(), input: null, terminal: true })
    await shown(running, 'the same? [y/N]')
    running.input.write('\n')
    expect((await running.ended).exit).toBe(7)
    expect([host.bytesReceived, existsSync(file())]).toEqual([0, false])
  })

  it('ends on Ctrl-C at the password, the terminal as it was', async () => {
    const running = begin(['login', host.address, '--fingerprint', host.certificate.fingerprint], {
      env: env(),
      input: null,
      terminal: true,
    })
    await until('raw input', () => running.input.raw, { timeoutMs: 5000, intervalMs: 5 })
    running.input.write('abc\x03')
    expect((await running.ended).exit).toBe(130)
    expect(running.input.raw).toBe(false)
  })

  it.each([
    ['Ctrl-C', '\x03', 130],
    ['the end of the input', '\x04', 7],
  ])('ends on %s at the question', async (_name, key, exit) => {
    const running = begin(['login', host.address], { env: env(), input: null, terminal: true })
    await shown(running, 'the same? [y/N]')
    running.input.write(key)
    expect((await running.ended).exit).toBe(exit)
    expect(host.bytesReceived).toBe(0)
  })

  it('with a wrong password is refused', async () => {
    const argv = ['login', host.address, '--fingerprint', host.certificate.fingerprint]
    expect(await corbel(argv, { env: env(), input: 'wrong password\n' })).toMatchObject({
      exit: 3,
      errors: expect.stringContaining('(auth.invalid-credentials)'),
    })
    expect(existsSync(file())).toBe(false)
  })

  it('without a password says so', async () => {
    const argv = ['login', host.address, '--fingerprint', host.certificate.fingerprint]
    expect(await corbel(argv, { env: env(), input: '' })).toMatchObject({ exit: 2, errors: expect.stringContaining('(login.no-password)') })
  })

  it('can give the host a name', async () => {
    await login('--fingerprint', host.certificate.fingerprint, '--name', 'rack3')
    expect((await corbel(['vm', 'list', '--host', 'rack3'], { env: env() })).exit).toBe(0)
    expect((await corbel(['vm', 'list', '--host', host.address], { env: env() })).exit).toBe(0)
    expect((await corbel(['profile', 'list'], { env: env() })).output).toBe(
      `NAME   CURRENT  ADDRESS          USER           LOGGED IN UNTIL\nrack3  *        ${host.address}  administrator  2026-01-01T12:00:00.000Z\n`,
    )
  })
})

describe('a certificate that has changed', () => {
  beforeEach(async () => {
    await pinned()
    const { client, port } = host
    await host.stop()
    host = await TestHost.start(makeCertificate(), port, client)
  })

  it.each([
    ['a request', ['vm', 'list']],
    ['a change', ['vm', 'create', 'web1']],
    ['a console', ['vm', 'console', 'web1']],
    ['following events', ['event', 'follow']],
    ['an upload', ['file', 'upload', 'package.json']],
    ['a log-out', ['logout']],
  ])('ends %s before anything is sent', async (_name, argv) => {
    expect(await corbel(argv, { env: env() })).toMatchObject({
      exit: 7,
      output: '',
      errors: expect.stringContaining('(host.certificate-changed)'),
    })
    expect(host.bytesReceived).toBe(0)
  })

  it('is refused at a log-in too, and the old one stays confirmed', async () => {
    const before = profiles()
    expect((await login()).exit).toBe(7)
    expect(host.bytesReceived).toBe(0)
    expect(profiles()).toEqual(before)
  })

  it('is confirmed anew by its fingerprint', async () => {
    expect((await pinned()).exit).toBe(0)
    expect((await corbel(['vm', 'list'], { env: env() })).exit).toBe(0)
  })
})

describe('a session', () => {
  it('ends with the log-out; the certificate stays confirmed', async () => {
    await pinned()
    const token = profiles().profiles[host.address]?.session?.token ?? ''
    expect(await corbel(['logout'], { env: env() })).toEqual({ exit: 0, output: '', errors: '' })
    expect(profiles().profiles[host.address]).toMatchObject({ fingerprint: host.certificate.fingerprint, session: null })
    expect(await corbel(['vm', 'list'], { env: env() })).toEqual({
      exit: 3,
      output: '',
      errors: `Nobody is logged in to ${host.address}. Log in with: corbel login ${host.address} (login.none)\n`,
    })
    expect((await corbel(['vm', 'list'], { env: { ...host.env, CORBEL_TOKEN: token } })).exit).toBe(3)
    expect((await login()).exit).toBe(0)
  })

  it('that is over is told with the way in', async () => {
    expect(await corbel(['vm', 'list'], { env: { ...host.env, CORBEL_TOKEN: 'x'.repeat(43) } })).toMatchObject({
      exit: 3,
      errors: expect.stringContaining('Log in with: corbel login HOST'),
    })
  })

  it('is nobody’s at first', async () => {
    expect(await corbel(['vm', 'list'], { env: env() })).toEqual({
      exit: 3,
      output: '',
      errors: 'No host is chosen. Log in with: corbel login HOST (login.none)\n',
    })
  })
})

describe('which host', () => {
  const other = '127.0.0.1:9'

  it('is the last log-in’s, or the one that was made it', async () => {
    await pinned()
    writeFileSync(file(), JSON.stringify({ ...profiles(), current: null }))
    expect((await corbel(['vm', 'list'], { env: env() })).exit).toBe(3)
    expect((await corbel(['profile', 'use', host.address], { env: env() })).exit).toBe(0)
    expect((await corbel(['vm', 'list'], { env: env() })).exit).toBe(0)
    expect((await corbel(['profile', 'forget', host.address], { env: env() })).exit).toBe(0)
    expect((await corbel(['profile', 'use', host.address], { env: env() })).exit).toBe(4)
  })

  it('is the environment’s for a script, with nothing kept', async () => {
    expect((await corbel(['vm', 'list'], { env: { ...env(), ...host.env } })).exit).toBe(0)
    expect(existsSync(file())).toBe(false)
  })

  it('of the command line gets nothing that the environment has for another', async () => {
    const lines = await corbel(['vm', 'list', '--host', host.address], { env: { ...env(), ...host.env, CORBEL_HOST: other } })
    expect(lines).toMatchObject({ exit: 3, errors: expect.stringContaining('has not been confirmed') })
    expect(host.bytesReceived).toBe(0)
  })

  it('of the environment needs a fingerprint', async () => {
    const { CORBEL_FINGERPRINT: _none, ...rest } = host.env
    expect((await corbel(['vm', 'list'], { env: { ...env(), ...rest } })).exit).toBe(3)
    expect(host.bytesReceived).toBe(0)
  })

  it('is told when nothing is there', async () => {
    expect(await corbel(['vm', 'list'], { env: { ...host.env, CORBEL_HOST: other } })).toEqual({
      exit: 6,
      output: '',
      errors: '127.0.0.1:9 cannot be reached: nothing listens there (host.unreachable)\n',
    })
  })
})

describe('the file of hosts', () => {
  it('is elsewhere when the environment says so', async () => {
    const elsewhere = join(home.path, 'elsewhere')
    const argv = ['login', host.address, '--fingerprint', host.certificate.fingerprint]
    await corbel(argv, { env: { ...env(), XDG_CONFIG_HOME: elsewhere }, input: `${host.password}\n` })
    expect([existsSync(join(elsewhere, 'corbel/hosts.json')), existsSync(file())]).toEqual([true, false])
  })

  it('becomes its owner’s alone again when it is written', async () => {
    await pinned()
    writeFileSync(file(), readFileSync(file()), { mode: 0o644 })
    await pinned()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['half a document', '{"version":1'],
    ['another version', '{"version":2,"current":null,"profiles":{}}'],
  ])('with %s is named and left alone', async (_name, text) => {
    mkdirSync(join(home.path, '.config/corbel'), { recursive: true })
    writeFileSync(file(), text)
    expect(await corbel(['vm', 'list'], { env: env() })).toEqual({
      exit: 1,
      output: '',
      errors: `${file()} is not a file of this program; move it away and log in again (profiles.malformed)\n`,
    })
    expect(readFileSync(file(), 'utf8')).toBe(text)
  })
})
