// A change of the network that waits: seen on every screen, kept by F9 and undone by F6, by whoever stands there.
import { describe, expect, it } from 'vitest'
import { serialPage } from '../../../control/src/console/serial-page.ts'
import { administrator, Console, said } from './play.ts'
import { statuses } from './samples.ts'

const answers = {
  ...administrator,
  'POST /v1/console/network/confirm': said({ status: 204 }),
  'POST /v1/console/network/undo': said({ status: 204 }),
}
const waiting = () => new Console(answers).event({ kind: 'answered', status: statuses['network-waits'] })
const settling = (console: Console) => console.requests.filter(({ path }) => path.startsWith('/v1/console/network/'))

describe('a change of the network that waits', () => {
  it('is told with its time on the status screen, in the menu and over a dialog', () => {
    const told = 'Change of the network: undone in 42 s.   F9 Keep   F6 Undo'
    const console = waiting()
    expect(console.lines[1]).toContain(told)
    expect(console.logIn().lines[1]).toContain(told)
    expect(console.press('f12', 'enter').lines[1]).toContain(told)
    console.event({ kind: 'answered', status: statuses.normal })
    expect(console.lines[1]?.trim()).toBe('')
  })

  it.each([
    ['f9', 'confirm', 'The change of the network is kept.'],
    ['f6', 'undo', 'The change of the network is being undone.'],
  ] as const)('is settled by %s without a log-in, on any page', (key, act, sentence) => {
    for (const console of [waiting(), waiting().logIn(), waiting().press('f2')]) {
      console.press(key)
      expect(settling(console)).toMatchObject([{ method: 'POST', path: `/v1/console/network/${act}`, token: null, body: {} }])
      expect(console.text).toContain(sentence)
      expect(console.commands.at(-1)).toEqual({ kind: 'poll' })
    }
  })

  it('is told in the console of a VM with the key that has to come first', () => {
    const console = waiting()
    console.model = { ...console.model, stack: [{ id: 7, page: serialPage('1', 'web1'), polled: {}, stream: null }] }
    expect(console.lines[1]).toContain('undone in 42 s.  Ctrl-], F9 Keep, F6 Undo')
    console.press('f9')
    expect(settling(console)).toEqual([])
    console.press({ kind: 'control', letter: ']' }, 'f9')
    expect(settling(console)).toHaveLength(1)
  })

  it('cannot be settled any more when the host says so', () => {
    const console = waiting()
    console.answer({ 'POST /v1/console/network/confirm': said({ status: 409, body: { detail: 'The change is being undone.' } }) })
    expect(console.press('f9').text).toContain('ERROR  The change is being undone.')
  })

  it('tells no seconds that are old', () => {
    const console = waiting().event({ kind: 'unanswered', sinceStartMs: 60_000 })
    expect(console.lines[1]).toContain('Change of the network: undone unless kept.')
  })

  it.each([
    ['applying', 'The network is being changed.'],
    ['undoing', 'The change of the network is being undone.'],
  ] as const)('is told while it is %s', (phase, sentence) => {
    const status = { ...statuses.normal, network: { pending: { secondsLeft: 60, phase }, replacements: 0 } }
    expect(new Console().event({ kind: 'answered', status }).lines[1]).toContain(sentence)
  })

  it('has no keys while there is none', () => {
    expect(new Console(answers).logIn().press('f9', 'f6').requests.at(-1)?.path).not.toContain('/v1/console/network')
  })
})
