// Of which VMs memory may be asked, and how much.
import { describe, expect, it } from 'vitest'
import { asideMiB, canGiveMemory, memoryRange, squeezeStep, wantedMiB } from '../../../control/src/plan/balloon-member.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const MIB = 1_048_576
const vm = (rest: object = {}) => spec(ID, { name: 'a', memoryMiB: 1024, ...rest })

describe('memory may be asked', () => {
  it.each<[string, object, boolean]>([
    ['of any VM', {}, true],
    ['of one that has reserved a part', { memoryAllocation: { reservationMiB: 1023 } }, true],
    ['not of one that has reserved all', { memoryAllocation: { reservationMiB: 1024 } }, false],
    ['not of one on huge pages', { hugePages: '2MiB' }, false],
  ])('%s', (_name, rest, can) => {
    expect(canGiveMemory(vm(rest))).toBe(can)
  })

  it('from what the user wants it to have down to what is reserved', () => {
    expect(memoryRange(vm({ memoryTargetMiB: 800, memoryAllocation: { reservationMiB: 500 } }), 1024)).toEqual({
      ceilingMiB: 800,
      floorMiB: 500,
    })
  })

  it('so that the balloon, which does not know what was added while it ran, leaves that', () => {
    expect(squeezeStep(vm({ memoryMiB: 1024 }), 700, 512)).toEqual({ kind: 'set-balloon', bytes: 188 * MIB })
    expect(memoryRange(vm({ memoryMiB: 1024 }), 256).floorMiB).toBe(768 + 64)
  })
})

it('huge pages are no part of what is given out by the page', () => {
  const huge = vm({ hugePages: '2MiB' })
  expect([wantedMiB(vm()), asideMiB(vm()), wantedMiB(huge), asideMiB(huge)]).toEqual([1024, 0, 0, 1024])
})
