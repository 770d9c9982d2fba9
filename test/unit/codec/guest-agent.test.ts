// What is made of an agent's words: claims that can be shown, within limits, or nothing.
import { describe, expect, it } from 'vitest'
import {
  MalformedReply,
  parseAgentReply,
  parseCount,
  parseFreezeStatus,
  parseHostName,
  parseInterfaces,
  parseOsInfo,
  parseSupportedCommands,
  renderAgentCommand,
} from '../../../control/src/codec/guest-agent.ts'

const address = (ip: string, prefix: unknown = 24) => ({ 'ip-address': ip, 'ip-address-type': 'ipv4', prefix })
const network = (name: string, ...addresses: unknown[]) => ({ name, 'hardware-address': '52:54:00:12:34:5A', 'ip-addresses': addresses })

describe('a command', () => {
  it.each<[string, string, Readonly<Record<string, unknown>> | undefined, string]>([
    ['without arguments', 'guest-info', undefined, '{"execute":"guest-info"}\n'],
    ['with arguments', 'guest-shutdown', { mode: 'powerdown' }, '{"execute":"guest-shutdown","arguments":{"mode":"powerdown"}}\n'],
    [
      'with nanoseconds, as a whole number',
      'guest-set-time',
      { time: 1_767_225_600_000 * 1_000_000 },
      '{"execute":"guest-set-time","arguments":{"time":1767225600000000000}}\n',
    ],
  ])('%s is one line', (_what, command, commandArguments, line) => {
    expect(renderAgentCommand(command, commandArguments)).toBe(line)
  })
})

describe('an answer', () => {
  it('is what the command returns', () => {
    expect(parseAgentReply('{"return": {"a": [1]}}')).toEqual({ kind: 'return', value: { a: [1] } })
    expect(parseAgentReply('{"return": null}\r')).toEqual({ kind: 'return', value: null })
  })

  it('is an error, whose words are kept only if they can be shown', () => {
    expect(parseAgentReply('{"error": {"class": "GenericError", "desc": "no room", "more": 1}}')).toEqual({
      ...{ kind: 'error', errorClass: 'GenericError', description: 'no room' },
    })
    expect(parseAgentReply('{"error": {"class": 7, "desc": "\\u001b[2J"}}')).toEqual({
      ...{ kind: 'error', errorClass: 'unknown', description: 'no description' },
    })
  })

  it.each([
    ['no JSON', '{"return"'],
    ['a list', '[]'],
    ['a number', '7'],
    ['nothing', '{}'],
    ['an error that is none', '{"error": "x"}'],
    ['too deep', `{"return": ${'['.repeat(100)}${']'.repeat(100)}}`],
    ['meant for JavaScript', '{"return": {"__proto__": {"polluted": true}}}'],
  ])('is refused when it is %s', (_what, line) => {
    expect(() => parseAgentReply(line)).toThrow(MalformedReply)
  })
})

describe('the commands that are supported', () => {
  it('are those that are enabled', () => {
    const command = (name: unknown, enabled: unknown) => ({ name, enabled, 'success-response': true })
    const commands = [command('guest-ping', true), command('guest-exec', false), command(7, true)]
    expect([...parseSupportedCommands({ version: '9.0', supported_commands: commands })]).toEqual(['guest-ping'])
  })

  it.each([[null], [{}], [{ supported_commands: {} }], [{ supported_commands: ['guest-ping'] }]])('are not told by %j', (value) => {
    expect(() => parseSupportedCommands(value)).toThrow(MalformedReply)
  })
})

describe('a hostname', () => {
  it.each([
    ['as usual', 'web1.example', 'web1.example'],
    ['in other letters', 'büro-東京', 'büro-東京'],
    ['as long as can be', 'a'.repeat(255), 'a'.repeat(255)],
    ['too long', 'a'.repeat(256), null],
    ['empty', '', null],
    ['with a line break', 'a\nb', null],
    ['with an escape', '\u001b]0;x\u0007', null],
    ['with a C1 control', 'a\u009bb', null],
    ['written backwards', 'a\u202eb', null],
    ['with a mark of no width', 'a\u200bb', null],
    ['with half a character', 'a\ud800b', null],
    ['with a private character', 'a\ue000', null],
    ['that is a number', 7, null],
  ])('%s', (_what, claimed, shown) => {
    expect(parseHostName({ 'host-name': claimed })).toBe(shown)
  })

  it('is not told by what is no object', () => {
    expect(() => parseHostName('web1')).toThrow(MalformedReply)
  })
})

