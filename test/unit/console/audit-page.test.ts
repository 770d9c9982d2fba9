// The audit log at the console: newest first, an entry's details, older entries, and whether the chain holds.
import { describe, expect, it } from 'vitest'
import { auditAnswers } from './audit-samples.ts'
import { Console, said } from './play.ts'

const opened = (more = {}) => new Console({ ...auditAnswers, ...more }, 100, 30).logIn().open('Audit')

describe('the audit log', () => {
  it('lists who asked for what, and what came of it', () => {
    const { text } = opened()
    expect(text).toMatch(/> 2026-11-21 01:21:05 +anna +DELETE \/v1\/vms\/\{id\} +refused/)
    expect(text).toMatch(/2026-11-21 01:20:05 +nobody known +login +refused/)
    expect(text).toContain('From 10.0.0.7, auth.forbidden')
    expect(opened().press('down').text).toContain('12 times until 2026-11-21 01:20:45 UTC')
  })

  it('shows all of an entry, nothing in it being an instruction to the terminal', () => {
    const { text } = opened().press('enter')
    expect(text).toMatch(/By +anna, known by token, from 10\.0\.0\.7/)
    expect(text).toMatch(/Of +\{"id":"7"\}/)
    expect(text).toMatch(/Result +refused, 403, auth\.forbidden/)
    expect(text).toContain('\\u001b[2J')
  })

  it('goes on with older entries', () => {
    const console = opened().press('f8')
    expect(console.requests.at(-1)?.path).toBe('/v1/audit?limit=50&before=9')
    expect(console.lines[0]).toContain('Audit log before entry 9')
  })

  it('tells whether the chain holds, and where it does not', () => {
    expect(opened().press('f7').text).toMatch(/WHOLE +Every entry follows from the one before\./)
    const cut = { whole: false, problem: 'entry 5 has been altered', from: { sequence: 0, hash: '00' }, to: { sequence: 4, hash: 'aa' } }
    expect(opened({ 'GET /v1/audit/verify': cut }).press('f7').text).toMatch(/NOT WHOLE +entry 5 has been altered/)
  })

  it('says in the menu when it was found cut, and is not there for whoever may not see it', () => {
    const summary = { items: [], head: { sequence: 9 }, problem: 'entry 5 is missing' }
    const console = new Console({ ...auditAnswers, 'GET /v1/audit?limit=1': summary }).logIn().type('Audit')
    expect(console.text).toContain('Not whole: entry 5 is missing.')
    const me = said({ status: 200, body: { held: [{ permissions: ['task.view'], on: 'host' }] } })
    expect(new Console({ ...auditAnswers, 'GET /v1/me': me }).logIn().text).not.toContain('Audit')
  })
})
