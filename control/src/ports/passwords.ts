// Password hashing, and the digest for tokens.

export interface Passwords {
  /** An argon2id PHC string. */
  hash(password: string): Promise<string>
  verify(encoded: string, password: string): Promise<boolean>
  /** SHA-256 of UTF-8 text, lower-case hex. */
  digest(text: string): string
}
