// What a user has at the beginning, and the one that there is first.
import { FIRST_USER } from '../domain/user.ts'
import type { UserRecord } from '../ports/store.ts'

export const NEW_USER: Omit<UserRecord, 'spec' | 'passwordHash' | 'passwordChangedAt'> = { revision: 1, lastLoginAt: null, sources: [] }

export function firstUser(passwordHash: string, at: string): UserRecord {
  const spec = { name: FIRST_USER, fullName: '', disabled: false, grants: [{ role: 'administrator', on: 'host' as const }] }
  return { ...NEW_USER, spec, passwordHash, passwordChangedAt: at }
}
