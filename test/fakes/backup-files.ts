// Backup files that hide nothing, with the promises of the real ones otherwise.
import type { BackupFiles, OpenedBackup } from '../../control/src/ports/backup-files.ts'

/** A file is its passphrase, its document and how long both are, as hexadecimal digits of UTF-16, which are base64 too. */
export class FakeBackupFiles implements BackupFiles {
  async seal(document: string, passphrase: string): Promise<Uint8Array> {
    const text = JSON.stringify({ passphrase, document })
    return Uint8Array.from(`${text.length} ${text}`, (character) => character.charCodeAt(0))
  }

  async open(file: string, passphrase: string): Promise<OpenedBackup> {
    const bytes = fromBase64(file)
    if (bytes === null) return { problem: 'damaged' }
    if (bytes.length > 720 * 1024) return { problem: 'too-large' }
    const [, length, text = ''] = /^(\d+) (.*)$/s.exec(bytes) ?? []
    if (length === undefined || Number(length) !== text.length || !text.startsWith('{"passphrase":') || !text.endsWith('}'))
      return { problem: 'damaged' }
    const sealed = JSON.parse(text) as { readonly passphrase: string; readonly document: string }
    return sealed.passphrase === passphrase ? { document: sealed.document } : { problem: 'passphrase' }
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function fromBase64(text: string): string | null {
  const plain = text.replace(/={0,2}$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(plain)) return null
  let held = 0
  let bits = 0
  let bytes = ''
  for (const digit of plain) {
    held = ((held << 6) | DIGITS.indexOf(digit)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes += String.fromCharCode((held >> bits) & 0xff)
  }
  return bytes
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const group = (a << 16) | (b << 8) | c
    text += [18, 12, 6, 0]
      .map((shift, index) => (at + index - 1 < bytes.length || index < 2 ? DIGITS[(group >> shift) & 63] : '='))
      .join('')
  }
  return text
}
