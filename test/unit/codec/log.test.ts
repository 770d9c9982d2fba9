// The log's formats: records of the kernel, lines on disk, notes of services.
import { describe, expect, it } from 'vitest'
import { parseKernelRecord } from '../../../control/src/codec/kernel-record.ts'
import { lastOfLog, logFileName, parseLogFileName, parseLogLine, renderLogLine } from '../../../control/src/codec/log-line.ts'
import { parseServiceNote } from '../../../control/src/codec/service-note.ts'
import { kindOf } from '../../../control/src/domain/host-log.ts'

const latin = (bytes: Uint8Array) => String.fromCharCode(...bytes)
const parse = (record: string) => parseKernelRecord(record, latin)

describe('a record of the kernel', () => {
  it('has number, time, severity and text, its further lines left out', () => {
    const record = '6,339,5140900,-,caller=T1;usb 1-1: new device\n SUBSYSTEM=usb\n DEVICE=c189:0\n'
    expect(parse(record)).toEqual({ sequence: 339, atUs: 5_140_900, severity: 'info', isKernel: true, text: 'usb 1-1: new device' })
  })

  it('is of a program with another facility', () => {
    expect(parse('11,1,2,-;controld: start\n')).toMatchObject({ isKernel: false, severity: 'error', text: 'controld: start' })
  })

  it.each([
    ['escaped bytes are bytes again', 'a\\xe9b', 'aéb'],
    ['controls and escape sequences are none any more', 'a\\x1b[2Jb\\x9bc', 'a?[2Jb?c'],
    ['a backslash stays one', 'a\\x5cb', 'a\\b'],
    ['a password’s hash is left out', 'hash $argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA end', 'hash [hash left out] end'],
    ['a token is left out', 'authorization: Bearer abcdefgh12345', 'authorization: Bearer [token left out]'],
  ])('%s', (_name, said, text) => {
    expect(parse(`6,1,2,-;${said}\n`)?.text).toBe(text)
  })

  it('turns nobody’s writing round', () => {
    const record = parseKernelRecord('6,1,2,-;a\\xe2\\x80\\xaeb\n', () => '\u202e')
    expect(record?.text).toBe('a?b')
  })

  it('is cut at 1,000 characters', () => {
    expect(parse(`6,1,2,-;${'x'.repeat(5000)}\n`)?.text).toHaveLength(1000)
  })

  it.each([[''], ['hello'], ['6,x,2,-;a'], ['6,1;a']])('%j is none', (text) => {
    expect(parse(text)).toBeNull()
  })
})

describe('the kind of a line', () => {
  const vm = '3c9b1f9e-6c53-4d41-9f42-0a7a9a0b1c2d'
  it.each([
    [true, 'controld: said by the kernel', 'kernel'],
    [false, 'controld: serving', 'controld'],
    [false, `controld: vm ${vm}: qemu: warning`, 'vms'],
    [false, 'gatewayd: closed', 'gateway'],
    [false, 'dcui-ttyS0: gone', 'console'],
    [false, 'udhcpc: lease', 'network'],
    [false, 'chronyd[12]: selected', 'time'],
    [false, 'boot: 10-mounts done', 'boot'],
    [false, 'constructor: x', 'other'],
    [false, 'who knows', 'other'],
  ] as const)('%s %s: %s', (isKernel, text, kind) => {
    expect(kindOf(isKernel, text)).toBe(kind)
  })
})

describe('a line on disk', () => {
  const line = { number: 12, at: '2026-01-01T00:00:00.000Z', severity: 'warning', text: 'a: b  c' } as const
  const origin = { boot: '0123abcd', sequence: 77 }
  it('is read as it was written', () => {
    const text = renderLogLine(line, origin)
    expect(text).toBe('12 0123abcd:77 4 2026-01-01T00:00:00.000Z a: b  c\n')
    expect(parseLogLine(text.trimEnd(), 'other')).toEqual({ ...line, kind: 'other' })
    expect(lastOfLog(`${text}13 0123`)).toEqual({ ...origin, number: 12 })
  })

  it.each([[''], ['12 0123abcd:77 4'], ['x 0123abcd:77 4 2026-01-01T00:00:00.000Z a']])('%j is what is left of one', (text) => {
    expect([parseLogLine(text, 'other'), lastOfLog(text)]).toEqual([null, null])
  })

  it('is in a file named by kind and first number', () => {
    expect(parseLogFileName(logFileName('kernel', 7))).toEqual({ kind: 'kernel', first: 7 })
    expect(parseLogFileName('kernel.log')).toBeNull()
  })
})

describe('the note of a service', () => {
  it.each([
    ['17 301 2\n', { atSeconds: 17, pid: 301, restarts: 2 }],
    ['17\n', null],
    ['', null],
  ])('%j', (text, note) => {
    expect(parseServiceNote(text)).toEqual(note)
  })
})
