// What users show to be let in besides a password: API tokens, client certificates, and the second factor.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { type Held, PERMISSIONS, type Permission } from './permission.ts'

/** What scanners for leaked secrets look for. */
export const API_TOKEN_PREFIX = 'corbel_'
const DAY_MS = 86_400_000
/** A year, with the day that it may have more. */
const API_TOKEN_MAX_MS = 366 * DAY_MS
export const CREDENTIALS_PER_USER = 64

/** What is shown in a session alone: one that has a token must not be able to make itself another. */
const SESSIONS_ONLY: readonly Permission[] = ['user.manage']

const permissionSchema = v.picklist(Object.keys(PERMISSIONS) as [Permission, ...Permission[]])
const placeSchema = v.pipe(
  v.string(),
  v.regex(/^(?:host|pool:[A-Za-z0-9._-]{1,64}|vm:[A-Za-z0-9-]{1,64})$/, 'must be host, pool:NAME or vm:ID'),
  v.transform((text) => text as Held['on']),
)

/** Of what the owner may, this and nothing else; null: all of it. */
const scopeSchema = v.nullable(
  v.pipe(
    v.array(
      closed({ permissions: v.pipe(v.array(permissionSchema), v.minLength(1), v.maxLength(64)), on: v.optional(placeSchema, 'host') }),
    ),
    v.minLength(1),
    v.maxLength(32),
  ),
)
const nameSchema = v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cf}]{1,64}$/u, 'must have 1 to 64 characters, no controls'))
const fingerprintSchema = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$/, 'must be a SHA-256 fingerprint'),
)

export const apiTokenRequestSchema = closed({
  name: nameSchema,
  expiresAt: v.pipe(
    v.string(),
    rule(
      'invalid',
      'must be a time in UTC like 2026-11-27T12:00:00Z',
      (text: string) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
    ),
  ),
  scope: v.optional(scopeSchema, null),
  /** Only together with this certificate of the owner's. */
  certificate: v.optional(v.nullable(fingerprintSchema), null),
})
export type ApiTokenRequest = v.InferOutput<typeof apiTokenRequestSchema>

export const certificateRequestSchema = closed({
  name: nameSchema,
  /** One certificate; a key is refused. */
  pem: v.pipe(v.string(), v.maxLength(16_384)),
  scope: v.optional(scopeSchema, null),
})
export type CertificateRequest = v.InferOutput<typeof certificateRequestSchema>

/** By kind: what is kept of a credential. None of it, but the secret of one-time codes, lets anybody in who reads it. */
export interface CredentialDocuments {
  /** By the token's hash. */
  readonly token: {
    readonly id: string
    readonly name: string
    readonly createdAt: string
    readonly expiresAt: string
    readonly scope: readonly Held[] | null
    readonly certificate: string | null
    /** To the minute. */
    readonly lastUsedAt: string | null
  }
  /** By the certificate's SHA-256 fingerprint. */
  readonly certificate: {
    readonly name: string
    readonly subject: string
    readonly notBefore: string
    readonly notAfter: string
    readonly registeredAt: string
    readonly scope: readonly Held[] | null
    readonly lastUsedAt: string | null
  }
  /** By the user's name. */
  readonly totp: {
    /** In base32; it has to be kept as it is. */
    readonly secret: string
    /** Null: asked for, and no code has been shown yet, so it does not count. */
    readonly confirmedAt: string | null
    readonly usedSteps: readonly number[]
    /** Hashes of those that have not been used. */
    readonly backupCodes: readonly string[]
  }
}
export type CredentialKind = keyof CredentialDocuments

/** `AA:BB:…` or plain, to 64 lower-case digits. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase()
}

/** What is wrong with an expiry, as the last part of a code; null when nothing is. */
export function expiryProblem(expiresAt: string, now: string): 'past' | 'too-far' | null {
  const left = Date.parse(expiresAt) - Date.parse(now)
  if (left <= 0) return 'past'
  return left > API_TOKEN_MAX_MS ? 'too-far' : null
}

/** What is left of an owner's rights for a token or certificate: never more than the owner has at this moment. */
export function narrowed(held: readonly Held[], scope: readonly Held[] | null): readonly Held[] {
  const allowed = held.map((own) => ({ ...own, permissions: own.permissions.filter((permission) => !SESSIONS_ONLY.includes(permission)) }))
  if (scope === null) return allowed
  return allowed.flatMap((own) =>
    scope.flatMap((wanted): Held[] => {
      const permissions = own.permissions.filter((permission) => wanted.permissions.includes(permission))
      if (permissions.length === 0) return []
      if (wanted.on === 'host' || wanted.on === own.on) return [{ ...own, permissions }]
      // Both have to hold: a VM of the scope counts only while it is in the pool that its owner has rights on.
      return [own.on === 'host' ? { ...own, permissions, on: wanted.on } : { permissions, on: own.on, within: wanted.on }]
    }),
  )
}
