// GRUB's environment block of an installed disk: 1,024 bytes, of which ours lie in the first sector, so that a write that is cut off leaves one state or the other.
import { type BootEnvironment, SLOT_MARKS, type SlotName, type SlotState } from '../domain/boot-slot.ts'

/** @source GNU GRUB manual, "GRUB environment block" */
export const ENVIRONMENT_BYTES = 1024
const SIGNATURE = '# GRUB Environment Block\n'
/** The smallest sector that a disk writes as a whole. */
const SECTOR_BYTES = 512

/** What GRUB takes for granted where a variable is not there, or has no meaning. */
const NOTHING: SlotState = { mark: 'empty', tries: 0 }

/** Null when it is no environment block. Variables of others are passed over; of two with one name the first counts. */
export function parseGrubEnvironment(bytes: Uint8Array): BootEnvironment | null {
  if (bytes.length !== ENVIRONMENT_BYTES) return null
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  if (!text.startsWith(SIGNATURE)) return null
  const variables = new Map<string, string>()
  for (const line of text.slice(SIGNATURE.length).split('\n')) {
    const found = /^([a-z_]+)=(.*)$/.exec(line)
    if (found?.[1] !== undefined && !variables.has(found[1])) variables.set(found[1], found[2] ?? '')
  }
  const once = variables.get('once')
  return {
    order: variables.get('order') === 'b a' ? ['b', 'a'] : ['a', 'b'],
    slots: { a: slotOf(variables, 'a'), b: slotOf(variables, 'b') },
    once: once === 'a' || once === 'b' ? once : null,
  }
}

function slotOf(variables: ReadonlyMap<string, string>, slot: SlotName): SlotState {
  const mark = SLOT_MARKS.find((candidate) => candidate === variables.get(`${slot}_state`)) ?? NOTHING.mark
  const tries = variables.get(`${slot}_tries`) ?? ''
  return { mark, tries: /^[0-3]$/.test(tries) ? Number(tries) : NOTHING.tries }
}

/** The whole block; what others had put into it is gone. */
export function renderGrubEnvironment({ order, slots, once }: BootEnvironment): Uint8Array {
  const lines = [
    `order=${order.join(' ')}`,
    ...(['a', 'b'] as const).flatMap((slot) => [`${slot}_tries=${slots[slot].tries}`, `${slot}_state=${slots[slot].mark}`]),
    `once=${once ?? ''}`,
  ]
  const text = `${SIGNATURE}${lines.join('\n')}\n`
  if (text.length > SECTOR_BYTES) throw new RangeError('the variables do not fit into the first sector')
  return Uint8Array.from(text.padEnd(ENVIRONMENT_BYTES, '#'), (character) => character.charCodeAt(0))
}
