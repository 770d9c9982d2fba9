// Generations at the console: listed, looked at, compared with now, and put back by F11 after it has been shown what that does.
import { describe, expect, it } from 'vitest'
import { auditAnswers } from './audit-samples.ts'
import { Console, said } from './play.ts'

const fields = [{ field: 'memoryMiB', before: 256, after: 512 }]
const steps = [
  { kind: 'vm', id: 'v', name: 'web1', action: 'change', note: 'It runs on with what it has.', fields },
  { kind: 'setting', id: 'lockdown', name: 'lockdown', action: 'keep', note: 'Who may open the host stays as it is.', fields },
]
const answers = {
  ...auditAnswers,
  'GET /v1/host/generations': {
    items: [
      { number: 8, at: '2026-11-21T01:21:05.000Z', by: 'anna', what: 'web1 was changed by anna.', changes: 1 },
      { number: 7, at: '2026-11-21T01:20:05.000Z', by: 'host', what: 'Settings of the seed were taken over.', changes: 3 },
    ],
    next: null,
  },
  'GET /v1/host/generations/8': { number: 8, objects: [{ kind: 'vm', id: 'v', name: 'web1', action: 'changed', fields }] },
  'GET /v1/host/generations/7/diff': { items: [{ kind: 'vm', id: 'v', name: 'web1', action: 'added', fields: [] }] },
  'POST /v1/host/generations/7/restore?dryRun=true': { steps },
  'POST /v1/host/generations/7/restore': { steps },
}
const opened = (more = {}) => new Console({ ...answers, ...more }, 100, 30).logIn().open('Configuration')

describe('the configuration', () => {
  it('is listed by generations, the newest first', () => {
    const { text } = opened()
    expect(text).toMatch(/> 8 +2026-11-21 01:21:05 +anna +web1 was changed by anna\./)
    expect(text).toMatch(/7 +2026-11-21 01:20:05 +host +Settings of the seed/)
  })

  it('shows what a generation changed, and what is different since', () => {
    expect(opened().press('enter').text).toMatch(/~ vm web1\s+memoryMiB: 256 -> 512/)
    expect(opened().press('down', 'f7').text).toContain('+ vm web1')
  })

  it('is put back by F11 and nothing else, after it was shown what that does', () => {
    const console = opened().press('down', 'f10')
    expect(console.text).toMatch(/~ vm web1\s+It runs on with what it has\.\s+memoryMiB: 256 -> 512/)
    expect(console.text).toContain('= setting lockdown')
    const restores = () => console.requests.filter(({ path }) => path === '/v1/host/generations/7/restore').length
    console.press('enter')
    expect(restores()).toBe(0)
    console.press('f11')
    expect([restores(), console.lines[0]]).toEqual([1, expect.stringContaining('Configuration')])
    expect(console.text).toContain('The configuration is as it was in generation 7.')
  })

  it('says why it cannot be put back', () => {
    const refused = said({ status: 409, body: { code: 'generation.same', detail: 'The configuration is the same as in generation 7.' } })
    const console = opened({ 'POST /v1/host/generations/7/restore?dryRun=true': refused }).press('down', 'f10', 'f11')
    expect(console.text).toContain('The configuration is the same as in generation 7.')
    expect(console.requests.some(({ path }) => path === '/v1/host/generations/7/restore')).toBe(false)
  })

  it('is not there for whoever may not reset the host', () => {
    const me = said({ status: 200, body: { held: [{ permissions: ['host.view'], on: 'host' }] } })
    expect(new Console({ ...answers, 'GET /v1/me': me }).logIn().text).not.toContain('Configuration')
  })
})
