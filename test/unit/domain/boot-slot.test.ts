// What becomes of the two slots: filled, tried, confirmed, given up; and which of them has failed.
import { describe, expect, it } from 'vitest'
import {
  type BootEnvironment,
  beforeFilling,
  confirmSlot,
  endTrial,
  fallenSlot,
  giveUpSlot,
  type SlotState,
  startOnce,
  trySlot,
  whyFallen,
} from '../../../control/src/domain/boot-slot.ts'

const GOOD: SlotState = { mark: 'good', tries: 3 }
const EMPTY: SlotState = { mark: 'empty', tries: 0 }
const environment = (order: 'a b' | 'b a', a: SlotState, b: SlotState): BootEnvironment => ({
  order: order === 'a b' ? ['a', 'b'] : ['b', 'a'],
  slots: { a, b },
  once: null,
})

describe('an update of slot B', () => {
  const before = environment('a b', GOOD, GOOD)

  it('takes the slot out of the order before anything is written, whatever was chosen', () => {
    expect(beforeFilling({ ...before, order: ['b', 'a'], once: 'b' }, 'b')).toEqual(environment('a b', GOOD, EMPTY))
  })

  it('then puts it first with two tries, and leaves the other as it was', () => {
    expect(trySlot(beforeFilling(before, 'b'), 'b')).toEqual(environment('b a', GOOD, { mark: 'trying', tries: 2 }))
  })

  it('is good once it is confirmed', () => {
    expect(confirmSlot(environment('b a', GOOD, { mark: 'trying', tries: 1 }), 'b')).toEqual(environment('b a', GOOD, GOOD))
  })

  it('whose trial has ended is passed over at once, and has failed for the other one', () => {
    const ended = endTrial(environment('b a', GOOD, { mark: 'trying', tries: 1 }), 'b')
    expect(ended).toEqual(environment('b a', GOOD, { mark: 'trying', tries: 0 }))
    expect(fallenSlot(ended, 'a')).toBe('b')
  })

  it('given up, it is started no more', () => {
    expect(giveUpSlot(environment('b a', GOOD, { mark: 'trying', tries: 0 }), 'b')).toEqual(
      environment('a b', GOOD, { mark: 'bad', tries: 0 }),
    )
  })
})

describe('a slot that is confirmed', () => {
  it('has its tries again, and the order stays where it was good before', () => {
    expect(confirmSlot(environment('a b', GOOD, { mark: 'good', tries: 1 }), 'b')).toEqual(environment('a b', GOOD, GOOD))
  })

  it('comes first from now on where it was bad before: somebody has chosen it, and it does', () => {
    expect(confirmSlot(environment('a b', GOOD, { mark: 'bad', tries: 0 }), 'b').order).toEqual(['b', 'a'])
  })

  it('started once, changes no order', () => {
    expect(startOnce(environment('a b', GOOD, GOOD), 'b')).toEqual({ ...environment('a b', GOOD, GOOD), once: 'b' })
  })
})

describe('which slot has failed', () => {
  it.each([
    ['the update that was tried twice', environment('b a', GOOD, { mark: 'trying', tries: 0 }), 'a', 'b'],
    ['the update that was tried once', environment('b a', GOOD, { mark: 'trying', tries: 1 }), 'a', 'b'],
    ['no update that waits for the restart', environment('b a', GOOD, { mark: 'trying', tries: 2 }), 'a', null],
    ['no update that runs', environment('b a', GOOD, { mark: 'trying', tries: 1 }), 'b', null],
    ['a good slot that has no tries left', environment('a b', { mark: 'good', tries: 0 }, GOOD), 'b', 'a'],
    ['no good slot that somebody passed over', environment('a b', GOOD, GOOD), 'b', null],
    ['none that was given up before', environment('b a', GOOD, { mark: 'bad', tries: 0 }), 'a', null],
    ['none that is empty', environment('b a', GOOD, EMPTY), 'a', null],
  ] as const)('%s', (_, seen, running, fallen) => {
    expect(fallenSlot(seen, running)).toBe(fallen)
  })
})

describe('why a slot has failed', () => {
  const trial = { slot: 'b', version: '2.0.0', reason: null } as const

  it('is what it said itself', () => {
    expect(whyFallen('b', { ...trial, reason: 'the API does not answer' })).toBe('the API does not answer')
  })

  it('is how far it came, where it said nothing', () => {
    expect(whyFallen('b', trial)).toMatch(/^it was started and ended/)
    expect(whyFallen('b', null)).toMatch(/^none of its programs/)
    expect(whyFallen('b', { ...trial, slot: 'a' })).toMatch(/^none of its programs/)
  })
})
