// The field Content-Digest of a request: which SHA-256 its body must have.
// @source RFC 9530 section 2, RFC 9651 section 3.3.5
import type { Checked } from './problem.ts'

const MEMBER = /^([a-z][a-z0-9-]*)=:([A-Za-z0-9+/=]*):$/
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const SHA256_BASE64_CHARACTERS = 43

/**
 * The digest in hexadecimal; null when the field is absent. Digests of other kinds may stand beside it. Codes: `request.content-digest.malformed`, and
 * `request.content-digest.unsupported` where none of them is SHA-256, as an upload would then not be checked though its sender counts on it.
 */
export function parseContentDigest(text: string | undefined): Checked<string | null> {
  if (text === undefined) return { ok: true, value: null }
  const members = text.split(',').map((member) => MEMBER.exec(member.trim()))
  if (members.some((member) => member === null)) return refused('malformed', 'must be of the form sha-256=:BASE64:', text)
  const digest = members.findLast((member) => member?.[1] === 'sha-256')?.[2]
  if (digest === undefined) return refused('unsupported', 'must have a digest of the kind sha-256', text, ['sha-256'])
  const hex = toHex(digest)
  return hex === null ? refused('malformed', 'sha-256 must be 32 bytes in base64', text) : { ok: true, value: hex }
}

function refused(code: string, message: string, text: string, allowed?: readonly string[]): Checked<never> {
  const problem = { code: `request.content-digest.${code}`, field: 'Content-Digest', message, got: text.slice(0, 100) }
  return { ok: false, problems: [allowed === undefined ? problem : { ...problem, allowed: [...allowed] }] }
}

/** Null when it is not what 32 bytes are written as. */
function toHex(base64: string): string | null {
  const digits = base64.replace(/=$/, '')
  if (digits.length !== SHA256_BASE64_CHARACTERS || digits.includes('=')) return null
  let bits = 0
  let count = 0
  let hex = ''
  for (const digit of digits) {
    bits = (bits << 6) | BASE64.indexOf(digit)
    count += 6
    while (count >= 4) {
      count -= 4
      hex += ((bits >> count) & 15).toString(16)
    }
    bits &= (1 << count) - 1
  }
  // What is left over of the last digit carries nothing.
  return bits === 0 ? hex : null
}
