// What the mirrors of the disk that was booted lack of its systems.
import { describe, expect, it } from 'vitest'
import { planSlotCopies } from '../../../control/src/plan/slot-copies.ts'

const planned = (ours: readonly [string | null, string | null], theirs: readonly [string | null, string | null]) =>
  planSlotCopies({ versions: { a: ours[0], b: ours[1] }, others: [{ disk: '/dev/vdb', versions: { a: theirs[0], b: theirs[1] } }] })
const on = (slot: 'a' | 'b', version: string) => ({ slot, disk: '/dev/vdb', version })

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
    expect(planned(['0.2.0', '0.1.0'], ['0.1.0', '0.3.0'])).toEqual({ copies: [], newer: [on('b', '0.3.0')] })
  })

  it('get nothing of what an update that was cut off has left', () => {
    expect(planned(['0.2.0', null], ['0.2.0', '0.1.0'])).toEqual({ copies: [], newer: [] })
  })
})
