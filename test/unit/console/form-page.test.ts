// A page of a form: its fields by keys, what it loads and sends, problems at their fields, the question before what is dangerous.
import { describe, expect, it } from 'vitest'
import { makeScreen, screenText } from '../../../control/src/console/cells.ts'
import { checkboxField, choiceField, numberField, textField } from '../../../control/src/console/form.ts'
import { type FormSpec, formPage } from '../../../control/src/console/form-page.ts'
import { textAt } from '../../../control/src/console/json.ts'
import { putProgress } from '../../../control/src/console/surface.ts'
import { theme } from '../../../control/src/console/theme.ts'
import { administrator, Console, said } from './play.ts'

const zones = Array.from({ length: 40 }, (_, index) => ({ value: `z${index}`, label: `Zone ${index}` }))

const spec: FormSpec = {
  title: 'Clock',
  intro: 'Where the time comes from.',
  load: '/v1/clock',
  fields: (loaded) => [
    textField('server', 'Server', { value: textAt(loaded, 'server'), help: 'A name or an address.' }),
    numberField('port', 'Port', { value: textAt(loaded, 'port') }),
    choiceField('mode', 'Mode', [
      { value: 'slow', label: 'Slowly' },
      { value: 'step', label: 'At once' },
    ]),
    choiceField('zone', 'Zone', zones, { value: 'z3' }),
    checkboxField('on', 'Used', true),
  ],
  check: ({ server }) => (server === '' ? [{ field: 'server', message: 'must not be empty' }] : []),
  send: ({ server, port, mode, zone, on }, _loaded, etag) => ({
    ...{ method: 'PUT', path: '/v1/clock', body: { server, port: Number(port), mode, zone, on: on === 'true' } },
    ...(etag === null ? {} : { ifMatch: etag }),
  }),
  confirm: ({ mode }) => (mode === 'step' ? { effect: ['The time jumps.'], action: 'Set', dangerous: true } : null),
  done: 'The clock was set.',
}

function opened(answers = {}): Console {
  const loaded = said({ status: 200, body: { server: 'ntp.example', port: 123 }, etag: '"7"' })
  const console = new Console({ ...administrator, 'GET /v1/clock': loaded, 'PUT /v1/clock': said({ status: 204 }), ...answers }).logIn()
  const page = formPage(spec)
  const top = console.model.stack.at(-1)
  if (top === undefined) throw new Error('no menu')
  // As an entry of the menu would.
  const menu = { ...top.page, reduce: () => ({ page: top.page, commands: [{ kind: 'push' as const, page }] }) }
  console.model = { ...console.model, stack: [{ ...top, page: menu }] }
  return console.press('enter')
}

const sent = (console: Console) => console.requests.find(({ method }) => method === 'PUT')

describe('a form', () => {
  it('is filled with what was loaded, edited, and sent with the version that was loaded', () => {
    const console = opened()
    expect(console.text).toMatch(/Server {4}\[ntp\.example /)
    expect(console.text).toContain('A name or an address.')
    console.press('home').type('x.').press('end', 'backspace', 'left', 'delete').type('z')
    console.press('down').type('4a').press('down', 'right', 'left', 'down', 'down').type(' ').press('enter')
    expect(sent(console)).toMatchObject({
      ifMatch: '"7"',
      body: { server: 'x.ntp.exampz', port: 1234, mode: 'slow', zone: 'z3', on: false },
    })
    expect(console.lines[0]).toContain('Menu')
    expect(console.text).toContain('The clock was set.')
  })

  it('offers a long choice as a list in which typing finds', () => {
    const console = opened().press('down', 'down', 'down').type(' ')
    expect(console.lines[0]).toContain('Zone')
    expect(console.text).toContain('> Zone 3')
    console.type('zone 27').press('enter', 'f10')
    expect(sent(console)).toMatchObject({ body: { zone: 'z27' } })
  })

  it('shows what is wrong at its field, and what is of no field below', () => {
    const console = opened().press({ kind: 'control', letter: 'u' }, 'f10')
    expect(console.text).toContain('must not be empty')
    expect(sent(console)).toBeUndefined()
    const problems = [
      { code: 'clock.port.too-large', field: 'port', message: 'must be at most 100' },
      { code: 'clock.other', field: 'moon', message: 'is not there' },
    ]
    console.answer({ 'PUT /v1/clock': said({ status: 422, body: { detail: 'No.', problems } }) })
    console.type('a').press('f10')
    const row = console.lines.findIndex((line) => line.includes('must be at most 100'))
    expect(console.lines[row - 1]).toContain('Port')
    expect(console.text).toContain('moon is not there')
    console.type('9')
    expect(console.text).not.toContain('must be at most 100')
  })

  it('says that nobody knows when no answer came, and takes no keys while it waits', () => {
    const console = opened()
    console.answer({ 'PUT /v1/clock': said({ status: 503, body: { detail: 'The store is full.' } }) })
    console.press('f10')
    expect(console.text).toContain('The store is full.')
  })

  it('asks before what is dangerous, and does it on F11 only', () => {
    const console = opened().press('down', 'down', 'right', 'f10')
    expect(console.text).toContain('The time jumps.')
    console.press('enter')
    expect(sent(console)).toBeUndefined()
    console.press('f11')
    expect(sent(console)).toMatchObject({ body: { mode: 'step' } })
    expect(console.lines[0]).toContain('Menu')
  })

  it('says why it could not be loaded', () => {
    const console = opened({ 'GET /v1/clock': said({ status: 403, body: { detail: 'You may not.' } }) })
    expect(console.text).toContain('You may not.')
    expect(console.press('escape').lines[0]).toContain('Menu')
  })
})

describe('progress', () => {
  it.each([
    [0, '....................   0 %'],
    [50, '##########..........  50 %'],
    [200, '#################### 100 %'],
  ])('is a bar and a figure: %d of 100', (done, text) => {
    const screen = makeScreen(30, 1, theme.body)
    putProgress(screen, { column: 0, row: 0, columns: 26, rows: 1 }, done, 100)
    expect(screenText(screen)[0]?.replaceAll('█', '#').replaceAll('░', '.')).toBe(text)
  })
})
