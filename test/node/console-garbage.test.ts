// Garbage typed, and garbage in all that a host says: a real terminal shows the screen as it was meant, whatever comes, on every size.
import xterm from '@xterm/headless'
import { describe, expect, it } from 'vitest'
import type { Screen } from '../../control/src/console/cells.ts'
import { decodeKeys, initialKeyState } from '../../control/src/console/keys.ts'
import { linuxConsole, Painter, serialTerminal } from '../../control/src/console/painter.ts'
import { fillerChar } from '../../control/src/console/sanitize.ts'
import { theme } from '../../control/src/console/theme.ts'
import { drawScreen } from '../../control/src/console/view.ts'
import { garbage, seeded } from '../unit/console/garbage.ts'
import { Console, said } from '../unit/console/play.ts'
import { normalStatus } from '../unit/console/samples.ts'
import { ids, vmAnswers, vmOf } from '../unit/console/vms-samples.ts'

const sizes = [
  [80, 24],
  [100, 30],
  [160, 50],
  [81, 25],
  [79, 24],
  [300, 100],
] as const

/** Cells as text, each row as wide as the screen. */
function cellsOf(screen: Screen): string[] {
  return Array.from({ length: screen.rows }, (_, row) => {
    const units = screen.chars.subarray(row * screen.columns, (row + 1) * screen.columns)
    return String.fromCharCode(...units.filter((unit) => unit !== fillerChar)).trimEnd()
  })
}

class Shown {
  terminal = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true, scrollback: 0 })
  readonly painter = new Painter(linuxConsole, theme.body)

  async paint(screen: Screen): Promise<void> {
    if (this.terminal.cols !== screen.columns || this.terminal.rows !== screen.rows) {
      this.terminal.dispose()
      this.terminal = new xterm.Terminal({ cols: screen.columns, rows: screen.rows, allowProposedApi: true, scrollback: 0 })
      this.terminal.write('left from before\r\n'.repeat(30))
      this.painter.doubt(true)
    }
    this.painter.want(screen)
    const text = this.painter.next()
    await new Promise<void>((resolve) => this.terminal.write(text, resolve))
    const buffer = this.terminal.buffer.active
    const lines = Array.from(
      { length: screen.rows },
      (_, row) =>
        buffer
          .getLine(buffer.baseY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    )
    expect(lines).toEqual(cellsOf(screen))
  }
}

function hostile(next: () => number): Record<string, unknown> {
  const text = () => garbage(next, 12)
  const vms = ids.map((id) => ({ ...vmOf(id, text()), status: { powerState: text(), lastExit: { reason: text(), at: text() } } }))
  return {
    ...vmAnswers,
    'GET /v1/vms': { items: vms },
    ...Object.fromEntries(vms.map((vm) => [`GET /v1/vms/${vm.id}`, said({ status: 200, body: vm, etag: '"1"' })])),
    ...Object.fromEntries(ids.map((id) => [`GET /v1/vms/${id}/console/log`, garbage(next, 400)])),
    'GET /v1/events': { items: Array.from({ length: 30 }, () => ({ at: text(), severity: text(), message: garbage(next, 40) })) },
    'GET /v1/tasks': { items: [{ id: text(), kind: text(), state: text(), createdAt: text(), by: text() }, 7, null, 'x'] },
  }
}

describe('the console', () => {
  it.each([1, 2, 3, 4])('stays whole whatever is typed and said, and however it is resized (seed %d)', async (seed) => {
    const next = seeded(seed)
    const console = new Console(hostile(next), 80, 24)
    const shown = new Shown()
    let keys = initialKeyState
    for (let round = 0; round < 150; round++) {
      const what = next() % 10
      if (what === 0) {
        const [columns, rows] = sizes[next() % sizes.length] ?? [80, 24]
        console.event({ kind: 'resized', columns, rows })
      } else if (what === 1) {
        const name = garbage(next, 10)
        const status = { ...normalStatus, hostname: name, health: [{ severity: 'error' as const, message: garbage(next, 60) }] }
        console.event({ kind: 'answered', status })
      } else if (what === 2) console.press('escape', 'escape', 'escape').logIn()
      else if (what === 3) console.press('home').press('enter')
      else if (what === 4) console.open('Events').press('page-down')
      else if (what === 5) console.open('VMs').press('enter', 'down', 'enter')
      else if (what === 6) {
        const attached = console.commands.findLast((command) => command.kind === 'attach')
        const stream = attached?.kind === 'attach' ? attached.stream : 0
        console.event({ kind: 'stream', stream, state: 'open', message: '' })
        console.event({ kind: 'received', stream, bytes: Buffer.from(garbage(next, 300), 'latin1') })
        if (next() % 2 === 0) console.press({ kind: 'control', letter: ']' })
      } else {
        const decoded = decodeKeys(keys, Buffer.from(garbage(next, 20), 'latin1'))
        keys = decoded.state
        for (const key of decoded.keys) if (key.kind !== 'cursor-report') console.press(key)
      }
      await shown.paint(drawScreen(console.model))
    }
  })

  it('sends nothing but ASCII to a serial line', () => {
    const next = seeded(9)
    const console = new Console(hostile(next)).logIn().open('VMs').press('enter')
    const painter = new Painter(serialTerminal, theme.body)
    for (const key of ['enter', 'escape', 'escape', 'down', 'down', 'enter'] as const) {
      console.press(key)
      painter.want(drawScreen(console.model))
      expect(painter.next()).toMatch(/^[\r\n\x0f\x1b -~]*$/)
    }
  })
})
