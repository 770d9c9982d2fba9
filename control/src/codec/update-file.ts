// The header of an update file: its signed manifest and the signature, before the bytes of a release's ISO. Verifies nothing.
import { UPDATE_HEADER_BYTES } from '../domain/update-manifest.ts'

const MAGIC = 'CORBELUP1\n'
/** So that manifest and signature fit whatever their contents. */
const MAX_MANIFEST_BYTES = 3500
const NEWLINE = 10
/** Of an Ed25519 signature, 64 bytes, in base64. @source RFC 8032 section 5.1.6 */
const SIGNATURE = /^([A-Za-z0-9+/]{86}==)\0*$/

export interface UpdateHeader {
  /** The bytes that are signed: JSON in UTF-8. */
  readonly manifest: Uint8Array
  /** Base64. */
  readonly signature: string
}

/** Null when it is no header of an update file. */
export function parseUpdateHeader(bytes: Uint8Array): UpdateHeader | null {
  if (bytes.length !== UPDATE_HEADER_BYTES || ascii(bytes.subarray(0, MAGIC.length)) !== MAGIC) return null
  const rest = bytes.subarray(MAGIC.length)
  const end = rest.indexOf(NEWLINE)
  if (end < 2 || end > MAX_MANIFEST_BYTES) return null
  const signature = SIGNATURE.exec(ascii(rest.subarray(end + 1)))?.[1]
  return signature === undefined ? null : { manifest: rest.subarray(0, end), signature }
}

function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}
