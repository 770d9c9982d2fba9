// Time and randomness, the two things that decisions may not take for themselves.

export interface Clock {
  /** Wall clock, RFC 3339 in UTC with milliseconds. */
  now(): string
  /** Since boot; never steps back. */
  monotonicMs(): number
  /** Calls once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void
}

export interface Random {
  /** A version 4 UUID. */
  uuid(): string
  /** `bytes` random bytes in URL-safe base64 without padding. */
  token(bytes: number): string
  bytes(count: number): Uint8Array
}
