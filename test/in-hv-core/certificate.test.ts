// The certificate is made for real by openssl, once, and told by its fingerprint.
import * as fs from 'hv:fs'
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureCertificate, filesIn, readFingerprint } from '../../control/src/adapters/certificate.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const WISH = { hostname: 'rack3', notBefore: '20260101000000Z', notAfter: '20360101000000Z' }
let parent = ''
let directory = ''

beforeEach(() => {
  parent = temporaryDirectory()
  directory = `${parent}/tls`
})
afterEach(() => removeDirectory(parent))

async function describeCertificate(): Promise<string> {
  const words = ['x509', '-noout', '-subject', '-dates', '-fingerprint', '-sha256', '-ext', 'subjectAltName,basicConstraints']
  const result = await run({ argv: ['/usr/bin/openssl', ...words, '-in', filesIn(directory).certificate] })
  return decodeUtf8(result.stdout)
}

describe('the host’s certificate', () => {
  it('names the host, is valid as wished, and its fingerprint is what openssl says', async () => {
    expect(readFingerprint(directory)).toBeNull()
    await ensureCertificate(directory, WISH)
    const said = await describeCertificate()
    expect(said).toMatch(/subject=CN ?= ?rack3/)
    expect(said).toContain('notBefore=Jan  1 00:00:00 2026 GMT')
    expect(said).toContain('notAfter=Jan  1 00:00:00 2036 GMT')
    expect(said).toContain('DNS:rack3')
    expect(said).toContain('CA:FALSE')
    expect(said).toContain(`Fingerprint=${readFingerprint(directory)}`)
  })

  it('has a key that only root can read', async () => {
    await ensureCertificate(directory, WISH)
    expect(fs.stat(filesIn(directory).key)).toMatchObject({ mode: 0o600, uid: 0 })
    expect(fs.stat(directory)).toMatchObject({ mode: 0o700 })
  })

  it('is kept once it is there, whatever is wished later', async () => {
    await ensureCertificate(directory, WISH)
    const first = readFingerprint(directory)
    await ensureCertificate(directory, { ...WISH, hostname: 'other' })
    expect(readFingerprint(directory)).toBe(first)
  })

  it('is made anew with its key when either is missing', async () => {
    await ensureCertificate(directory, WISH)
    const first = readFingerprint(directory)
    fs.unlink(filesIn(directory).key)
    await ensureCertificate(directory, WISH)
    expect(readFingerprint(directory)).not.toBe(first)
  })

  it('is refused with openssl’s words when it cannot be made', async () => {
    await expect(ensureCertificate(directory, { ...WISH, notAfter: 'never' })).rejects.toThrow('openssl: ')
    expect(readFingerprint(directory)).toBeNull()
  })
})
