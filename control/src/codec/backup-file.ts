// The file of a backup: a line that says what it is, a line of JSON that says how it is sealed, the sealed bytes, and the SHA-256 of all before it.
// Whoever has no passphrase can so tell a damaged file, and learns nothing of what is in it. Both lines are authenticated with the rest.

export interface SealingHead {
  readonly kdf: 'argon2id'
  readonly memoryKiB: number
  readonly passes: number
  /** Base64. */
  readonly salt: string
  readonly cipher: 'chacha20-poly1305'
  readonly nonce: string
}

export interface BackupParts {
  readonly head: SealingHead
  /** Both lines, as they are in the file. */
  readonly lines: Uint8Array
  readonly sealed: Uint8Array
}

const MAGIC = 'CORBEL-BACKUP 1\n'
const DIGEST_BYTES = 32
const LINE_MAX = 512
/** What a host can afford. */
const MOST = { memoryKiB: 262_144, passes: 16 } as const
const BASE64 = /^[A-Za-z0-9+/]{16,64}={0,2}$/

export function renderBackupLines(head: SealingHead): Uint8Array {
  const { kdf, memoryKiB, passes, salt, cipher, nonce } = head
  return bytesOf(`${MAGIC}${JSON.stringify({ kdf, memoryKiB, passes, salt, cipher, nonce })}\n`)
}

export function renderBackupFile(lines: Uint8Array, sealed: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const whole = new Uint8Array(lines.length + sealed.length + DIGEST_BYTES)
  whole.set(lines)
  whole.set(sealed, lines.length)
  whole.set(sha256(whole.subarray(0, lines.length + sealed.length)), lines.length + sealed.length)
  return whole
}

/** Null for what is no backup, or is not whole. */
export function parseBackupFile(file: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): BackupParts | null {
  const body = file.subarray(0, Math.max(0, file.length - DIGEST_BYTES))
  const digest = sha256(body)
  if (file.length <= DIGEST_BYTES || digest.some((byte, index) => byte !== file[body.length + index])) return null
  const text = String.fromCharCode(...body.subarray(0, MAGIC.length + LINE_MAX))
  const end = text.indexOf('\n', MAGIC.length)
  if (!text.startsWith(MAGIC) || end < 0) return null
  const head = headOf(text.slice(MAGIC.length, end))
  return head === null ? null : { head, lines: body.subarray(0, end + 1), sealed: body.subarray(end + 1) }
}

function headOf(line: string): SealingHead | null {
  let value: Partial<Record<keyof SealingHead, unknown>>
  try {
    value = (JSON.parse(line) ?? {}) as typeof value
  } catch {
    return null
  }
  const { kdf, memoryKiB, passes, salt, cipher, nonce } = value
  if (kdf !== 'argon2id' || cipher !== 'chacha20-poly1305') return null
  if (!isWithin(memoryKiB, 8, MOST.memoryKiB) || !isWithin(passes, 1, MOST.passes)) return null
  if (typeof salt !== 'string' || typeof nonce !== 'string' || !BASE64.test(salt) || !BASE64.test(nonce)) return null
  return { kdf, memoryKiB, passes, salt, cipher, nonce }
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

/** ASCII. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
