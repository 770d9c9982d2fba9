// Where the audit log and events are sent: the setting, and what a record of either becomes as a syslog message. Pure.
import * as v from 'valibot'
import type { AuditEntry, AuditResult } from './audit.ts'
import { auditLine } from './audit.ts'
import { closed, rule } from './check.ts'
import type { Event, Severity } from './event.ts'
import { authoritySchema, fingerprintSchema } from './tls-trust.ts'

export const SYSLOG_KINDS = ['audit', 'events'] as const
export type SyslogKind = (typeof SYSLOG_KINDS)[number]

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*|[0-9a-fA-F:.]{2,45})$/

interface Shape {
  host: string
  port: number
  authority: string | null
  fingerprint: string | null
  kinds: SyslogKind[]
}

function hasOneTrust({ authority, fingerprint }: Shape): boolean {
  return (authority === null) !== (fingerprint === null)
}

export const syslogSchema = v.pipe(
  closed({
    host: v.pipe(
      v.string(),
      v.maxLength(253),
      v.check((host) => HOST.test(host), 'must be a name or an address'),
      v.description('Of the collector: a name, or an address.'),
    ),
    port: v.pipe(v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 6514), v.description('TCP, with TLS.')),
    authority: v.pipe(
      v.optional(v.nullable(authoritySchema), null),
      v.description(
        'Certificates, as PEM, of which one has signed the collector’s; its name or address is held against `host`, and its time is checked.',
      ),
    ),
    fingerprint: v.pipe(
      v.optional(v.nullable(fingerprintSchema), null),
      v.description('SHA-256 of the one certificate that is trusted, whatever its name and time, in place of `authority`.'),
    ),
    kinds: v.pipe(
      v.optional(v.pipe(v.array(v.picklist(SYSLOG_KINDS)), v.minLength(1), v.maxLength(2)), [...SYSLOG_KINDS]),
      v.description('What is sent.'),
    ),
  }),
  rule('one-trust', 'takes either authority or fingerprint', hasOneTrust),
)
export type SyslogSettings = v.InferOutput<typeof syslogSchema>

/** @source RFC 5424, section 6 */
export interface SyslogMessage {
  readonly facility: number
  readonly severity: number
  /** RFC 3339, UTC. */
  readonly at: string
  readonly hostname: string
  /** MSGID. */
  readonly kind: 'audit' | 'event'
  readonly data: Readonly<Record<string, string>>
  readonly text: string
}

/** `log audit` and `local use 0`. @source RFC 5424, table 1 */
const FACILITY = { audit: 13, event: 16 } as const
/** @source RFC 5424, table 2 */
const OF_RESULT: Readonly<Record<AuditResult, number>> = { ok: 5, refused: 4, throttled: 4, failed: 3, unknown: 4 }
const OF_EVENT: Readonly<Record<Severity, number>> = { info: 6, warning: 4, error: 3 }

/** The text is the entry as it is exported, so that the chain can be looked through at the collector. */
export function auditMessage(text: string, hash: string, hostname: string): SyslogMessage {
  const { sequence, at, user, from, action, result } = JSON.parse(text) as AuditEntry
  const data = { sequence: String(sequence), user: user ?? '-', from, action, result }
  return { facility: FACILITY.audit, severity: OF_RESULT[result], at, hostname, kind: 'audit', data, text: auditLine(text, hash) }
}

export function eventMessage({ id, at, code, severity, target, message }: Event, hostname: string): SyslogMessage {
  const data = { id: String(id), code, target: `${target.kind}/${target.id}` }
  return { facility: FACILITY.event, severity: OF_EVENT[severity], at, hostname, kind: 'event', data, text: message }
}
