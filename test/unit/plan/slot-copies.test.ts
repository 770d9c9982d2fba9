// What the disks of a mirror lack of their systems.
import { describe, expect, it } from 'vitest'
import type { DamagedSlot, SlotName, SlotState } from '../../../control/src/domain/boot-slot.ts'
import { planSlotCopies } from '../../../control/src/plan/slot-copies.ts'
import { installedSlots } from '../../fakes/boot-slots.ts'

type Pair = readonly [string | null, string | null]
const GOOD = { mark: 'good', tries: 3 } as const

/** Slot a of the first disk runs. */
function planned(ours: Pair, theirs: Pair, damaged: readonly DamagedSlot[] = [], b: SlotState = GOOD) {
  const others = [{ disk: '/dev/vdb', versions: { a: theirs[0], b: theirs[1] } }]
  const seen = installedSlots({ versions: { a: ours[0], b: ours[1] }, others })
  return planSlotCopies({ ...seen, environment: { ...seen.environment, slots: { a: GOOD, b } } }, damaged)
}
const newer = (slot: SlotName, version: string) => ({ slot, disk: '/dev/vdb', version })
const on = (slot: SlotName, version: string) => ({ ...newer(slot, version), from: '/dev/vda' })
const damaged = (slot: SlotName, disk: string): DamagedSlot => ({ slot, disk, files: ['corbel/root.img'] })

describe('the slots of two disks', () => {
  it('that are alike are left as they are', () => {
    expect(planned(['0.2.0', '0.1.0'], ['0.2.0', '0.1.0'])).toEqual({ copies: [], newer: [] })
    expect(planned(['0.2.0', null], ['0.2.0', null])).toEqual({ copies: [], newer: [] })
  })

  it('are made alike where the other disk has older ones, or none', () => {
    expect(planned(['0.3.0', '0.2.0'], ['0.1.0', null])).toEqual({ copies: [on('a', '0.3.0'), on('b', '0.2.0')], newer: [] })
    expect(planned(['0.10.0', '0.9.0'], ['0.9.0', '0.9.0'])).toEqual({ copies: [on('a', '0.10.0')], newer: [] })
  })

  it('are left as they are where the other disk has a newer one, older or not beside it', () => {
    expect(planned(['0.2.0', '0.1.0'], ['0.1.0', '0.3.0'])).toEqual({ copies: [], newer: [newer('b', '0.3.0')] })
  })

  it('get nothing of what an update that was cut off has left', () => {
    expect(planned(['0.2.0', null], ['0.2.0', '0.1.0'])).toEqual({ copies: [], newer: [] })
  })

  it('that are damaged are written anew from the disk that has them whole', () => {
    const both: Pair = ['0.2.0', '0.1.0']
    expect(planned(both, both, [damaged('a', '/dev/vdb')]).copies).toEqual([on('a', '0.2.0')])
    const back = { slot: 'b', from: '/dev/vdb', disk: '/dev/vda', version: '0.1.0' }
    expect(planned(both, both, [damaged('b', '/dev/vda')]).copies).toEqual([back])
    // So damaged that its version cannot be read.
    expect(planned(['0.2.0', null], both, [damaged('b', '/dev/vda')]).copies).toEqual([back])
  })

  it('that are damaged stay so where no disk has them whole, where they run, and where no system is meant to be there', () => {
    const both: Pair = ['0.2.0', '0.1.0']
    expect(planned(both, both, [damaged('b', '/dev/vda'), damaged('b', '/dev/vdb')]).copies).toEqual([])
    expect(planned(both, both, [damaged('a', '/dev/vda')]).copies).toEqual([])
    expect(planned(both, ['0.2.0', '0.0.9'], [damaged('b', '/dev/vda')]).copies).toEqual([])
    expect(planned(both, both, [damaged('b', '/dev/vda')], { mark: 'bad', tries: 0 }).copies).toEqual([])
  })
})
