// What the routes to tokens, certificates and one-time codes take and answer.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { oneTimeCodeSchema } from './schemas.ts'

const timestamp = v.pipe(v.string(), v.isoTimestamp())
const scope = v.nullable(v.array(closed({ permissions: v.array(v.string()), on: v.string() })))

/** `within`: only where this place is among the object's too. */
const held = closed({ permissions: v.array(v.string()), on: v.string(), within: v.optional(v.string()) })
export const meSchema = closed({ name: v.string(), means: v.picklist(['session', 'token', 'certificate']), held: v.array(held) })

const apiToken = {
  ...{ id: v.string(), name: v.string(), createdAt: timestamp, expiresAt: timestamp, scope },
  ...{ certificate: v.nullable(v.string()), lastUsedAt: v.nullable(timestamp) },
}
export const apiTokensSchema = closed({ items: v.array(closed(apiToken)) })
export const newApiTokenSchema = closed({ ...apiToken, secret: v.string() })

export const clientCertificateSchema = closed({
  ...{ fingerprint: v.string(), name: v.string(), subject: v.string(), notBefore: timestamp, notAfter: timestamp },
  ...{ registeredAt: timestamp, scope, lastUsedAt: v.nullable(timestamp) },
})
export const certificatesSchema = closed({ items: v.array(clientCertificateSchema) })

export const totpStateSchema = closed({
  state: v.picklist(['off', 'unconfirmed', 'on']),
  backupCodesLeft: v.pipe(v.number(), v.integer(), v.minValue(0)),
})
export const totpSecretSchema = closed({ secret: v.string(), uri: v.string() })
export const backupCodesSchema = closed({ backupCodes: v.array(v.string()) })
export const codeSchema = closed({ code: oneTimeCodeSchema })
/** One’s own password, so that a session left open is not enough. */
export const passwordProofSchema = closed({ password: v.pipe(v.string(), v.minLength(1), v.maxLength(128)) })
