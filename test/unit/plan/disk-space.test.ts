// What a new image takes at once, and when there is too little for it.
import { describe, expect, it } from 'vitest'
import { findLackOfRoom, neededBytes, ROOM_KEPT_BYTES } from '../../../control/src/plan/disk-space.ts'

const GIB = 2 ** 30

describe('the room that a new image needs', () => {
  // In the qcow2 rows: no less than what qemu-img measures, and not much more.
  it.each<['raw' | 'qcow2', 'none' | 'metadata' | 'full', number, number, number]>([
    ['raw', 'none', 64 * 1024 * GIB, 0, 0],
    ['raw', 'full', 5 * GIB, 5 * GIB, 5 * GIB],
    ['qcow2', 'none', GIB, 196_624, 300_000],
    ['qcow2', 'metadata', GIB, 393_216, 500_000],
    ['qcow2', 'metadata', 1024 * GIB, 168_034_304, 170_000_000],
    ['qcow2', 'metadata', 64 * 1024 * GIB, 10_737_418_240, 10_800_000_000],
    ['qcow2', 'full', 1024 * GIB, 1_099_679_662_080, 1_099_690_000_000],
  ])('for %s with preallocation %s of %d bytes is %d at least, %d at most', (format, preallocation, sizeBytes, least, most) => {
    const needed = neededBytes({ format, sizeBytes, preallocation })
    expect(needed).toBeGreaterThan(least - 1)
    expect(needed).toBeLessThan(most + 1)
  })
})

describe('a datastore', () => {
  it('has room for what leaves the VMs something', () => {
    expect(findLackOfRoom(GIB, GIB + ROOM_KEPT_BYTES)).toBeNull()
    expect(findLackOfRoom(0, ROOM_KEPT_BYTES)).toBeNull()
  })

  it('has none otherwise, and says how much', () => {
    expect(findLackOfRoom(GIB + 1, GIB + ROOM_KEPT_BYTES)).toMatchObject({ code: 'datastore.full', got: GIB + 1, max: GIB })
    expect(findLackOfRoom(1, 5)).toMatchObject({ got: 1, max: 0 })
  })
})
