// The recovery code: digits by which someone at the machine opens a locked host. Each group tells by itself whether it was mistyped.
import type { Checked, Problem } from './problem.ts'

/** 8 groups of 16 bits: 128 bits, drawn at random. */
export const RECOVERY_GROUPS = 8
export const RECOVERY_BYTES = 16
const GROUP_DIGITS = 6
/** How many groups have to be typed back before a code counts. */
export const CONFIRMED_GROUPS = 3

/**
 * A group is a multiple of 11, as in BitLocker's recovery passwords. One wrong digit, or two neighbours exchanged, leave a remainder.
 * @source Microsoft, BitLocker recovery password (48 digits, each group of six divisible by 11 and below 720896)
 */
const FACTOR = 11
const BELOW = FACTOR * 0x1_0000

/** As it is told, once. */
export interface NewRecoveryCode {
  readonly code: string
  /** Numbers, from 1, of the groups that have to be typed back. */
  readonly confirm: readonly number[]
  readonly validSeconds: number
}

/** `012345-…`, of {@link RECOVERY_BYTES} random bytes. */
export function renderRecoveryCode(bytes: Uint8Array): string {
  const groups = Array.from({ length: RECOVERY_GROUPS }, (_, group) => {
    const value = ((bytes[2 * group] ?? 0) << 8) | (bytes[2 * group + 1] ?? 0)
    return String(value * FACTOR).padStart(GROUP_DIGITS, '0')
  })
  return groups.join('-')
}

/** Whether six digits can be a group of a code. */
export function isRecoveryGroup(text: string): boolean {
  return /^\d{6}$/.test(text) && Number(text) % FACTOR === 0 && Number(text) < BELOW
}

/** The groups of what was typed: with or without blanks and hyphens, whole or not. */
export function splitRecoveryCode(typed: string): readonly string[] {
  return typed.replace(/[\s-]/g, '').match(/.{1,6}/g) ?? []
}

/** The digits alone, as they are hashed, or what is wrong with each group. No problem repeats any digit. */
export function readRecoveryCode(typed: string): Checked<string> {
  const groups = splitRecoveryCode(typed)
  const problems = Array.from({ length: RECOVERY_GROUPS }, (_, index): Problem | null => {
    const group = groups[index]
    if (group === undefined) return problem('missing', `group ${index + 1} is missing`)
    return isRecoveryGroup(group) ? null : problem('mistyped', `group ${index + 1} has been mistyped`)
  }).filter((found) => found !== null)
  if (groups.length > RECOVERY_GROUPS) problems.push(problem('too-long', `a code has ${RECOVERY_GROUPS} groups of ${GROUP_DIGITS} digits`))
  return problems.length === 0 ? { ok: true, value: groups.join('') } : { ok: false, problems }
}

function problem(rule: string, message: string): Problem {
  return { code: `recovery.code.${rule}`, field: 'code', message }
}

/** Numbers, from 1, of the groups to be typed back; of as many random bytes as there are groups. */
export function pickGroups(bytes: Uint8Array): readonly number[] {
  const all = Array.from({ length: RECOVERY_GROUPS }, (_, index) => ({ number: index + 1, rank: bytes[index] ?? 0 }))
  return all
    .sort((one, other) => one.rank - other.rank || one.number - other.number)
    .slice(0, CONFIRMED_GROUPS)
    .map(({ number }) => number)
    .sort((one, other) => one - other)
}
