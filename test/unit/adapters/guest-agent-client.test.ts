// Every question to a guest agent ends, whatever the guest does: in its answer, its error, the close of the channel, a deadline or a limit of bytes.
import { beforeEach, describe, expect, it } from 'vitest'
import { GuestAgentClient, MAX_HEARD_BYTES, MAX_REPLY_BYTES } from '../../../control/src/adapters/guest-agent-client.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { decodeAscii, MemoryChannel } from '../../fakes/memory-channel.ts'
import { FakeRandom } from '../../fakes/random.ts'

let clock: FakeClock
let channel: MemoryChannel
let client: GuestAgentClient

beforeEach(() => {
  clock = new FakeClock()
  channel = new MemoryChannel()
  client = new GuestAgentClient(channel, clock, decodeAscii)
})

type End = { readonly value: unknown } | { readonly code: string }

function ended(asked: Promise<unknown>): Promise<End> {
  return asked.then(
    (value) => ({ value }),
    (error: { readonly code: string }) => ({ code: error.code }),
  )
}

const ask = (command = 'guest-get-host-name') => ended(client.execute(command, undefined, 5_000))

describe('a command', () => {
  it('ends in its return, and nothing is read before the next', async () => {
    const end = ask()
    await clock.advance(0)
    expect(await end).toEqual({ value: { 'host-name': null } })
    expect([channel.paused, clock.pendingTimers]).toEqual([true, 0])
  })

  it.each([
    ['GenericError', 'guest-agent.error'],
    ['CommandNotFound', 'guest-agent.unsupported'],
  ])('ends in its error %s, and the conversation goes on', async (errorClass, code) => {
    channel.guest.answers.set('guest-get-osinfo', `{"error": {"class": "${errorClass}", "desc": "no"}}\n`)
    const end = ask('guest-get-osinfo')
    await clock.advance(0)
    expect(await end).toEqual({ code })
    const next = ask()
    await clock.advance(0)
    expect(await next).toEqual({ value: { 'host-name': null } })
  })

  it('ends at its deadline, and the channel with it', async () => {
    channel.guest.behaviour = 'silent'
    const end = ask()
    await clock.advance(4_999)
    expect(channel.closed).toBe(false)
    await clock.advance(1)
    expect(await end).toEqual({ code: 'guest-agent.timeout' })
    expect([channel.closed, client.isClosed]).toEqual([true, true])
    expect(await ask()).toEqual({ code: 'guest-agent.absent' })
  })

  it('ends when the channel closes', async () => {
    channel.guest.behaviour = 'silent'
    const end = ask()
    channel.close()
    expect(await end).toEqual({ code: 'guest-agent.absent' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('is understood in pieces, and with an empty line before', async () => {
    channel.guest.answers.set('guest-get-host-name', null)
    const end = ask()
    await clock.advance(0)
    for (const byte of '\n{"return": {"host-name": "web1"}}\n') channel.guest.write(byte)
    expect(await end).toEqual({ value: { 'host-name': 'web1' } })
  })

  it.each<[string, string]>([
    ['no JSON', 'hello\n'],
    ['half of it', '{"return": \n'],
    ['no UTF-8', '{"return": "\u00fe"}\n'],
    ['no object', '7\n'],
    ['an empty object', '{}\n'],
    ['a line that never ends', '{"return": "'.padEnd(MAX_REPLY_BYTES + 1, 'x')],
    ['empty lines without end', '\n'.repeat(MAX_HEARD_BYTES + 1)],
  ])('ends when the answer is %s', async (_what, answer) => {
    channel.guest.answers.set('guest-get-host-name', answer)
    const end = ask()
    await clock.advance(0)
    expect(await end).toEqual({ code: 'guest-agent.malformed' })
    expect([channel.closed, clock.pendingTimers]).toEqual([true, 0])
  })

  it('may have an answer as long as the limit, and no longer', async () => {
    const around = '{"return": ""}'.length
    channel.guest.answers.set('guest-info', `{"return": "${'x'.repeat(MAX_REPLY_BYTES - around)}"}\n`)
    const end = ask('guest-info')
    await clock.advance(0)
    expect(await end).toEqual({ value: 'x'.repeat(MAX_REPLY_BYTES - around) })
    channel.guest.answers.set('guest-info', `{"return": "${'x'.repeat(MAX_REPLY_BYTES - around + 1)}"}\n`)
    const next = ask('guest-info')
    await clock.advance(0)
    expect(await next).toEqual({ code: 'guest-agent.malformed' })
  })
})

describe('an announcement', () => {
  const announce = () => ended(client.announce('guest-shutdown', { mode: 'powerdown' }, 2_000))

  it('ends well when nothing comes, or the agent goes', async () => {
    const end = announce()
    await clock.advance(2_000)
    expect([await end, channel.guest.shutdowns]).toEqual([{ value: undefined }, 1])
    channel = new MemoryChannel()
    client = new GuestAgentClient(channel, clock, decodeAscii)
    const next = announce()
    channel.close()
    expect(await next).toEqual({ value: undefined })
  })

  it.each([
    ['a refusal', 'failing', 'guest-agent.error'],
    ['nonsense', 'malformed', 'guest-agent.malformed'],
  ] as const)('ends in %s', async (_what, behaviour, code) => {
    channel.guest.behaviour = behaviour
    const end = announce()
    await clock.advance(0)
    expect(await end).toEqual({ code })
  })
})

describe('synchronising', () => {
  const synchronise = (id = 42) => ended(client.synchronise(id, 5_000))

  it('makes the guest forget half a command, and skips what was said before', async () => {
    channel.guest.hear(Uint8Array.from('{"execute": "guest-', (character) => character.charCodeAt(0)))
    channel.guest.answers.set('guest-sync-delimited', null)
    const end = synchronise()
    await clock.advance(0)
    expect(channel.guest.asked).toEqual(['guest-sync-delimited'])
    channel.guest.write('{"return": {"late": true}}\nhalf a li')
    channel.guest.write('\u00ff{"return": 41}\n\u00ffnonsense\n{"return": 42}\n\u00ff{"error": {"class": "GenericError", "desc": "x"}}\n')
    channel.guest.write('\u00ff{"return": 42}\n')
    expect(await end).toEqual({ value: undefined })
    channel.guest.answers.clear()
    const next = ask()
    await clock.advance(0)
    expect(await next).toEqual({ value: { 'host-name': null } })
  })

  it('ends when the guest says more than can be waited for', async () => {
    channel.guest.answers.set('guest-sync-delimited', 'x'.repeat(1000).concat('\n').repeat(2000))
    const end = synchronise()
    await clock.advance(0)
    expect(await end).toEqual({ code: 'guest-agent.malformed' })
    expect(channel.closed).toBe(true)
  })

  it('ends at its deadline when only wrong numbers come', async () => {
    channel.guest.answers.set('guest-sync-delimited', '\u00ff{"return": 7}\n')
    const end = synchronise()
    await clock.advance(5_000)
    expect(await end).toEqual({ code: 'guest-agent.timeout' })
  })
})

describe('a guest that talks unasked', () => {
  it('is not read: it waits, and what it said is skipped later', async () => {
    for (let turn = 0; turn < 100; turn++) channel.guest.write('{"return": "unasked"}\n'.repeat(1000))
    expect(channel.readBytes).toBe(0)
    const end = ended(client.synchronise(1, 5_000))
    await clock.advance(0)
    expect(await end).toEqual({ value: undefined })
  })
})

describe('random words', () => {
  it('end each question, and never make more of themselves than the limits', async () => {
    const random = new FakeRandom(11)
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\n',
      '\u00ff',
      '{"return": ',
      '{"error": ',
      '{"return": 1}\n',
      '\u00ff{"return": 1}\n',
      'null',
      '\\u0000',
    ]
    const below = (count: number) => ((random.bytes(2)[0] ?? 0) * 256 + (random.bytes(2)[1] ?? 0)) % count
    for (let round = 0; round < 500; round++) {
      channel = new MemoryChannel()
      client = new GuestAgentClient(channel, clock, decodeAscii)
      channel.guest.behaviour = 'silent'
      const asked = ended(below(2) === 0 ? client.synchronise(1, 5_000) : client.execute('guest-info', undefined, 5_000))
      for (let word = 0; word < 40; word++) {
        channel.guest.write(below(8) === 0 ? String.fromCharCode(...random.bytes(below(600))) : (pieces[below(pieces.length)] ?? ''))
      }
      await clock.advance(5_000)
      const end = await asked
      const codes = ['guest-agent.timeout', 'guest-agent.malformed', 'guest-agent.error', 'guest-agent.unsupported']
      if (!('value' in end || codes.includes(end.code))) throw new Error(`round ${round} ended in ${JSON.stringify(end)}`)
      expect(clock.pendingTimers).toBe(0)
      expect(channel.readBytes).toBeLessThan(MAX_HEARD_BYTES)
    }
  })
})
