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

    it('have digests of 64 hexadecimal digits, the same for the same text', () => {
      const passwords = make()
      expect(passwords.digest('token')).toMatch(/^[0-9a-f]{64}$/)
      expect(passwords.digest('token')).toBe(passwords.digest('token'))
      expect(passwords.digest('token')).not.toBe(passwords.digest('tokem'))
    })
  })
}
