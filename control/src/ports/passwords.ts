// Password hashing, and the digest for tokens.

export interface Passwords {
  /** An argon2id PHC string. */
  hash(password: string): Promise<string>
  verify(encoded: string, password: string): Promise<boolean>
  /** HMAC-SHA-1, of bytes as they are. */
  hmacSha1(key: Uint8Array, message: Uint8Array): Uint8Array
  /** SHA-256 of bytes, lower-case hex. */
  digestBytes(bytes: Uint8Array): string
  /** SHA-256 of UTF-8 text, lower-case hex. */
  digest(text: string): string
}
