// What to send to one terminal next: remembers what it shows, offers only the newest screen, and keeps no queue.
import type { Screen, Style } from './cells.ts'
import { type Charset, renderDiff, renderErased } from './diff.ts'

/** Sent before anything is drawn anew: how this kind of terminal must behave. */
export interface TerminalKind {
  readonly charset: Charset
  readonly setup: string
}

// Both: auto-wrap off, no scroll region, origin mode off.
const common = '\x1b[?7l\x1b[r\x1b[?6l'

/** UTF-8 on, no blanking, no power-down. @source console_codes(4) */
export const linuxConsole: TerminalKind = { charset: 'utf-8', setup: `\x1b%G\x1b[9;0]\x1b[14;0]${common}` }

/**
 * ASCII as the character set in use, cursor and keypad keys in normal mode, and last a question for its size: the far corner's
 * position. What is drawn next puts the cursor where it belongs.
 */
export const serialTerminal: TerminalKind = { charset: 'ascii', setup: `\x1b(B\x0f\x1b[?1l\x1b>${common}\x1b[999;999H\x1b[6n` }

type Doubt = 'none' | 'repaint' | 'erase'

export class Painter {
  readonly #kind: TerminalKind
  readonly #fill: Style
  #shown: Screen | null = null
  #wanted: Screen | null = null
  #doubt: Doubt = 'erase'

  constructor(kind: TerminalKind, fill: Style) {
    this.#kind = kind
    this.#fill = fill
  }

  /** The screen that the terminal should show. An earlier one that was not sent yet is forgotten. */
  want(screen: Screen): void {
    this.#wanted = screen
  }

  /** The terminal may show anything: with `erase` it is cleared first, without everything is written over, which does not flicker. */
  doubt(erase: boolean): void {
    if (erase) this.#doubt = 'erase'
    else if (this.#doubt === 'none') this.#doubt = 'repaint'
  }

  /** The text to send now, empty when there is nothing new. It counts as shown from then on. */
  next(): string {
    const wanted = this.#wanted
    if (wanted === null) return ''
    const text = this.#render(wanted)
    this.#shown = wanted
    this.#doubt = 'none'
    return text
  }

  #render(wanted: Screen): string {
    const { charset, setup } = this.#kind
    if (this.#doubt === 'none') return renderDiff(this.#shown, wanted, charset)
    return setup + (this.#doubt === 'erase' ? renderErased(wanted, this.#fill, charset) : renderDiff(null, wanted, charset))
  }
}
