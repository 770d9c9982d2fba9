// The console on the serial line, as somebody drives it: log-in, pages by their headings, and the menu.
import { menuEntries } from '../../control/src/console/menu.ts'
import type { Appliance } from '../harness/appliance.ts'
import { until } from '../harness/wait.ts'

/** Keys of a terminal without function keys. */
export const ESC = '\x1b\x1b'
export const F = (number: number) => `\x1b${'1234567890-='[number - 1]}`
export const DOWN = '\x1b[B'
export const UP = '\x1b[A'

export class ConsoleMenu {
  readonly #appliance: Appliance

  constructor(appliance: Appliance) {
    this.#appliance = appliance
  }

  /** The screen once it matches. */
  shown(pattern: RegExp): Promise<string> {
    const { screen, machine, patience } = this.#appliance
    return screen.waitFor(pattern, patience(15_000), machine.died)
  }

  /** The screen once a page has this heading, in its first row. */
  page(title: string): Promise<string> {
    return this.shown(new RegExp(`^  Corbel \\S+ +${title.replaceAll(/[()?]/g, '\\$&')}`))
  }

  async logIn(password = this.#appliance.password): Promise<void> {
    this.#appliance.screen.type(F(2))
    await this.shown(/Password/)
    this.#appliance.screen.type(`${password}\r`)
    await this.page('Menu')
  }

  /** Moves the mark of the menu to an entry, by as many keys as it takes. */
  async choose(title: string): Promise<void> {
    const { screen, patience } = this.#appliance
    const indexOf = (entry: string) => menuEntries.findIndex((one) => one.title === entry)
    let mark = await until('a mark', () => this.#marked(), { timeoutMs: patience(10_000) })
    // Keys of before may still be on their way, and move it as well.
    for (let n = 0; n < 2 * menuEntries.length && mark !== title; n++) {
      const before = mark
      screen.type(indexOf(title) < indexOf(before) ? UP : DOWN)
      const another = async () => {
        const now = await this.#marked()
        return now === before ? null : now
      }
      mark = await until('another mark', another, { timeoutMs: patience(10_000), seen: () => before })
    }
    if (mark !== title) throw new Error(`the mark is at ${mark}, and should be at ${title}`)
  }

  /** The entry of the menu that is marked; null while the menu is being drawn. */
  async #marked(): Promise<string | null> {
    const mark = /^ +> (.*?) {2}/m.exec(await this.#appliance.screen.text())?.[1]?.trim()
    return menuEntries.find(({ title }) => title === mark)?.title ?? null
  }
}
