// Hashes, randomness and password hashing.
declare module 'hv:crypto' {
  export function sha256(data: string | Uint8Array): Uint8Array
  /** From getrandom(2); up to 65536. */
  export function randomBytes(count: number): Uint8Array
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
  /** argon2id PHC string, computed in a child process so that neither memory nor time is this one's. */
  export function hashPassword(password: string, options?: { memoryKiB?: number; passes?: number }): Promise<string>
  /** False for a wrong password; rejects with `EINVAL` when `encoded` is no argon2id PHC string or asks for more than 256 MiB or 16 passes. */
  export function verifyPassword(encoded: string, password: string): Promise<boolean>
}
