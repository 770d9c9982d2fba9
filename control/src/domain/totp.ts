// One-time codes that follow from a secret and the time. @source RFC 6238 (TOTP), RFC 4226 (HOTP)

const STEP_MS = 30_000
const DIGITS = 6
/** Steps of a clock's drift, before and after. */
const DRIFT_STEPS = 1
/** RFC 4226, section 4, R6: 160 bits. */
export const TOTP_SECRET_BYTES = 20
/** Used codes that are remembered. A clock that is put back does not bring the latest ones back, and one that was ahead locks nobody out. */
export const USED_STEPS_KEPT = 32

/** HMAC-SHA-1 under the secret. */
export type Authenticate = (message: Uint8Array) => Uint8Array

/** Eight bytes, big-endian. */
function counterOf(step: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(step / 2 ** 32))
  view.setUint32(4, step % 2 ** 32)
  return bytes
}

/** The code of a step. */
export function codeAt(step: number, authenticate: Authenticate): string {
  const digest = authenticate(counterOf(step))
  const offset = (digest[digest.length - 1] ?? 0) & 0x0f
  const number = new DataView(digest.buffer, digest.byteOffset + offset, 4).getUint32(0) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Whether the text is to be taken for such a code: six digits, spaces between them left out. */
export function readTotpCode(text: string): string | null {
  const digits = text.replace(/\s+/g, '')
  return /^\d{6}$/.test(digits) ? digits : null
}

/** The step that the code is of, out of those around `nowMs` (since the epoch) that have not been used; null for none. */
export function matchingStep(code: string, nowMs: number, usedSteps: readonly number[], authenticate: Authenticate): number | null {
  const now = Math.floor(nowMs / STEP_MS)
  for (let step = now - DRIFT_STEPS; step <= now + DRIFT_STEPS; step++) {
    if (step >= 0 && !usedSteps.includes(step) && codeAt(step, authenticate) === code) return step
  }
  return null
}

/** Base32 letters of a backup code: 80 bits, so that a fast hash of it is enough. */
export const BACKUP_CODE_BYTES = 10
export const BACKUP_CODES = 10

/** `ABCD-EFGH-IJKL-MNOP` of its 16 letters. */
export function renderBackupCode(letters: string): string {
  return (letters.match(/.{4}/g) ?? []).join('-')
}

/** The 16 letters, however they are grouped and in either case; null when it is no such code. */
export function readBackupCode(text: string): string | null {
  const letters = text.replace(/[\s-]+/g, '').toUpperCase()
  return /^[A-Z2-7]{16}$/.test(letters) ? letters : null
}
