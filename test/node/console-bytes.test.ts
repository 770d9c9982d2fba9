// What steps cost on a slow line: at 9600 baud, 960 bytes are a second.
import { describe, expect, it } from 'vitest'
import type { KeyName } from '../../control/src/console/keys.ts'
import { Painter, serialTerminal } from '../../control/src/console/painter.ts'
import { theme } from '../../control/src/console/theme.ts'
import { drawScreen } from '../../control/src/console/view.ts'
import { Console, manyTasks } from '../unit/console/play.ts'

/** Bytes that one more key sends. */
function cost(console: Console, ...keys: readonly KeyName[]): number {
  const painter = new Painter(serialTerminal, theme.body)
  painter.want(drawScreen(console.model))
  painter.next()
  console.press(...keys)
  painter.want(drawScreen(console.model))
  return painter.next().length
}

describe('on a serial line', () => {
  it('a step in a list costs two rows', () => {
    const console = new Console(manyTasks(60)).logIn().open('Tasks')
    expect(cost(console, 'down')).toBeLessThan(260)
    expect(cost(console, 'up')).toBeLessThan(260)
  })

  it('a step in the menu costs two entries and what is said about them', () => {
    expect(cost(new Console().logIn(), 'down')).toBeLessThan(500)
  })

  it('a typed character costs little', () => {
    const console = new Console().press('f2')
    expect(cost(console, 'tab')).toBeLessThan(80)
    const painter = new Painter(serialTerminal, theme.body)
    painter.want(drawScreen(console.model))
    painter.next()
    console.type('x')
    painter.want(drawScreen(console.model))
    expect(painter.next().length).toBeLessThan(40)
  })

  it('any page is there within three seconds', () => {
    expect(cost(new Console(), 'f2')).toBeLessThan(1_000)
    expect(cost(new Console().logIn(), 'f1')).toBeLessThan(2_880)
    expect(cost(new Console(manyTasks(60)).logIn(), 'enter')).toBeLessThan(2_880)
  })
})
