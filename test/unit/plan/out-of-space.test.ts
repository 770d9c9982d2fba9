// Which VMs go on when a full datastore has room again.
import { describe, expect, it } from 'vitest'
import { planToGoOn, ROOM_TO_GO_ON_BYTES, type Waiting } from '../../../control/src/plan/out-of-space.ts'

const ROOM = ROOM_TO_GO_ON_BYTES
const vm = (id: string, availableThenBytes = 0): Waiting => ({ id, availableThenBytes })

describe('of VMs that wait for room', () => {
  it.each<[string, Waiting[], number, string[]]>([
    ['none goes on while there is none', [vm('a')], 0, []],
    ['none goes on with a little less than one needs', [vm('a')], ROOM - 1, []],
    ['one goes on with what one needs', [vm('a')], ROOM, ['a']],
    ['none goes on with what was there when it was paused', [vm('a', 5 * ROOM)], 5 * ROOM, []],
    ['one goes on with more than was there then', [vm('a', 5 * ROOM)], 6 * ROOM, ['a']],
    ['the longest paused goes on first', [vm('a'), vm('b')], 2 * ROOM - 1, ['a']],
    ['all go on when there is room for all', [vm('a'), vm('b'), vm('c')], 3 * ROOM, ['a', 'b', 'c']],
    ['one that needs more does not hold up the others', [vm('a', 9 * ROOM), vm('b')], ROOM, ['b']],
  ])('%s', (_name, waiting, availableBytes, expected) => {
    expect(planToGoOn(waiting, availableBytes)).toEqual(expected)
  })
})
