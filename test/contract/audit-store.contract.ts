// What the store promises of the audit log: kept in order, found by what is asked for, never changed, and removed from its oldest end alone.
import { describe, expect, it } from 'vitest'
import { AUDIT_ORIGIN, type AuditFacts, auditText } from '../../control/src/domain/audit.ts'
import type { AuditRow, AuditState } from '../../control/src/ports/audit-store.ts'
import type { Store } from '../../control/src/ports/store.ts'
import { auditFacts } from '../fakes/audit-facts.ts'

const EMPTY: AuditState = { base: AUDIT_ORIGIN, head: AUDIT_ORIGIN, checked: AUDIT_ORIGIN, characters: 0, broken: null }

function row(sequence: number, facts: Partial<AuditFacts> = {}): AuditRow {
  return { sequence, hash: `hash ${sequence}`, text: auditText({ sequence: sequence - 1, hash: 'x' }, auditFacts(facts)) }
}

export function auditStoreContract(make: () => Store): void {
  describe('the audit log', () => {
    it('remembers attempts until they are done', () => {
      const { audit } = make()
      audit.putAttempt('b', 'first')
      audit.putAttempt('a', 'second')
      audit.deleteAttempt('nobody')
      expect(audit.listAttempts()).toEqual([
        { id: 'b', text: 'first' },
        { id: 'a', text: 'second' },
      ])
      audit.deleteAttempt('b')
      expect(audit.listAttempts()).toEqual([{ id: 'a', text: 'second' }])
    })

    it('has no state at first, and then the latest', () => {
      const { audit } = make()
      expect(audit.getState()).toBeNull()
      audit.putState(EMPTY)
      audit.putState({ ...EMPTY, head: { sequence: 3, hash: 'x' }, characters: 9, broken: 'entry 2 is missing' })
      expect(audit.getState()).toEqual({ ...EMPTY, head: { sequence: 3, hash: 'x' }, characters: 9, broken: 'entry 2 is missing' })
    })

    it('is listed from either end, page by page', () => {
      const { audit } = make()
      const rows = [1, 2, 3, 4, 5].map((sequence) => row(sequence))
      for (const each of rows) audit.append(each)
      expect(audit.list({ from: { after: 0 }, limit: 3 })).toEqual({ rows: rows.slice(0, 3), next: 3 })
      expect(audit.list({ from: { after: 3 }, limit: 3 })).toEqual({ rows: rows.slice(3), next: null })
      expect(audit.list({ from: { before: 6 }, limit: 2 })).toEqual({ rows: [rows[4], rows[3]], next: 4 })
      expect(audit.list({ from: { before: 4 }, limit: 3 })).toEqual({ rows: [rows[2], rows[1], rows[0]], next: null })
      expect(audit.list({ from: { before: 1 }, limit: 3 })).toEqual({ rows: [], next: null })
    })

    it.each([
      [{ user: 'eve' }, [2]],
      [{ action: 'power' }, [3]],
      [{ result: 'refused' as const }, [2]],
      [{ since: '2026-01-02T00:00:00.000Z' }, [3, 2]],
      [{ until: '2026-01-02T00:00:00.000Z' }, [1]],
      [{ user: 'eve', action: 'power' }, []],
      [{}, [3, 2, 1]],
    ])('is searched by %j', (wanted, found) => {
      const { audit } = make()
      audit.append(row(1))
      audit.append(row(2, { at: '2026-01-02T00:00:00.000Z', user: 'eve', result: 'refused' }))
      audit.append(row(3, { at: '2026-01-03T00:00:00.000Z', user: null, action: 'POST /v1/vms/{id}/power-on' }))
      const page = audit.list({ from: { before: 10 }, limit: 10, ...wanted })
      expect(page.rows.map(({ sequence }) => sequence)).toEqual(found)
      expect(page.next).toBeNull()
    })

    it('looks through a bounded part at a time, and says where to go on', () => {
      const store = make()
      store.atomically(() => {
        for (let sequence = 1; sequence <= 10_002; sequence++) store.audit.append(row(sequence, sequence === 1 ? { user: 'eve' } : {}))
      })
      expect(store.audit.list({ from: { before: 20_000 }, limit: 5, user: 'eve' })).toEqual({ rows: [], next: 3 })
      const { rows, next } = store.audit.list({ from: { before: 3 }, limit: 5, user: 'eve' })
      expect([rows.map(({ sequence }) => sequence), next]).toEqual([[1], null])
    })

    it('never takes a sequence twice', () => {
      const { audit } = make()
      audit.append(row(1))
      expect(() => audit.append(row(1))).toThrow()
    })

    it('loses entries up to its base and none above', () => {
      const { audit } = make()
      for (const sequence of [1, 2, 3]) audit.append(row(sequence))
      expect(() => audit.deleteThrough(2)).toThrow()
      audit.putState({ ...EMPTY, base: { sequence: 2, hash: 'hash 2' } })
      expect(() => audit.deleteThrough(3)).toThrow()
      audit.deleteThrough(2)
      expect(audit.list({ from: { after: 0 }, limit: 9 }).rows.map(({ sequence }) => sequence)).toEqual([3])
    })

    it('is left as it was by a step that fails', () => {
      const store = make()
      store.audit.putAttempt('a', 'kept')
      const attempt = () =>
        store.atomically(() => {
          store.audit.deleteAttempt('a')
          store.audit.append(row(1))
          store.audit.putState(EMPTY)
          throw new Error('stop')
        }, 'ordered')
      expect(attempt).toThrow('stop')
      expect(store.audit.listAttempts()).toHaveLength(1)
      expect(store.audit.list({ from: { after: 0 }, limit: 9 }).rows).toEqual([])
      expect(store.audit.getState()).toBeNull()
    })
  })
}
