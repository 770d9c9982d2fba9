// Text and bytes.
declare module 'hv:text' {
  export function encodeUtf8(text: string): Uint8Array
  /** Bad sequences become U+FFFD, or with `fatal` throw `EILSEQ`. */
  export function decodeUtf8(bytes: Uint8Array, options?: { fatal?: boolean }): string
  export function toHex(bytes: Uint8Array): string
  export function toBase64(bytes: Uint8Array): string
  export function toBase64Url(bytes: Uint8Array): string
  /** Standard or URL alphabet, padding optional; `EINVAL` otherwise. */
  export function fromBase64(text: string): Uint8Array
}
