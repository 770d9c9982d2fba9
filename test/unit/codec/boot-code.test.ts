// GRUB's code for BIOS is told where it lies.
import { describe, expect, it } from 'vitest'
import { patchBootSector, patchCore } from '../../../control/src/codec/boot-code.ts'

const boot = () => {
  const bytes = new Uint8Array(512).fill(1)
  bytes[0] = 0xeb
  return bytes
}

describe('the boot sector', () => {
  it('leaves the partition table alone, names the sector of the core and trusts the drive', () => {
    const patched = patchBootSector(boot(), 2048)
    expect(patched?.length).toBe(440)
    expect([...(patched ?? []).slice(0x5b, 0x65)]).toEqual([1, 0, 8, 0, 0, 0, 0, 0, 0, 1])
    expect([...(patched ?? []).slice(0x65, 0x69)]).toEqual([1, 0x90, 0x90, 1])
  })

  it('is none that does not begin with a jump, or is too short', () => {
    expect(patchBootSector(new Uint8Array(512), 2048)).toBeNull()
    expect(patchBootSector(boot().subarray(0, 439), 2048)).toBeNull()
  })
})

describe('the core', () => {
  it('names the sector after its first', () => {
    const patched = patchCore(new Uint8Array(1024), 2048)
    expect([...(patched ?? []).slice(0x1f4, 0x1fc)]).toEqual([1, 8, 0, 0, 0, 0, 0, 0])
  })

  it('is none of one sector', () => {
    expect(patchCore(new Uint8Array(512), 2048)).toBeNull()
  })
})
