// GRUB's environment block is read whatever is in it, and written so that a torn write leaves one state or the other.
import { describe, expect, it } from 'vitest'
import { parseGrubEnvironment, renderGrubEnvironment } from '../../../control/src/codec/grub-environment.ts'
import type { BootEnvironment } from '../../../control/src/domain/boot-slot.ts'

const ENVIRONMENT: BootEnvironment = {
  order: ['b', 'a'],
  slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'trying', tries: 2 } },
  once: null,
}

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const block = (variables: string) => bytesOf(`# GRUB Environment Block\n${variables}`.padEnd(1024, '#'))

describe('the environment block', () => {
  it('is read as it was written, to be started once included', () => {
    const once = { ...ENVIRONMENT, once: 'a' } as const
    expect(parseGrubEnvironment(renderGrubEnvironment(ENVIRONMENT))).toEqual(ENVIRONMENT)
    expect(parseGrubEnvironment(renderGrubEnvironment(once))).toEqual(once)
  })

  it('is read as a new installation has it', () => {
    expect(parseGrubEnvironment(block('order=a b\na_tries=3\na_state=good\nb_tries=0\nb_state=empty\nonce=\n'))).toEqual({
      order: ['a', 'b'],
      slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'empty', tries: 0 } },
      once: null,
    })
  })

  it('has its 1,024 bytes, and all variables in the first 512: a torn write mixes nothing', () => {
    const before = renderGrubEnvironment(ENVIRONMENT)
    const after = renderGrubEnvironment({ ...ENVIRONMENT, order: ['a', 'b'], once: 'b' })
    const torn = Uint8Array.from([...after.subarray(0, 512), ...before.subarray(512)])
    expect([before.length, after.length]).toEqual([1024, 1024])
    expect(parseGrubEnvironment(torn)).toEqual(parseGrubEnvironment(after))
  })

  it('with foreign variables, wrong values or none at all says what GRUB takes for granted', () => {
    const empty = { order: ['a', 'b'], slots: { a: { mark: 'empty', tries: 0 }, b: { mark: 'empty', tries: 0 } }, once: null }
    expect(parseGrubEnvironment(block(''))).toEqual(empty)
    expect(parseGrubEnvironment(block('order=c\na_tries=9\nb_tries=-1\na_state=fine\nonce=ab\nsaved_entry=2\n'))).toEqual(empty)
    expect(parseGrubEnvironment(block('a_tries=2\na_tries=3\n'))?.slots.a.tries).toBe(2)
  })

  it.each([
    ['too short', bytesOf('# GRUB Environment Block\n')],
    ['of zeros', new Uint8Array(1024)],
    ['another file', bytesOf('x'.repeat(1024))],
    ['too long', new Uint8Array(1025)],
  ])('is none when it is %s', (_, bytes) => {
    expect(parseGrubEnvironment(bytes)).toBeNull()
  })
})
