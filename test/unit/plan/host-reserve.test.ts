// What the host keeps of machines of any size, and what a VM takes beside its memory.
import { describe, expect, it } from 'vitest'
import { defaultReserve, memoryCeilingMiB, overheadMiB } from '../../../control/src/plan/host-reserve.ts'

describe('the host keeps', () => {
  it.each([
    [1, 256, 0.25, 202],
    [2, 2048, 0.5, 274],
    [8, 16_384, 1, 847],
    [64, 262_144, 1.28, 10_678],
    [256, 4_194_304, 5.12, 16_384],
  ])('of %i threads and %i MiB: %d cores and %i MiB', (threads, memoryMiB, cores, kept) => {
    expect(defaultReserve(threads, memoryMiB)).toEqual({ cores, memoryMiB: kept })
  })
})

describe('a VM takes beside its memory', () => {
  it.each([
    ['little when it is small', { memoryMiB: 64, vcpus: 1, display: false, tpm: false }, 51],
    ['something for a screen, a TPM and each vCPU', { memoryMiB: 512, vcpus: 4, display: true, tpm: true }, 90],
    ['a hundredth of its memory', { memoryMiB: 65_536, vcpus: 16, display: true, tpm: false }, 752],
  ])('%s', (_name, size, overhead) => {
    expect(overheadMiB(size)).toBe(overhead)
    expect(memoryCeilingMiB(size)).toBe(size.memoryMiB + 2 * overhead)
  })
})
