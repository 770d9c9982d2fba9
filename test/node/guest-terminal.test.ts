// The terminal for a guest's serial port against one that nobody here wrote: what guests send shows the same on both, and nothing else breaks it.
import xterm from '@xterm/headless'
import { describe, expect, it } from 'vitest'
import { feedGuest, type GuestTerminal, makeGuestTerminal } from '../../control/src/console/guest-terminal.ts'
import { seeded } from '../unit/console/garbage.ts'

const size = { columns: 80, rows: 24 }

function shown({ grid }: GuestTerminal): string[] {
  return Array.from({ length: grid.rows }, (_, row) =>
    String.fromCharCode(...grid.chars.subarray(row * grid.columns, (row + 1) * grid.columns)).trimEnd(),
  )
}

async function byXterm(text: string): Promise<{ lines: string[]; cursor: readonly number[]; replies: string }> {
  const terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0 })
  let replies = ''
  terminal.onData((data) => {
    replies += data
  })
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  const buffer = terminal.buffer.active
  const lines = Array.from({ length: size.rows }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? '')
  const cursor = [Math.min(buffer.cursorX, size.columns - 1), buffer.cursorY]
  terminal.dispose()
  return { lines: lines.map((line) => line.trimEnd()), cursor, replies }
}

function byOurs(text: string, piece: number): { terminal: GuestTerminal; replies: string } {
  const bytes = new TextEncoder().encode(text)
  let terminal = makeGuestTerminal(size.columns, size.rows)
  let replies = ''
  for (let at = 0; at < bytes.length; at += piece) {
    const step = feedGuest(terminal, bytes.subarray(at, at + piece))
    terminal = step.terminal
    replies += step.reply
  }
  return { terminal, replies }
}

const login = '\r\nDebian GNU/Linux 13 web1 ttyS0\r\n\r\nweb1 login: root\r\nPassword: \r\nLast login\r\n'
const samples: Record<string, string> = {
  'a log-in': login,
  'a boot that scrolls': Array.from({ length: 60 }, (_, index) => `[    ${index}.1] line ${index}\r\n`).join(''),
  'long lines': `${'x'.repeat(200)}\r\nnext`,
  'colours and erasing': '\x1b[2J\x1b[H\x1b[1;31mred\x1b[0m \x1b[7mreverse\x1b[27m\x1b[5;10Hthere\x1b[1K\x1b[K\x1b[3Dx\x1b[0J',
  'an editor':
    '\x1b[?1049h\x1b[2J\x1b[1;24r\x1b[H~\r\n~\x1b[10;1Htext\x1b[2L\x1b[Mmore\x1b[4@ins\x1b[2P\x1b[3X\x1b[24;1H\x1b[7mstatus\x1b[m',
  'a region that scrolls': '\x1b[5;10r\x1b[10;1Ha\nb\nc\n\x1b[5;1H\x1bM\x1bMtop\x1b[r\x1b[2Scrolled\x1b[T',
  tabs: 'a\tb\tc\r\n\x1b7saved\x1b[20;20Hfar\x1b8back\b\bX',
  umlauts: 'Grüße, señor\r\n',
}

describe('a guest’s terminal', () => {
  it.each(Object.entries(samples))('shows %s as xterm does, in pieces of any size', async (_name, text) => {
    const theirs = await byXterm(text)
    for (const piece of [1, 3, 4096]) {
      const { terminal } = byOurs(text, piece)
      expect(shown(terminal)).toEqual(theirs.lines)
      expect([terminal.grid.column, terminal.grid.row]).toEqual(theirs.cursor)
    }
  })

  it('shows what a random program does with it as xterm does', async () => {
    const next = seeded(7)
    const pick = <T>(items: readonly T[]): T => items[next() % items.length] as T
    const number = () => 1 + (next() % 26)
    for (let round = 0; round < 60; round++) {
      let text = '\x1b[H'
      for (let step = 0; step < 80; step++) {
        text += pick([
          () => `word${number()}`,
          () => '\r\n',
          () => `\x1b[${number()};${number()}H`,
          () => `\x1b[${number()}${pick([...'ABCDGdEF'])}`,
          () => `\x1b[${next() % 3}${pick(['J', 'K'])}`,
          () => `\x1b[${number() % 4}${pick([...'LMP@X'])}`,
          () => `\x1b[${pick([0, 1, 7, 31, 44])}m`,
          () => '\x1b[3;12r',
          () => '\x1b[r',
          () => '\x1bM',
        ])()
      }
      const theirs = await byXterm(text)
      const { terminal } = byOurs(text, 4096)
      expect(shown(terminal)).toEqual(theirs.lines)
      expect([terminal.grid.column, terminal.grid.row]).toEqual(theirs.cursor)
    }
  })

  it('tells where the cursor is and what it is, and answers nothing else', () => {
    expect(byOurs('\x1b[5;7H\x1b[6n\x1b[c\x1b[5n', 4096).replies).toBe('\x1b[5;7R\x1b[?6c\x1b[0n')
    expect(byOurs('\x1b]10;?\x07\x1bP+q544e\x1b\\\x1b[>c\x1b[18t\x1b]52;c;?\x07', 4096).replies).toBe('')
  })
})
