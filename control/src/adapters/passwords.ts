// Password hashing and token digests, over the native module. Passwords never leave it.
import * as crypto from 'hv:crypto'
import { toHex } from 'hv:text'
import type { Passwords } from '../ports/passwords.ts'

export function createPasswords(): Passwords {
  return {
    hash: (password) => crypto.hashPassword(password),
    verify: (encoded, password) => crypto.verifyPassword(encoded, password),
    hmacSha1: (key, message) => crypto.hmacSha1(key, message),
    digestBytes: (bytes) => toHex(crypto.sha256(bytes)),
    digest: (text) => toHex(crypto.sha256(text)),
  }
}
