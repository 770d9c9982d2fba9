// Syslog messages as RFC 5424 has them, and what tlsdial says.
import { describe, expect, it } from 'vitest'
import { renderSyslog } from '../../../control/src/codec/syslog.ts'
import { parseTlsdialLine } from '../../../control/src/codec/tlsdial-line.ts'
import { AUDIT_ORIGIN, auditText } from '../../../control/src/domain/audit.ts'
import { auditMessage, eventMessage } from '../../../control/src/domain/syslog.ts'
import { auditFacts } from '../../fakes/audit-facts.ts'

const HASH = 'a'.repeat(64)

describe('a syslog message', () => {
  it('of an audit entry has the entry as it is exported', () => {
    const text = auditText(AUDIT_ORIGIN, auditFacts({ action: 'login', what: null, object: {} }))
    expect(renderSyslog(auditMessage(text, HASH, 'rack3'))).toBe(
      `<109>1 2026-01-01T00:00:00.000Z rack3 corbel - audit [corbel@32473 sequence="1" user="ann" from="192.0.2.7" action="login" result="ok"] \ufeff${text.slice(0, -1)},"hash":"${HASH}"}`,
    )
  })

  it('of an event has its words', () => {
    const event = { id: 7, at: '2026-01-01T00:00:00.000Z', code: 'vm.crashed', severity: 'error', target: { kind: 'vm', id: 'v' } } as const
    expect(renderSyslog(eventMessage({ ...event, message: 'web1 crashed.' }, 'rack3'))).toBe(
      '<131>1 2026-01-01T00:00:00.000Z rack3 corbel - event [corbel@32473 id="7" code="vm.crashed" target="vm/v"] \ufeffweb1 crashed.',
    )
  })

  it.each([
    ['ok', 109],
    ['refused', 108],
    ['throttled', 108],
    ['failed', 107],
    ['unknown', 108],
  ] as const)('is of a severity that follows from the result: %s', (result, priority) => {
    const text = auditText(AUDIT_ORIGIN, auditFacts({ result }))
    expect(renderSyslog(auditMessage(text, HASH, 'h')).startsWith(`<${priority}>1 `)).toBe(true)
  })

  it('is one line that nothing in it can break, of bounded length', () => {
    const message = {
      ...({ facility: 16, severity: 6, at: '2026-01-01T00:00:00.000Z', kind: 'event', hostname: 'a b\u00e4\n' } as const),
      data: { target: 'x"]\\ \n[y' },
      text: `1\r\n<0>1 forged\u0000\u001b[2J\u2028 \ud800 \u{1f600}${'x'.repeat(9_000)}`,
    }
    const rendered = renderSyslog(message)
    expect(rendered).toMatch(
      /^<134>1 2026-01-01T00:00:00\.000Z ab corbel - event \[corbel@32473 target="x\\"\\\]\\\\ {2}\[y"\] \ufeff1 {2}<0>1 forged {2}\[2J {2}\ufffd \u{1f600}x+$/u,
    )
    expect(rendered.length).toBeLessThan(7_200)
    expect(renderSyslog({ ...message, hostname: '\n' })).toContain('Z - corbel')
  })
})

describe('a line of tlsdial', () => {
  it.each([
    ['connected TLSv1.3', { kind: 'connected' }],
    ['acked 12345', { kind: 'acked', bytes: 12_345 }],
    ['acked x', { kind: 'other' }],
    [
      'failed name the certificate is not accepted: hostname mismatch',
      { kind: 'failed', code: 'name', message: 'the certificate is not accepted: hostname mismatch' },
    ],
    ['failed', { kind: 'other' }],
    ['resolving', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('is read: %s', (line, read) => {
    expect(parseTlsdialLine(line)).toEqual(read)
  })
})
