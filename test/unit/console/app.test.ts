// What keys, answers and silence do to the console, up to the text on its screen.
import { describe, expect, it } from 'vitest'
import { type Command, type Event, initialModel, type Model, reduce } from '../../../control/src/console/app.ts'
import { screenText } from '../../../control/src/console/cells.ts'
import type { Key, KeyName } from '../../../control/src/console/keys.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import { answeredModel, statuses } from './samples.ts'

const named = (name: KeyName): Key => ({ kind: 'named', name })
const typed = (text: string): Key[] => [...text].map((char) => ({ kind: 'char', char }))

/** Runs keys and events one after the other; the commands of all. */
function play(model: Model, steps: readonly (Key | Event)[]): { model: Model; commands: Command[] } {
  let current = model
  const commands: Command[] = []
  for (const entry of steps) {
    const event: Event = 'key' in entry || !isKey(entry) ? (entry as Event) : { kind: 'key', key: entry }
    const step = reduce(current, event)
    current = step.model
    commands.push(...step.commands)
  }
  return { model: current, commands }
}

function isKey(entry: Key | Event): entry is Key {
  return ['named', 'char', 'control', 'cursor-report'].includes(entry.kind)
}

const setup = answeredModel(statuses.setup, 80, 25)
const text = (model: Model) => screenText(drawScreen(model)).join('\n')
const good = 'correct horse battery'
const sent = (request: number): Command => ({
  ...{ kind: 'request', request, method: 'POST', path: '/v1/setup', body: { password: good }, token: null, timeoutMs: 20_000 },
})
const answer = (status: number, body: unknown): Event => ({
  ...{ kind: 'answer', request: 1, answer: { kind: 'answered', status, body, etag: null, retryAfterSeconds: null } },
})

describe('the first password', () => {
  it('is sent once it has been typed twice', () => {
    const { model, commands } = play(setup, [...typed(good), named('enter'), ...typed(good), named('enter')])
    expect(commands).toEqual([sent(1)])
    expect(text(model)).toContain('Setting the password')
  })

  it('is never drawn', () => {
    const { model } = play(setup, typed('secret-secret'))
    expect(text(model)).toContain(`[${'*'.repeat(13)} `)
    expect(text(model)).not.toContain('secret')
  })

  it.each([
    ['too short', 'short', 'short', 'The password has 5 characters; it needs at least 12.'],
    ['typed differently', good, `${good}!`, 'The two passwords differ.'],
  ])('is not sent when it is %s', (_name, first, second, error) => {
    const { model, commands } = play(setup, [...typed(first), named('tab'), ...typed(second), named('enter')])
    expect(commands).toEqual([])
    expect(text(model)).toContain(error)
    expect(text(play(model, [named('backspace')]).model)).not.toContain(error)
  })

  it('can be corrected and cleared', () => {
    const steps = [...typed('abc'), named('backspace'), named('down'), ...typed('x'), named('up'), ...typed('é')]
    const { model } = play(setup, steps)
    expect(model.setup?.form.fields.map(({ value }) => value)).toEqual(['abé', 'x'])
    const cleared = play(model, [named('escape')]).model
    expect(cleared.setup?.form.fields.map(({ value }) => value)).toEqual(['', ''])
    expect(play(model, [{ kind: 'control', letter: 'u' }]).model.setup?.form.fields.map(({ value }) => value)).toEqual(['', 'x'])
  })

  it('takes 128 characters and not one more', () => {
    const { model } = play(setup, typed('y'.repeat(200)))
    expect(model.setup?.form.fields[0]?.value).toHaveLength(128)
    expect(text(model)).toContain(`[${'*'.repeat(47)} ]`)
  })

  const send = [...typed(good), named('enter'), ...typed(good), named('enter')]
  it('takes no keys while it is under way', () => {
    const waiting = play(setup, send).model
    expect(play(waiting, [...typed('x'), named('enter')])).toEqual({ model: waiting, commands: [] })
  })

  it.each([
    [
      'a refusal',
      answer(422, { detail: 'No.', problems: [{ field: 'password', message: 'must not have control characters' }] }),
      'must not have',
    ],
    ['no answer', { kind: 'answer', request: 1, answer: { kind: 'unanswered' } } as const, 'not known whether'],
  ])('is forgotten after %s, which is shown', (_name, outcome, shown) => {
    const { model, commands } = play(setup, [...send, outcome])
    expect(text(model)).toContain(shown)
    expect(model.setup?.form.fields.map(({ value }) => value)).toEqual(['', ''])
    expect(commands.at(-1)).toEqual({ kind: 'poll' })
  })

  it('is forgotten with its form once the API has one', () => {
    const done = play(setup, [...send, answer(204, undefined), { kind: 'answered', status: statuses.normal }])
    expect(done.model.setup).toBeNull()
    expect(JSON.stringify(done.model)).not.toContain(good)
    const elsewhere = play(setup, [...typed(good), { kind: 'answered', status: statuses.normal }])
    expect(JSON.stringify(elsewhere.model)).not.toContain(good)
  })
})

