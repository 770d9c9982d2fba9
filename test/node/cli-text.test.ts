// What the command line makes of text: harmless, aligned, with sizes as people write them.
import { describe, expect, it } from 'vitest'
import { parseAddress, renderAddress } from '../../control/src/cli/address.ts'
import { Failure, problemLine } from '../../control/src/cli/failure.ts'
import { parseFingerprint } from '../../control/src/cli/fingerprint.ts'
import { printable, printableLines, renderJson } from '../../control/src/cli/printable.ts'
import { renderProgress, renderTransfer } from '../../control/src/cli/progress.ts'
import { formatBytes, formatSeconds, parseBytes } from '../../control/src/cli/quantity.ts'
import { renderPairs, renderTable } from '../../control/src/cli/table.ts'

describe('text from a host', () => {
  it.each([
    ['plain text stays', 'web1 läuft', 'web1 läuft'],
    ['an escape sequence is none any more', '\x1b[2J\x1b]0;owned\x07', '?[2J?]0;owned?'],
    ['nor one that begins with C1', '\u009b31m', '?31m'],
    ['line breaks and tabs are spaces', 'a\r\n\tb', 'a b'],
    ['nothing turns the direction', '\u202egnp.exe', '?gnp.exe'],
    ['nothing hides', 'a\u200bb\ufeff', 'a?b?'],
  ])('%s', (_name, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it('keeps the lines of a log', () => {
    expect(printableLines('one\r\r\n\ttwo\x1b[0m\nthree\r')).toBe('one\n\ttwo?[0m\nthree?')
  })

  it('is escaped in JSON where JSON lets it through, and says the same', () => {
    const document = { name: 'a\u009b\u202e\x1b' }
    expect(renderJson(document, 0)).toBe('{"name":"a\\u009b\\u202e\\u001b"}')
    expect(JSON.parse(renderJson(document))).toEqual(document)
  })

  it('is harmless in a problem too', () => {
    expect(problemLine({ code: 'vm.name.invalid', field: 'name', message: 'must not be \x1b[31m' })).toBe(
      'name: must not be ?[31m (vm.name.invalid)',
    )
  })
})

describe('a table', () => {
  const columns = [
    { title: 'NAME', value: ({ name }: { name: string; size: number | null }) => name },
    { title: 'SIZE', value: ({ size }: { name: string; size: number | null }) => size, align: 'right' as const },
  ]

  it('has columns as wide as what is in them', () => {
    const rows = [
      { name: 'web1', size: 5 },
      { name: 'größer', size: 12_345 },
      { name: 'x\x1b', size: null },
    ]
    expect(renderTable(columns, rows)).toBe('NAME     SIZE\nweb1        5\ngrößer  12345\nx?          -\n')
  })

  it('of nothing has its titles', () => {
    expect(renderTable(columns, [])).toBe('NAME  SIZE\n')
  })

  it('of pairs has no titles', () => {
    expect(
      renderPairs([
        ['Name', 'web1'],
        ['State', 'off'],
      ]),
    ).toBe('Name   web1\nState  off\n')
  })
})

describe('a size', () => {
  it.each<[string, number | null]>([
    ['20GiB', 21_474_836_480],
    ['20G', 21_474_836_480],
    ['20 gib', 21_474_836_480],
    ['1.5KiB', 1536],
    ['4096', 4096],
    ['512B', 512],
    ['2TiB', 2_199_023_255_552],
    ['1.3B', null],
    ['GiB', null],
    ['-1GiB', null],
    ['9999999PiB', null],
    ['1e3', null],
  ])('%s is read as %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.50 KiB'],
    [21_474_836_480, '20 GiB'],
    [11_000_000, '10.5 MiB'],
    [500_000_000_000, '466 GiB'],
  ])('%i is shown as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0.4, '0s'],
    [7, '7s'],
    [307, '5m 7s'],
    [3600, '1h'],
    [180_000, '2d 2h'],
  ])('%f seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text)
  })
})

describe('progress', () => {
  it('is a bar with a figure', () => {
    expect(renderProgress('vm.suspend', 50, '', 80)).toBe('vm.suspend [###############---------------]  50 %')
  })

  it('says what has been sent, and how fast', () => {
    expect(renderProgress('Upload', 100, renderTransfer(1_048_576, 2_097_152, 2), 80)).toBe(
      'Upload [##############################] 100 % 1 MiB of 2 MiB, 512 KiB/s',
    )
  })

  it('is never wider than the terminal', () => {
    expect(renderProgress('vm.suspend', 1, 'a long story', 20)).toBe('vm.suspend [-------')
  })
})

describe('a host’s address', () => {
  it.each([
    ['rack3', 'rack3', 443, 'rack3'],
    ['rack3.example.org:8443', 'rack3.example.org', 8443, 'rack3.example.org:8443'],
    ['192.0.2.10', '192.0.2.10', 443, '192.0.2.10'],
    ['https://192.0.2.10/', '192.0.2.10', 443, '192.0.2.10'],
    ['[2001:db8::1]:8443', '2001:db8::1', 8443, '[2001:db8::1]:8443'],
    ['2001:db8::1', '2001:db8::1', 443, '[2001:db8::1]'],
  ])('%s', (text, host, port, shown) => {
    expect(parseAddress(text)).toEqual({ host, port })
    expect(renderAddress(parseAddress(text))).toBe(shown)
  })

  it.each(['', 'a b', 'rack3:0', 'rack3:70000', 'http://rack3', 'rack3/v1', 'user@rack3'])('%j is none', (text) => {
    expect(() => parseAddress(text)).toThrow(Failure)
  })
})

describe('a fingerprint', () => {
  const good = Array.from({ length: 32 }, (_, n) => n.toString(16).padStart(2, '0').toUpperCase()).join(':')

  it.each([
    ['byte by byte', good],
    ['in groups, as the console shows it', good.replace(/((?:..:){7}..):/g, '$1  ')],
    ['in lower case', good.toLowerCase()],
    ['without colons', good.replaceAll(':', '')],
    ['as openssl prints it', `sha256=${good}`],
  ])('%s', (_name, text) => {
    expect(parseFingerprint(text, '--fingerprint')).toBe(good)
  })

  it.each([
    ['shorter', good.slice(3)],
    ['longer', `${good}:00`],
    ['of SHA-1', good.slice(0, 59)],
    ['of other letters', good.replace('0A', '0G')],
  ])('%s is refused', (_name, text) => {
    expect(() => parseFingerprint(text, '--fingerprint')).toThrow(
      '--fingerprint: must be a SHA-256 fingerprint, 32 bytes such as AA:BB:… (usage.invalid-value)',
    )
  })
})
