// Password hashing that is instant and hides nothing; counts what is asked of it.
import type { Passwords } from '../../control/src/ports/passwords.ts'

export class FakePasswords implements Passwords {
  verifications = 0
  /** Most verifications that ran at the same time. */
  mostAtOnce = 0
  #running = 0

  async hash(password: string): Promise<string> {
    return `$argon2id$v=19$m=8,t=1,p=1$${password}`
  }

  async verify(encoded: string, password: string): Promise<boolean> {
    if (!encoded.startsWith('$argon2id$')) throw new Error('no argon2id PHC string')
    this.verifications++
    this.#running++
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running)
    await Promise.resolve()
    this.#running--
    return encoded === (await this.hash(password))
  }

  /** Twenty bytes that depend on every byte of both, but no HMAC. */
  hmacSha1(key: Uint8Array, message: Uint8Array): Uint8Array {
    const text = this.digestBytes(new Uint8Array([...key, 255, ...message]))
    return Uint8Array.from({ length: 20 }, (_, index) => Number.parseInt(text.slice(index * 3, index * 3 + 2), 16))
  }

  digestBytes(bytes: Uint8Array): string {
    return this.digest(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  }

  /** Eight 32-bit lanes of FNV-1a: of the right form and distinct for distinct texts of a test, but no SHA-256. */
  digest(text: string): string {
    return Array.from({ length: 8 }, (_, lane) => {
      let hash = (0x811c9dc5 ^ lane) >>> 0
      for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
      return (hash >>> 0).toString(16).padStart(8, '0')
    }).join('')
  }
}
