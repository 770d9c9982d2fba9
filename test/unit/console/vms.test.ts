// VMs at the console: what is offered in which state and to whom, what is asked of the API, the serial log and the serial console.
import { describe, expect, it } from 'vitest'
import { plainLines } from '../../../control/src/console/plain-lines.ts'
import { serialBytes } from '../../../control/src/console/serial-keys.ts'
import { Console, said } from './play.ts'
import { ids, vmAnswers } from './vms-samples.ts'

const [web, , old] = ids
const accepted = said({ status: 202, body: {} })

function opened(answers = {}, name = 'web1'): Console {
  return new Console({ ...vmAnswers, ...answers }).logIn().open('VMs').type(name).press('enter')
}

function last(console: Console) {
  return console.requests.findLast(({ method }) => method !== 'GET')
}

describe('the list of VMs', () => {
  it('shows state, size and autostart, and keeps its selection when VMs come and go', () => {
    const console = new Console(vmAnswers).logIn().open('VMs')
    expect(console.text).toMatch(/> web1 +running +2 +4,096 MiB +yes/)
    expect(console.text).toMatch(/db1 +paused: out of space /)
    console.press('down', 'down')
    console.answer({ 'GET /v1/vms': { items: [] } })
    console.tick(6_000)
    expect(console.text).toContain('There are no VMs.')
    console.answer({ 'GET /v1/vms': vmAnswers['GET /v1/vms'] })
    console.tick(12_000)
    expect(console.text).toContain('> old')
  })
})

describe('a VM', () => {
  it.each([
    ['web1', ['Shut down', 'Use the serial console', 'Do not start it with the host', 'Reset', 'Power off'], ['  Start     ', 'Resume']],
    ['db1', ['Resume', 'Start it with the host', 'Power off'], ['Shut down', '  Start     ']],
    ['old', ['> Start ', 'Read the serial log'], ['Shut down', 'Power off', 'Reset', 'serial console']],
  ])('offers what makes sense: %s', (name, offered, others) => {
    const { text } = opened({}, name)
    for (const act of offered) expect(text).toContain(act)
    for (const act of others) expect(text).not.toContain(act)
  })

  it('is started at once', () => {
    const console = opened({ [`POST /v1/vms/${old}/power-on`]: accepted }, 'old').press('enter')
    expect(last(console)).toMatchObject({ path: `/v1/vms/${old}/power-on`, token: 'the-token' })
    expect(console.text).toContain('It is being started.')
  })

  it('is shut down after Enter, and powered off and reset after F11 only', () => {
    const answers = Object.fromEntries(['shutdown', 'power-off', 'reset'].map((verb) => [`POST /v1/vms/${web}/${verb}`, accepted]))
    const console = opened(answers).type('shut').press('enter')
    expect(console.text).toContain('Shut down: web1')
    console.press('enter')
    expect(last(console)).toMatchObject({ path: `/v1/vms/${web}/shutdown` })
    for (const [title, verb] of [
      ['power off', 'power-off'],
      ['reset', 'reset'],
    ] as const) {
      const before = console.requests.length
      console.type(title).press('enter', 'enter')
      expect(console.requests).toHaveLength(before)
      console.press('f11')
      expect(last(console)).toMatchObject({ path: `/v1/vms/${web}/${verb}` })
    }
  })

  it('says why it was not started', () => {
    const refusal = said({
      status: 409,
      body: { detail: 'There is not enough memory: 4,096 MiB are asked for, 512 MiB are left.', problems: [] },
    })
    const console = opened({ [`POST /v1/vms/${old}/power-on`]: refusal }, 'old').press('enter')
    expect(console.text).toContain('not enough memory')
  })

  it('is set not to start with the host, on the version that was seen', () => {
    const console = opened({ [`PATCH /v1/vms/${web}`]: said({ status: 200, body: {} }) })
      .type('do not')
      .press('enter')
    expect(last(console)).toMatchObject({ method: 'PATCH', ifMatch: '"3"', body: { autostart: { enabled: false } } })
  })

  it('offers a viewer what may be read, and nothing else', () => {
    const { text } = opened({ 'GET /v1/me': { permissions: ['vm.view'] } })
    expect(text).toContain('> Read the serial log')
    for (const act of ['Shut down', 'serial console', 'host', 'Reset']) expect(text).not.toContain(`  ${act}`)
  })
})

describe('the serial log', () => {
  it('is lines without instructions to a terminal, the end first', () => {
    const console = opened().type('read').press('enter')
    expect(console.text).toContain('Booting web1')
    expect(console.text).toContain('100 %')
    expect(console.text).not.toContain('50 %')
    console.type('/').type('boot').press('enter')
    expect(console.text).not.toContain('Not found')
  })

  it('has its lines cut to the width, the latest kept', () => {
    expect(plainLines('abcdefgh\nx\n', 4, 10)).toEqual(['abcd', 'efgh', 'x'])
    expect(plainLines('1\n2\n3\n', 4, 2)).toEqual(['2', '3'])
    expect(plainLines('pass\b\b\bit', 20, 2)).toEqual(['pit'])
    expect(plainLines('\x1b]0;title\x07a\x1bP1$r\x1b\\b\x1b[?25l\x1b(Bc', 20, 2)).toEqual(['abc'])
  })
})

describe('the serial console', () => {
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
  function attached(): { console: Console; stream: number } {
    const console = opened().type('use').press('enter')
    const attach = console.commands.findLast((command) => command.kind === 'attach')
    expect(attach).toMatchObject({ path: `/v1/vms/${web}/console/serial`, token: 'the-token' })
    const stream = attach?.kind === 'attach' ? attach.stream : 0
    console.event({ kind: 'stream', stream, state: 'open', message: '' })
    return { console, stream }
  }

  it('shows what the guest says within the screen, and sends it every key but Ctrl-]', () => {
    const { console, stream } = attached()
    console.event({ kind: 'received', stream, bytes: bytes('\x1b[2J\x1b[Hweb1 login: ') })
    expect(console.lines[1]).toBe('web1 login:')
    expect(console.lines[0]).toContain('Serial console of web1')
    const before = console.commands.length
    console.type('é').press('f2', 'escape', 'f12', 'f5', { kind: 'control', letter: 'c' })
    expect(console.commands.slice(before)).toEqual(
      ['é', '\x1bOQ', '\x1b', '\x1b[24~', '\x1b[15~', '\x03'].map((text) => ({ kind: 'send', stream, text })),
    )
    console.press({ kind: 'control', letter: ']' })
    expect(console.commands.at(-1)).toMatchObject({ path: `/v1/vms/${web}` })
    expect(console.commands).toContainEqual({ kind: 'detach', stream })
    expect(console.lines[0]).toContain('VM web1')
  })

  it('says that it has ended, and why it was refused', () => {
    const { console, stream } = attached()
    console.event({ kind: 'stream', stream, state: 'ended', message: 'The console has ended.' })
    expect(console.text).toContain('The console has ended.')
    expect(console.press('escape').lines[0]).toContain('VM web1')
    console.press('enter')
  })

  it('is closed with the session', () => {
    const { console, stream } = attached()
    console.tick(700_000)
    expect(console.commands).toContainEqual({ kind: 'detach', stream })
    expect(console.text).toContain('F2 Customize')
  })

  it('sends control characters as a terminal does', () => {
    expect(serialBytes({ kind: 'control', letter: '\\' })).toBe('\x1c')
    expect(serialBytes({ kind: 'cursor-report', row: 1, column: 1 })).toBe('')
  })
})
