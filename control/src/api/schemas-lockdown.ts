// What lockdown and recovery code look like on the wire.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { type LockdownView, lockdownSchema } from '../domain/lockdown.ts'
import { passwordSchema } from '../domain/password.ts'
import { CONFIRMED_GROUPS, type NewRecoveryCode } from '../domain/recovery-code.ts'
import type { Of } from './schemas.ts'

const positive = v.pipe(v.number(), v.integer(), v.minValue(1))

export const lockdownViewSchema = closed({
  ...lockdownSchema.entries,
  revision: v.pipe(v.number(), v.integer(), v.minValue(0), v.description('Counts changes; the ETag is this in quotes.')),
  recoveryCodeSince: v.pipe(
    v.nullable(v.string()),
    v.description('When the recovery code in force was confirmed; null: there is none. RFC 3339, UTC.'),
  ),
}) as unknown as Of<LockdownView>

export const newRecoveryCodeSchema = closed({
  code: v.pipe(v.string(), v.description('8 groups of 6 digits. It is told this once.')),
  confirm: v.pipe(
    v.array(positive),
    v.readonly(),
    v.description('The groups, counted from 1, that have to be typed back before it is in force.'),
  ),
  validSeconds: v.pipe(positive, v.description('How long it can be confirmed.')),
}) satisfies Of<NewRecoveryCode>

export const confirmSchema = closed({
  groups: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^\d{6}$/, 'must be 6 digits'))),
    v.length(CONFIRMED_GROUPS),
    v.description('The groups asked for, in their order.'),
  ),
})

export const useRecoverySchema = closed({
  code: v.pipe(v.string(), v.maxLength(128), v.description('With or without blanks and hyphens.')),
  password: v.exactOptional(v.pipe(passwordSchema, v.description('The new one of the user `administrator`.'))),
})
