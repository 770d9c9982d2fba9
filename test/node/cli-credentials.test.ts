// API tokens, client certificates and one-time codes by the command line.
import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseBase32 } from '../../control/src/domain/base32.ts'
import { codeAt } from '../../control/src/domain/totp.ts'
import { until } from '../harness/wait.ts'
import { makeCertificate } from './cli/certificate.ts'
import { TestHost } from './cli/host.ts'
import { begin, corbel, scratch } from './cli/program.ts'

let host: TestHost
let home: ReturnType<typeof scratch>
beforeEach(async () => {
  host = await TestHost.start()
  home = scratch()
})
afterEach(async () => {
  await host.stop()
  home.remove()
})

const run = (...argv: string[]) => corbel(argv, { env: host.env })
const EXPIRES = '2026-02-01T00:00:00Z'

describe('an API token', () => {
  it('is made, printed alone, used by CORBEL_TOKEN, listed and revoked', async () => {
    const { exit, output } = await run('token', 'make', 'ci', '--expires', EXPIRES, '--permission', 'vm.view')
    expect([exit, output]).toEqual([0, expect.stringMatching(/^corbel_[A-Za-z0-9_-]{43}\n$/)])
    const env = { ...host.env, CORBEL_TOKEN: output.trim() }
    expect((await corbel(['vm', 'list'], { env })).exit).toBe(0)
    expect((await corbel(['host', 'show'], { env })).exit).toBe(3)
    expect((await corbel(['whoami'], { env })).output).toContain('vm.view on host')
    const listed = (await run('token', 'list')).output
    expect(listed).toContain('ci')
    const [, id = ''] = /([0-9a-f-]{36})\s*$/.exec(listed) ?? []
    expect((await run('token', 'revoke', id)).output).toBe('Revoked.\n')
    expect((await corbel(['vm', 'list'], { env })).errors).toContain('(auth.invalid-token)')
  })

  it('of another user is made by --user', async () => {
    expect((await run('token', 'make', 'ci', '--expires', EXPIRES, '--user', 'administrator')).exit).toBe(0)
    expect((await run('token', 'make', 'ci', '--expires', EXPIRES, '--user', 'nobody')).errors).toContain('(user.not-found)')
  })

  it('with a place needs a permission', async () => {
    expect((await run('token', 'make', 'ci', '--on', 'pool:a')).exit).toBe(2)
  })
})

describe('a client certificate', () => {
  const { cert, key } = makeCertificate('laptop')
  const files = () => {
    const [certificate, own] = [join(home.path, 'me.pem'), join(home.path, 'me.key')]
    writeFileSync(certificate, cert)
    writeFileSync(own, key)
    return { certificate, own }
  }
  const login = (certificate: string, own: string) =>
    corbel(
      [
        ...['login', host.address, '--fingerprint', host.certificate.fingerprint],
        ...['--client-certificate', certificate, '--client-key', own],
      ],
      { env: { HOME: home.path } },
    )

  it('is registered, and logs in without a password until it is revoked', async () => {
    // The world's own digest is none.
    host.client.world.passwords.digestBytes = (bytes) => createHash('sha256').update(bytes).digest('hex')
    const { certificate, own } = files()
    expect((await login(certificate, own)).errors).toContain('(auth.invalid-certificate)')
    const fingerprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')
    expect((await run('certificate', 'add', certificate)).output).toContain(fingerprint)
    expect(await login(certificate, own)).toMatchObject({ exit: 0, output: expect.stringContaining('as administrator’s') })
    const env = { HOME: home.path }
    expect((await corbel(['whoami'], { env })).output).toContain('certificate')
    expect((await run('certificate', 'list')).output).toContain('CN=laptop')
    expect((await run('certificate', 'revoke', fingerprint)).exit).toBe(0)
    expect((await corbel(['vm', 'list'], { env })).exit).toBe(3)
  })

  it('that cannot be read, or has no key, says so', async () => {
    const { certificate, own } = files()
    expect((await login(certificate, join(home.path, 'none'))).errors).toContain('(certificate.unreadable)')
    writeFileSync(own, makeCertificate().key)
    expect((await login(certificate, own)).errors).toContain('(certificate.unreadable)')
  })
})

describe('one-time codes', () => {
  const step = () => Math.floor(Date.parse(host.client.world.clock.now()) / 30_000)
  const asked = (...argv: string[]) => corbel(argv, { env: host.env, input: `${host.password}\n` })

  it('are begun with a QR code at a terminal alone', async () => {
    const typed = await corbel(['totp', 'begin'], { env: host.env, input: `${host.password}\n`, terminal: true })
    const rows = typed.output.match(/^\x1b\[30;107m[ ▀▄█]+\x1b\[0m$/gm) ?? []
    expect(rows.length).toBeGreaterThan(15)
    expect(new Set(rows.map((row) => [...row].length)).size).toBe(1)
    expect(typed.output).toContain('otpauth://totp/')
    expect((await asked('totp', 'begin')).output).not.toMatch(/[▀▄█]/)
  })

  it('are begun, confirmed, asked for at a terminal, and removed', async () => {
    const begun = JSON.parse((await asked('totp', 'begin', '--json')).output) as { secret: string }
    const hmac = (message: Uint8Array) => host.client.world.passwords.hmacSha1(parseBase32(begun.secret) ?? new Uint8Array(), message)
    expect((await run('totp', 'confirm', codeAt(step(), hmac))).output.match(/^ {2}[A-Z2-7-]{19}$/gm)).toHaveLength(10)
    expect((await run('totp', 'status')).output).toContain('10')
    const argv = ['login', host.address, '--fingerprint', host.certificate.fingerprint]
    expect((await corbel(argv, { env: { HOME: home.path }, input: `${host.password}\n` })).errors).toContain(
      '(auth.second-factor-required)',
    )
    const running = begin(argv, { env: { HOME: home.path }, input: null, terminal: true })
    const shown = (text: string) => until(text, () => running.errors.bytes.toString().includes(text), { timeoutMs: 5000, intervalMs: 5 })
    const raw = () => until('raw input', () => running.input.raw, { timeoutMs: 5000, intervalMs: 5 })
    await shown('Password of administrator')
    await raw()
    running.input.write(`${host.password}\r`)
    await shown('One-time code, or a backup code')
    await raw()
    running.input.write(`${codeAt(step() + 1, hmac)}\r`)
    expect((await running.ended).exit).toBe(0)
    expect((await asked('totp', 'remove')).exit).toBe(0)
    expect((await run('totp', 'remove', '--user', 'administrator')).errors).toContain('(totp.off)')
  })
})
