// An entry of the audit log as tests need one.
import type { AuditFacts } from '../../control/src/domain/audit.ts'

export function auditFacts(some: Partial<AuditFacts> = {}): AuditFacts {
  return {
    ...{ at: '2026-01-01T00:00:00.000Z', user: 'ann', how: 'session', from: '192.0.2.7', action: 'PATCH /v1/vms/{id}' },
    ...{ object: { id: 'v' }, what: { memoryMiB: 512 }, result: 'ok', status: 200, code: null, requestId: 'r', repeated: null },
    ...some,
  }
}
