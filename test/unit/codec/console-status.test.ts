// What the console accepts as an answer of the API, and what it says of a refusal.
import { describe, expect, it } from 'vitest'
import { parseConsoleStatus, parseRefusal } from '../../../control/src/codec/console-status.ts'
import { normalStatus } from '../console/samples.ts'

describe('parseConsoleStatus', () => {
  it('reads what the API answers, and ignores fields that it does not know', () => {
    expect(parseConsoleStatus(JSON.stringify({ ...normalStatus, slot: 'A' }))).toEqual(normalStatus)
  })

  it.each([
    ['no JSON', 'status'],
    ['no object', '[]'],
    ['a field missing', JSON.stringify({ ...normalStatus, hostname: undefined })],
    ['a number as text', JSON.stringify({ ...normalStatus, memory: { totalMiB: '1', usedMiB: 0 } })],
    ['a negative count', JSON.stringify({ ...normalStatus, vms: { running: -1, defined: 0, runningNames: [] } })],
    ['an unknown severity', JSON.stringify({ ...normalStatus, health: [{ severity: 'fatal', message: '' }] })],
    ['names that are no texts', JSON.stringify({ ...normalStatus, vms: { running: 1, defined: 1, runningNames: [null] } })],
  ])('refuses %s', (_name, json) => {
    expect(parseConsoleStatus(json)).toBeNull()
  })
})

describe('parseRefusal', () => {
  it.each([
    [
      'all problems in one sentence',
      '{"title":"Bad","problems":[{"code":"a","field":"password","message":"is short"},{"code":"b","field":"","message":"no"}]}',
      'password is short; no',
    ],
    ['the title when there are no problems', '{"title":"Already done","problems":[]}', 'Already done'],
    ['nothing from another body', '<html>', null],
  ])('gives %s', (_name, json, sentence) => {
    expect(parseRefusal(json)).toBe(sentence)
  })
})
