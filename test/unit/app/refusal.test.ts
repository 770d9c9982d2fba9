// What a client is told of an error: its own refusals, a store that cannot keep anything, and of all else nothing.
import { describe, expect, it } from 'vitest'
import { refused } from '../../../control/src/api/answer.ts'
import { Refusal, refusalOf } from '../../../control/src/app/refusal.ts'
import { StoreFailure } from '../../../control/src/ports/store.ts'

describe('an error', () => {
  it('that is a refusal is told as it is', () => {
    const refusal = new Refusal('conflict', 'vm.busy', 'web1 is busy.')
    expect(refusalOf(refusal)).toBe(refusal)
  })

  it.each([
    ['store.full', 507],
    ['store.failed', 503],
  ] as const)('of the store, %s, is told with status %i and without its words', (code, status) => {
    const refusal = refusalOf(new StoreFailure(code, 'SQLITE_IOERR_WRITE: /state/corbel.db'))
    const answer = refusal === null ? null : refused(refusal)
    expect(answer?.status).toBe(status)
    expect(JSON.parse(String(answer?.body))).toMatchObject({ status, code })
    expect(answer?.body).not.toContain('SQLITE')
  })

  it('of the host is told by its code, without its words', () => {
    const failure = Object.assign(new Error('/run/corbel'), { name: 'HostFailure', code: 'serial.closed', step: 'attach-serial' })
    expect(refusalOf(failure)).toMatchObject({ kind: 'unavailable', code: 'serial.closed' })
    expect(refusalOf(failure)?.message).not.toContain('/run')
  })

  it('of any other kind is not', () => {
    expect(refusalOf(new Error('secret'))).toBeNull()
  })
})
