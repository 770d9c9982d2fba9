// Derived MAC addresses.
import { describe, expect, it } from 'vitest'
import { deriveMac } from '../../../control/src/domain/mac.ts'

const id = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'

describe('a derived MAC address', () => {
  it('is the same for the same VM and NIC, in the range of QEMU', () => {
    expect(deriveMac(id, 0, 0)).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/)
    expect(deriveMac(id, 0, 0)).toBe(deriveMac(id, 0, 0))
  })

  it('differs between NICs and attempts', () => {
    expect(new Set([deriveMac(id, 0, 0), deriveMac(id, 1, 0), deriveMac(id, 0, 1)]).size).toBe(3)
  })
})
