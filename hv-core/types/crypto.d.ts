// Hashes, randomness and password hashing.
declare module 'hv:crypto' {
  export function sha256(data: string | Uint8Array): Uint8Array
  export function hmacSha1(key: Uint8Array, message: Uint8Array): Uint8Array
  /** ChaCha20-Poly1305 (RFC 8439): as many bytes as `data`, and 16 more that authenticate them and `associated`. `key` has 32 bytes, `nonce` 12, never used twice with one key. */
  export function seal(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, associated: Uint8Array): Uint8Array
  /** What was sealed with the same; null for anything else. */
  export function unseal(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | null
  /** From getrandom(2); up to 65536. */
  export function randomBytes(count: number): Uint8Array
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
  /** argon2id PHC string, computed in a child process so that neither memory nor time is this one's. With a `salt` of 16 bytes it is always the same; without, of random ones. */
  export function hashPassword(password: string, options?: { memoryKiB?: number; passes?: number; salt?: Uint8Array }): Promise<string>
  /** False for a wrong password; rejects with `EINVAL` when `encoded` is no argon2id PHC string or asks for more than 256 MiB or 16 passes. */
  export function verifyPassword(encoded: string, password: string): Promise<boolean>
}
