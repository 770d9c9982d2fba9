// Renders an archive of text files. @source POSIX.1-2017, pax: ustar interchange format
import type { BundleEntry } from '../domain/support.ts'

const BLOCK = 512

export interface TarOptions {
  readonly encodeUtf8: (text: string) => Uint8Array
  readonly mtimeSeconds: number
}

/** Names are ASCII of at most 100 characters. */
export function renderTar(entries: readonly BundleEntry[], { encodeUtf8, mtimeSeconds }: TarOptions): Uint8Array {
  const files = entries.map(({ name, text }) => ({ name, bytes: encodeUtf8(text) }))
  const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK
  const archive = new Uint8Array(files.reduce((sum, { bytes }) => sum + BLOCK + padded(bytes.length), 2 * BLOCK))
  let at = 0
  for (const { name, bytes } of files) {
    archive.set(header(name, bytes.length, mtimeSeconds), at)
    archive.set(bytes, at + BLOCK)
    at += BLOCK + padded(bytes.length)
  }
  return archive
}

function header(name: string, size: number, mtimeSeconds: number): Uint8Array {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name for an archive`)
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number) => {
    for (let n = 0; n < text.length; n++) block[at + n] = text.charCodeAt(n)
  }
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  put(name, 0)
  put(octal(0o600, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(size, 11), 124)
  put(octal(Math.max(0, Math.floor(mtimeSeconds)), 11), 136)
  // The sum is made with blanks in its own place.
  put('        ', 148)
  put('0', 156)
  put('ustar\x0000', 257)
  put(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  )
  return block
}
