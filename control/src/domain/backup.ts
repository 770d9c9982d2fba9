// The document of a backup: the whole configuration of a host, secrets included, as it is sealed into one file. Versioned; what does not belong to it is refused.
import * as v from 'valibot'
import { check, closed } from './check.ts'
import type { CredentialKind } from './credential.ts'
import { field } from './field.ts'
import type { Checked } from './problem.ts'
import { userSpecSchema } from './user.ts'

export const BACKUP_FORMAT = 1
/** Sealed; the gateway takes 1 MiB in all, and base64 has four characters for three bytes. */
export const BACKUP_MAX_BYTES = 720 * 1024
/** Unpacked. */
export const BACKUP_MAX_CHARACTERS = 16 * 1024 * 1024

const PASSPHRASE = { min: 12, max: 1024 } as const

export const passphraseSchema = v.pipe(
  v.string(),
  v.minLength(PASSPHRASE.min),
  v.maxLength(PASSPHRASE.max),
  field({ title: 'Passphrase', description: `${PASSPHRASE.min} to ${PASSPHRASE.max} characters. Nobody can open the file without it.` }),
)

/** What a log-in with it may cost is bounded where it is verified. */
const hash = v.pipe(v.string(), v.maxLength(512), v.startsWith('$argon2id$'))
const instant = v.pipe(v.string(), v.maxLength(64))
const credentialKinds = ['token', 'certificate', 'totp'] as const satisfies readonly CredentialKind[]

const documentSchema = closed({
  format: v.literal(BACKUP_FORMAT),
  madeAt: instant,
  /** Of the appliance that made it. */
  version: v.pipe(v.string(), v.maxLength(64)),
  hostname: v.pipe(v.string(), v.maxLength(255)),
  /** By key; `network` without its revision. */
  settings: v.record(v.string(), v.unknown()),
  users: v.array(closed({ spec: userSpecSchema, passwordHash: v.nullable(hash), passwordChangedAt: v.nullable(instant) })),
  credentials: v.array(
    closed({
      kind: v.picklist(credentialKinds),
      key: v.pipe(v.string(), v.maxLength(128)),
      user: v.pipe(v.string(), v.maxLength(32)),
      document: v.record(v.string(), v.unknown()),
    }),
  ),
  vms: v.array(closed({ id: v.pipe(v.string(), v.uuid()), spec: v.record(v.string(), v.unknown()) })),
})
export type BackupDocument = v.InferOutput<typeof documentSchema>

/** Refuses with `backup.format.later` what a later version has made, else with what is wrong with it. */
export function readBackupDocument(text: string): Checked<BackupDocument> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, problems: [{ code: 'backup.damaged', field: 'file', message: 'holds no document' }] }
  }
  const { format } = (value ?? {}) as { readonly format?: unknown }
  if (typeof format === 'number' && format > BACKUP_FORMAT) {
    const message = `is of format ${format}; this version reads up to ${BACKUP_FORMAT}`
    return { ok: false, problems: [{ code: 'backup.format.later', field: 'file', message, got: format }] }
  }
  return check(documentSchema, value, 'backup', { secret: true })
}
