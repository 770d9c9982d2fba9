// What every source of randomness promises.
import { describe, expect, it } from 'vitest'
import type { Random } from '../../control/src/ports/clock.ts'

export function randomContract(make: () => Random): void {
  describe('randomness', () => {
    it('makes version 4 UUIDs, all different', () => {
      const random = make()
      const uuids = Array.from({ length: 100 }, () => random.uuid())
      for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(new Set(uuids).size).toBe(100)
    })

    it('makes tokens of URL-safe base64 without padding, all different', () => {
      const random = make()
      const tokens = Array.from({ length: 100 }, () => random.token(32))
      for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
      expect(new Set(tokens).size).toBe(100)
    })

    it('gives as many bytes as asked for, of all values', () => {
      const random = make()
      expect(random.bytes(0)).toHaveLength(0)
      const bytes = random.bytes(4096)
      expect(bytes).toHaveLength(4096)
      expect(new Set(bytes).size).toBeGreaterThan(200)
    })
  })
}
