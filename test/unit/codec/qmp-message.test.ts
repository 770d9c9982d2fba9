// Every line that QEMU can send is told apart, and every line that it cannot is malformed.
import { describe, expect, it } from 'vitest'
import { parseQmpLine, renderQmpCommand } from '../../../control/src/codec/qmp-message.ts'

const version = { qemu: { micro: 13, minor: 0, major: 10 }, package: 'Debian' }

describe('QMP lines', () => {
  it.each<[string, unknown, unknown]>([
    ['a greeting', { QMP: { version, capabilities: ['oob'] } }, { kind: 'greeting', version: '10.0.13', capabilities: ['oob'] }],
    ['a return', { return: { status: 'running' }, id: 4 }, { kind: 'return', id: 4, value: { status: 'running' } }],
    [
      'an error',
      { id: 5, error: { class: 'GenericError', desc: 'no' } },
      { kind: 'error', id: 5, errorClass: 'GenericError', description: 'no' },
    ],
    ['an error without id', { error: { class: 'E', desc: 'd' } }, { kind: 'error', id: null, errorClass: 'E', description: 'd' }],
    ['an event', { event: 'SHUTDOWN', data: { guest: true } }, { kind: 'event', event: 'SHUTDOWN', data: { guest: true } }],
    ['an event without data', { event: 'STOP', timestamp: { seconds: 1, microseconds: 2 } }, { kind: 'event', event: 'STOP', data: {} }],
  ])('hold %s', (_name, message, expected) => {
    expect(parseQmpLine(JSON.stringify(message))).toEqual(expected)
    expect(parseQmpLine(`${JSON.stringify(message)}\r`)).toEqual(expected)
  })

  it.each([
    ['an empty line', ''],
    ['half an object', '{"return":'],
    ['a list', '[]'],
    ['a string', '"QMP"'],
    ['an object of another kind', '{"hello":1}'],
    ['a greeting without version', '{"QMP":{"capabilities":[]}}'],
    ['a greeting with text as version', '{"QMP":{"version":{"qemu":{"major":"x","minor":0,"micro":0}},"capabilities":[]}}'],
    ['a return without id', '{"return":{}}'],
    ['a return with text as id', '{"return":{},"id":"1"}'],
    ['an error without description', '{"error":{"class":"x"},"id":1}'],
    ['an error with a list as id', '{"error":{"class":"x","desc":"y"},"id":[]}'],
    ['an event with a number as name', '{"event":1}'],
    ['an event with a list as data', '{"event":"STOP","data":[]}'],
  ])('are malformed when they hold %s', (_name, line) => {
    expect(parseQmpLine(line).kind).toBe('malformed')
  })
})

describe('QMP commands', () => {
  it('are one line each', () => {
    expect(renderQmpCommand(1, 'quit')).toBe('{"execute":"quit","id":1}\n')
    expect(renderQmpCommand(2, 'qom-get', { path: 'a\nb' })).toBe('{"execute":"qom-get","arguments":{"path":"a\\nb"},"id":2}\n')
  })
})
