// What every implementation of password hashing promises.
import { describe, expect, it } from 'vitest'
import type { Passwords } from '../../control/src/ports/passwords.ts'

export function passwordsContract(make: () => Passwords): void {
  describe('passwords', () => {
    it('are verified against their own hash and no other', async () => {
      const passwords = make()
      const encoded = await passwords.hash('correct horse battery')
      expect(encoded).toMatch(/^\$argon2id\$v=19\$/)
      expect(await passwords.verify(encoded, 'correct horse battery')).toBe(true)
      expect(await passwords.verify(encoded, 'correct horse batterz')).toBe(false)
      expect(await passwords.verify(encoded, '')).toBe(false)
    })

    it('are not compared with what is no hash', async () => {
      await expect(make().verify('plain', 'plain')).rejects.toThrow()
    })

    it('come with twenty bytes that authenticate a message under a key', () => {
      const passwords = make()
      const [key, message] = [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5])]
      const hmac = passwords.hmacSha1(key, message)
      expect(hmac).toHaveLength(20)
      expect(passwords.hmacSha1(key, message)).toEqual(hmac)
      expect(passwords.hmacSha1(message, key)).not.toEqual(hmac)
      expect(passwords.hmacSha1(key, new Uint8Array([4, 6]))).not.toEqual(hmac)
    })

    it('have digests of bytes that are those of the text that they are', () => {
      const passwords = make()
      expect(passwords.digestBytes(new Uint8Array([0x61, 0x62]))).toBe(passwords.digest('ab'))
    })

    it('have digests of 64 hexadecimal digits, the same for the same text', () => {
      const passwords = make()
      expect(passwords.digest('token')).toMatch(/^[0-9a-f]{64}$/)
      expect(passwords.digest('token')).toBe(passwords.digest('token'))
      expect(passwords.digest('token')).not.toBe(passwords.digest('tokem'))
    })
  })
}
