// Update files as the build makes them, of an ISO that a test may have changed, signed by whichever key.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findInIso } from './iso-file.ts'
import { baseName, build, imageFile, iso } from './paths.ts'

const HEADER_BYTES = 4096
const NONE = '0'.repeat(64)

interface UpdateWish {
  readonly payload: Buffer
  /** Default: that of the ISO under test. */
  readonly version?: string
  readonly key?: KeyObject
  /** What else its manifest says; default: that more than the control plane is new. */
  readonly host?: string
  readonly programs?: string
}

/** The key that the image under test trusts. */
const developmentKey = () => createPrivateKey(readFileSync(join(build, 'keys/development.key')))

export const strangersKey = () => generateKeyPairSync('ed25519').privateKey

/** Of the ISO under test. */
export function isoVersion(): string {
  return (JSON.parse(readFileSync(imageFile('manifest.json'), 'utf8')) as { version: string }).version
}

export function makeUpdate({ payload, version = isoVersion(), key = developmentKey(), host = NONE, programs = NONE }: UpdateWish): Buffer {
  const sha256 = createHash('sha256').update(payload).digest('hex')
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ format: 1, version, base: baseName, payload: { bytes: payload.length, sha256 } },
      ...{ host, programs, minimumFrom: '0.0.1' },
    }),
  )
  const signature = sign(null, manifest, key).toString('base64')
  const header = Buffer.alloc(HEADER_BYTES)
  Buffer.concat([Buffer.from('CORBELUP1\n'), manifest, Buffer.from(`\n${signature}`)]).copy(header)
  return Buffer.concat([header, payload])
}

/** The ISO under test with other words on its kernel's command line, in place of as many characters of it that no test needs. */
export function isoWithCommandLine(words: string): Buffer {
  const bytes = readFileSync(iso)
  const spare = 'fbcon=font:TER16x32 vt.global_cursor_default=0'
  const { start, length } = findInIso(iso, ['corbel', 'slot.cfg'])
  const place = bytes.indexOf(spare, start)
  if (place < 0 || place > start + length || words.length > spare.length)
    throw new Error('the command line in /corbel/slot.cfg is not as expected')
  const before = createHash('sha256')
    .update(bytes.subarray(start, start + length))
    .digest('hex')
  bytes.write(words.padEnd(spare.length), place, 'latin1')
  // The release says what its files are to be, and a host looks.
  const sum = bytes.indexOf(`${before}  corbel/slot.cfg\n`)
  if (sum < 0) throw new Error('no file of the image has the hash of /corbel/slot.cfg')
  const after = createHash('sha256').update(bytes.subarray(start, start + length))
  bytes.write(after.digest('hex'), sum, 'latin1')
  return bytes
}
