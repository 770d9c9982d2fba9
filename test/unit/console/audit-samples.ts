// A few entries of an audit log.
import { administrator } from './play.ts'

const hash = (digit: string) => digit.repeat(64)
const entry = {
  ...{ sequence: 9, previous: hash('8'), hash: hash('9'), at: '2026-11-21T01:21:05.120Z', user: 'anna', how: 'token', from: '10.0.0.7' },
  ...{ action: 'DELETE /v1/vms/{id}', object: { id: '7' }, what: { note: '\u001b[2J' }, result: 'refused', status: 403 },
  ...{ code: 'auth.forbidden', requestId: '0123456789abcdef', repeated: null },
}
const failed = {
  ...{ ...entry, sequence: 8, previous: hash('7'), hash: hash('8'), at: '2026-11-21T01:20:05.120Z', user: null, how: 'nothing' },
  ...{ action: 'login', object: {}, what: null, status: 401, code: 'auth.invalid-credentials' },
  repeated: { count: 12, until: '2026-11-21T01:20:45.120Z', addresses: ['10.0.0.7', '10.0.0.8'] },
}
const log = { next: 8, base: { sequence: 0, hash: hash('0') }, head: { sequence: 9, hash: hash('9') }, problem: null }

export const auditAnswers = {
  ...administrator,
  'GET /v1/audit?limit=1': { ...log, items: [entry] },
  'GET /v1/audit?limit=50': { ...log, items: [entry, failed] },
  'GET /v1/audit?limit=50&before=9': { ...log, items: [failed] },
  'GET /v1/audit/verify': {
    ...{ whole: true, problem: null, from: { sequence: 0, hash: hash('0') }, to: { sequence: 9, hash: hash('9') } },
  },
}