describe('the management service', () => {
  const start = initialModel(80, 25, false)
  it('counts as starting before its first answer, and as away when that takes too long', () => {
    expect(text(play(start, [{ kind: 'unanswered', sinceStartMs: 5_000 }]).model)).toContain('The management service is starting')
    expect(text(play(start, [{ kind: 'unanswered', sinceStartMs: 31_000 }]).model)).toContain('Management service not answering')
  })

  it('is shown as away at once after an answer, with what was known, and as back by itself', () => {
    const away = play(answeredModel(statuses.normal, 80, 25), [{ kind: 'unanswered', sinceStartMs: 5_000 }]).model
    expect(text(away)).toContain('Management service not answering')
    expect(text(away)).toContain('https://10.0.2.15/')
    expect(text(away)).toContain('last answer 2026-11-21 01:22:05 UTC')
    expect(text(play(away, [{ kind: 'answered', status: statuses.normal }]).model)).toContain('Management service answers')
  })

  it('keeps a half-typed password while it is away', () => {
    const away = play(setup, [...typed('half'), { kind: 'unanswered', sinceStartMs: 5_000 }]).model
    expect(play(away, [{ kind: 'answered', status: statuses.setup }]).model.setup?.form.fields[0]?.value).toBe('half')
  })
})

describe('the screen', () => {
  const normal = answeredModel(statuses.normal, 80, 25)
  it.each([
    ['F5', named('f5')],
    ['Ctrl-L', { kind: 'control', letter: 'l' } as const],
  ])('is drawn anew on %s', (_name, key) => {
    expect(play(normal, [key]).commands).toContainEqual({ kind: 'redraw' })
    expect(play(setup, [key]).commands).toContainEqual({ kind: 'redraw' })
  })

  it('does nothing on any other key', () => {
    const keys = [named('enter'), named('f11'), named('escape'), ...typed('root'), { kind: 'control', letter: 'c' } as const]
    expect(play(normal, keys)).toEqual({ model: normal, commands: [] })
  })

  it('follows a new size', () => {
    const step = reduce(normal, { kind: 'resized', columns: 160, rows: 50 })
    expect(step.commands).toEqual([{ kind: 'redraw' }])
    expect(screenText(drawScreen(step.model))).toHaveLength(50)
    expect(reduce(step.model, { kind: 'resized', columns: 160, rows: 50 }).commands).toEqual([])
  })

  it('takes its size from a cursor report on a serial line only, and within bounds', () => {
    const report: Key = { kind: 'cursor-report', row: 9999, column: 9999 }
    expect(play(normal, [report]).model).toBe(normal)
    expect(play(initialModel(80, 24, true), [report]).model).toMatchObject({ columns: 300, rows: 100 })
    expect(play(initialModel(80, 24, true), [{ kind: 'cursor-report', row: 0, column: 0 }]).model).toMatchObject({ columns: 1, rows: 1 })
  })

  it('can be drawn at every size, however small', () => {
    for (const status of Object.values(statuses)) {
      for (const columns of [1, 5, 79, 80, 81, 133]) {
        for (const rows of [1, 2, 23, 24, 25, 60]) expect(screenText(drawScreen(answeredModel(status, columns, rows)))).toHaveLength(rows)
      }
    }
  })
})
