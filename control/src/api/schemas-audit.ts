// What the API answers of the audit log, as schemas.
import * as v from 'valibot'
import type { StoredAuditEntry } from '../app/audit.ts'
import type { SyslogStatus } from '../app/syslog.ts'
import { AUDIT_HOW, AUDIT_RESULTS, type AuditMark, type AuditRepeated, type AuditVerdict } from '../domain/audit.ts'
import { closed } from '../domain/check.ts'
import { type SyslogSettings, syslogSchema } from '../domain/syslog.ts'

type Of<T> = v.GenericSchema<unknown, T>

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const timestamp = v.pipe(v.string(), v.description('RFC 3339, UTC.'))
const hash = v.pipe(v.string(), v.description('SHA-256 in hexadecimal.'))

const markSchema = closed({ sequence: count, hash }) satisfies Of<AuditMark>

const repeatedSchema = closed({
  count,
  until: timestamp,
  addresses: v.pipe(v.array(v.string()), v.readonly(), v.description('The first few that they came from.')),
}) satisfies Of<AuditRepeated>

export const auditEntrySchema = closed({
  sequence: v.pipe(count, v.description('From 1, without gaps.')),
  previous: v.pipe(hash, v.description('The hash of the entry before.')),
  at: v.pipe(v.string(), v.description('When it was asked for. RFC 3339, UTC.')),
  user: v.pipe(v.nullable(v.string()), v.description('Null for nobody known.')),
  how: v.pipe(v.picklist(AUDIT_HOW), v.description('By what somebody was known.')),
  from: v.pipe(v.string(), v.description('An address, `console` or `host`.')),
  action: v.pipe(v.string(), v.description('`login`, or method and route: `PATCH /v1/vms/{id}`.')),
  object: v.pipe(
    v.record(v.string(), v.string()),
    v.description('The parameters of the path; `location` is where what was made can be found.'),
  ),
  what: v.pipe(v.unknown(), v.description('The body as sent, without secrets; null where there was none or none that may be kept.')),
  result: v.pipe(
    v.picklist(AUDIT_RESULTS),
    v.description('`refused` by a rule, `failed` inside the host; `unknown`: the host stopped before the answer.'),
  ),
  status: v.pipe(v.nullable(v.number()), v.description('Of HTTP.')),
  code: v.pipe(v.nullable(v.string()), v.description('Of the problem.')),
  requestId: v.pipe(v.nullable(v.string()), v.description('As `X-Request-Id` of the answer.')),
  repeated: v.pipe(v.nullable(repeatedSchema), v.description('Several of a kind in one entry.')),
  hash: v.pipe(hash, v.description('Over the entry’s text, this field left out.')),
}) satisfies Of<StoredAuditEntry>

export const auditListSchema = closed({
  items: v.array(auditEntrySchema),
  next: v.pipe(v.nullable(count), v.description('For `before` or `after` of the next page.')),
  base: v.pipe(markSchema, v.description('What comes before the oldest entry kept.')),
  head: v.pipe(markSchema, v.description('The newest entry: kept elsewhere, it shows whether the log was rewritten.')),
  problem: v.pipe(v.nullable(v.string()), v.description('Where the log was found to be cut.')),
})

export const auditVerdictSchema = closed({
  whole: v.boolean(),
  problem: v.pipe(v.nullable(v.string()), v.description('Where it is cut.')),
  from: v.pipe(markSchema, v.description('What comes before the first entry that was looked at.')),
  to: v.pipe(markSchema, v.description('The last entry up to which all is whole.')),
}) satisfies Of<AuditVerdict>

const positionSchema = closed({ audit: count, events: count })

export const syslogViewSchema = closed({
  settings: v.nullable(syslogSchema as unknown as Of<SyslogSettings>),
  status: closed({
    state: v.pipe(v.picklist(['off', 'connecting', 'connected', 'waiting']), v.description('`waiting`: to try again.')),
    since: v.nullable(timestamp),
    lastError: v.pipe(
      v.nullable(closed({ at: timestamp, code: v.string(), message: v.string() })),
      v.description('Why there is no connection; null while there is one.'),
    ),
    behind: v.pipe(positionSchema, v.description('How many are still to be sent.')),
    lost: v.pipe(
      positionSchema,
      v.description('How many had been removed before they could be sent, since controld started or it was set.'),
    ),
  }) satisfies Of<SyslogStatus>,
})