describe('the operating system', () => {
  it('has the names that people know', () => {
    const debian = {
      ...{
        id: 'debian',
        name: 'Debian GNU/Linux',
        'pretty-name': 'Debian GNU/Linux 13 (trixie)',
        version: '13 (trixie)',
        'version-id': '13',
      },
      ...{ machine: 'x86_64', 'kernel-release': '6.12.48', 'kernel-version': '#1 SMP' },
    }
    expect(parseOsInfo(debian)).toEqual({ id: 'debian', name: 'Debian GNU/Linux 13 (trixie)', version: '13', kernel: '6.12.48' })
    expect(parseOsInfo({ name: 'Arch', version: 'rolling' })).toEqual({ id: null, name: 'Arch', version: 'rolling', kernel: null })
    expect(parseOsInfo({ name: ['x'], id: {}, 'pretty-name': '\u0000' })).toEqual({ id: null, name: null, version: null, kernel: null })
  })
})

describe('the addresses', () => {
  it('are those of each interface, the loopback left out', () => {
    const lo = network('lo', address('127.0.0.1', 8), address('::1', 128), address('0:0:0:0:0:0:0:1', 128))
    const en = network('enp1s0', address('10.213.0.2'), address('FE80::1', 64))
    const none = { name: 'bond0', 'hardware-address': '52:54:00:12:34:5b' }
    expect(parseInterfaces([lo, en, none])).toEqual([
      { interface: 'enp1s0', mac: '52:54:00:12:34:5a', address: '10.213.0.2', prefixLength: 24 },
      { interface: 'enp1s0', mac: '52:54:00:12:34:5a', address: 'fe80::1', prefixLength: 64 },
    ])
  })

  it.each<[string, unknown]>([
    ['no address', address('10.213.0.256')],
    ['a name', address('web1')],
    ['markup', address('<b>')],
    ['an address with a zone', address('fe80::1%2', 64)],
    ['a prefix that is too long', address('10.0.0.1', 33)],
    ['a prefix below zero', address('10.0.0.1', -1)],
    ['a prefix in halves', address('10.0.0.1', 23.5)],
    ['a prefix in words', address('10.0.0.1', 'many')],
    ['no prefix', { 'ip-address': '10.0.0.1' }],
  ])('leave out %s', (_what, bad) => {
    expect(parseInterfaces([network('a', bad, address('10.0.0.2'))]).map((one) => one.address)).toEqual(['10.0.0.2'])
  })

  it('leave out an interface whose name cannot be shown, and a MAC address that is none', () => {
    const [found] = parseInterfaces([
      network('a\u0007', address('10.0.0.1')),
      { ...network('b', address('10.0.0.2')), 'hardware-address': 'x' },
    ])
    expect(found).toEqual({ interface: 'b', mac: null, address: '10.0.0.2', prefixLength: 24 })
    expect(parseInterfaces([network('x'.repeat(65), address('10.0.0.1'))])).toEqual([])
  })

  it('are 16 of an interface, of 32 interfaces, and 64 in all at most', () => {
    const many = Array.from({ length: 20 }, (_, index) => address(`10.0.0.${index + 1}`))
    expect(parseInterfaces([network('a', ...many)])).toHaveLength(16)
    expect(parseInterfaces(Array.from({ length: 40 }, (_, index) => network(`if${index}`, address('10.0.0.1'))))).toHaveLength(32)
    expect(parseInterfaces(Array.from({ length: 40 }, (_, index) => network(`if${index}`, ...many)))).toHaveLength(64)
  })

  it.each([[{}], ['x'], [[7]], [[{ name: 'a', 'ip-addresses': 'x' }]], [[{ name: 'a', 'ip-addresses': [null] }]]])(
    'are not told by %j',
    (value) => {
      expect(() => parseInterfaces(value)).toThrow(MalformedReply)
    },
  )
})

describe('the freezing of file systems', () => {
  it('is on or off, and counts', () => {
    expect([parseFreezeStatus('frozen'), parseFreezeStatus('thawed')]).toEqual([true, false])
    expect([parseCount(0), parseCount(3)]).toEqual([0, 3])
  })

  it.each([['maybe'], [true], [null]])('is not told by %j', (value) => {
    expect(() => parseFreezeStatus(value)).toThrow(MalformedReply)
  })

  it.each([[-1], [1.5], ['3'], [null], [1e300]])('is not counted by %j', (value) => {
    expect(() => parseCount(value)).toThrow(MalformedReply)
  })
})
