// Routes of the audit log: what was asked for, by whom, and whether the log is whole.
import { Refusal } from '../app/refusal.ts'
import { AUDIT_RESULTS, type AuditQuery, type AuditResult, auditLine } from '../domain/audit.ts'
import { json, text } from './answer.ts'
import { type Call, numeric, type QueryParameter, type Route, withoutBody } from './route.ts'
import { auditListSchema, auditVerdictSchema } from './schemas-audit.ts'

const LIMIT_DEFAULT = 200
/** Also bounds the size of an answer: an entry has some 5 KiB at most. */
const LIMIT_MAX = 500
const NDJSON = 'application/x-ndjson'

const time = (description: string): QueryParameter => ({
  description,
  pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/,
  rule: 'must be a time such as 2026-01-31T12:00:00Z',
})
const word = (description: string): QueryParameter => ({
  description,
  pattern: /^[A-Za-z0-9 ._@/{}:-]{1,128}$/,
  rule: 'must be at most 128 letters, digits and . _ @ / { } : -',
})

const QUERY = {
  before: numeric('Newest first, those with a lower sequence. Default: from the newest on.'),
  after: numeric('Oldest first, those with a higher sequence, in place of newest first.'),
  limit: numeric(`At most so many, 1 to ${LIMIT_MAX}; default ${LIMIT_DEFAULT}.`),
  user: word('Of this user alone.'),
  action: word('Those whose action contains this: `login`, `PATCH /v1/vms`.'),
  result: { description: 'With this result alone.', allowed: AUDIT_RESULTS },
  since: time('Asked for at this time or later.'),
  until: time('Asked for before this time.'),
} as const

export const auditRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/audit', who: 'audit.view', query: QUERY },
      summary: `The audit log, page by page; with \`Accept: ${NDJSON}\`, one entry a line, as its hash is taken over it`,
      answers: [
        {
          status: 200,
          description: 'A page, which may have fewer entries than asked for: `next` tells where to go on, and is null at the end',
          schema: auditListSchema,
        },
        { status: 200, description: 'The next page, if there is one, is in `Link`', mediaType: NDJSON },
      ],
    },
    (call) => {
      const query = queryOf(call)
      if (!(call.headers.accept ?? '').includes(NDJSON)) return json(200, { ...call.app.audit.list(query), ...call.app.audit.summary() })
      const { lines, next } = call.app.audit.lines(query)
      const answer = text(NDJSON, lines.map(({ text: entry, hash }) => `${auditLine(entry, hash)}\n`).join(''))
      return next === null ? answer : { ...answer, headers: { ...answer.headers, link: `<${pageAt(call, next)}>; rel="next"` } }
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/audit/verify', who: 'audit.view' },
      summary: 'Look through the whole audit log: whether every entry follows from the one before',
      answers: [{ status: 200, description: 'Whether it is whole, or where it is cut', schema: auditVerdictSchema }],
    },
    async ({ app }) => json(200, await app.audit.verify()),
  ),
]

function queryOf({ query }: Call<undefined>): AuditQuery {
  const limit = Number(query.limit ?? LIMIT_DEFAULT)
  if (limit < 1 || limit > LIMIT_MAX) {
    const message = `must be 1 to ${LIMIT_MAX}`
    throw new Refusal('invalid', 'audit.limit.out-of-range', 'The query string is not understood.', [
      { code: 'audit.limit.out-of-range', field: 'limit', message, got: limit, min: 1, max: LIMIT_MAX },
    ])
  }
  const { user, action, result, since, until } = query
  return {
    from: query.after === undefined ? { before: Number(query.before ?? Number.MAX_SAFE_INTEGER) } : { after: Number(query.after) },
    limit,
    ...(user === undefined ? {} : { user }),
    ...(action === undefined ? {} : { action }),
    ...(result === undefined ? {} : { result: result as AuditResult }),
    ...(since === undefined ? {} : { since: withMilliseconds(since) }),
    ...(until === undefined ? {} : { until: withMilliseconds(until) }),
  }
}

/** Times are compared as text. */
function withMilliseconds(at: string): string {
  const [seconds = '', fraction = ''] = at.slice(0, -1).split('.')
  return `${seconds}.${fraction.padEnd(3, '0')}Z`
}

function pageAt({ query }: Call<undefined>, next: number): string {
  const { before, after, ...rest } = query
  const position = { [after === undefined ? 'before' : 'after']: String(next) }
  const pairs = Object.entries({ ...rest, ...position }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `/v1/audit?${pairs.join('&')}`
}
