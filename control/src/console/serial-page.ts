// The serial console of a VM, used from here: a terminal within the screen. Ctrl-] leaves; every other key is the guest's.
import type { Screen } from './cells.ts'
import { feedGuest, type GuestTerminal, makeGuestTerminal } from './guest-terminal.ts'
import type { Rect } from './layout.ts'
import { putLine } from './layout.ts'
import { type Context, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { serialBytes } from './serial-keys.ts'
import { severityStyle } from './theme.ts'

interface State {
  readonly id: string
  readonly name: string
  readonly terminal: GuestTerminal
  readonly phase: 'opening' | 'open' | 'over'
  readonly message: string
}

/** What guests take a serial line for when nobody has told them otherwise. */
const guestSize = { columns: 80, rows: 24 }

/** All between the bars, from edge to edge. */
function areaOf(screen: Screen): Rect {
  return { column: 0, row: 1, columns: screen.columns, rows: screen.rows - 2 }
}

/** Copies cells; of a grid with more rows than there are, those around the cursor. */
function drawGrid(screen: Screen, rect: Rect, terminal: GuestTerminal, active: boolean): void {
  const { grid } = terminal
  const columns = Math.min(rect.columns, grid.columns)
  const rows = Math.min(rect.rows, grid.rows)
  const first = Math.max(0, Math.min(grid.row - rows + 1, grid.rows - rows))
  for (let row = 0; row < rows; row++) {
    const from = (first + row) * grid.columns
    const to = (rect.row + row) * screen.columns + rect.column
    screen.chars.set(grid.chars.subarray(from, from + columns), to)
    screen.styles.set(grid.styles.subarray(from, from + columns), to)
  }
  if (active && terminal.cursorShown) {
    screen.cursor = { column: rect.column + Math.min(grid.column, columns - 1), row: rect.row + grid.row - first }
  }
}

const module: PageModule<State> = {
  title: ({ name }) => `Serial console of ${name}`,
  grabsKeys: true,
  reduce(state, event) {
    switch (event.kind) {
      case 'opened':
        return stay(state, { kind: 'attach', path: `/v1/vms/${state.id}/console/serial` })
      case 'stream':
        if (event.state === 'open') return stay({ ...state, phase: 'open', message: '' })
        return stay({ ...state, phase: 'over', message: event.message })
      case 'received': {
        const { terminal, reply } = feedGuest(state.terminal, event.bytes)
        const next = { ...state, terminal }
        return reply === '' ? stay(next) : stay(next, { kind: 'send', text: reply })
      }
      case 'key': {
        const leave = event.key.kind === 'control' && event.key.letter === ']'
        if (leave || (state.phase === 'over' && event.key.kind === 'named')) return stay(state, pop)
        const text = serialBytes(event.key)
        return state.phase === 'open' && text !== '' ? stay(state, { kind: 'send', text }) : stay(state)
      }
      default:
        return stay(state)
    }
  },
  draw(state, screen, context: Context) {
    drawGrid(screen, areaOf(screen), state.terminal, state.phase === 'open')
    if (state.message === '') return
    putLine(screen, context.rect.column, screen.rows - 2, [{ text: state.message, style: severityStyle('warning') }], context.rect.columns)
  },
  hints: ({ phase }) => (phase === 'over' ? ['Esc Back'] : ['Ctrl-] Leave the console']),
}

export function serialPage(id: string, name: string): Page {
  const terminal = makeGuestTerminal(guestSize.columns, guestSize.rows)
  return makePage(module, { id, name, terminal, phase: 'opening', message: 'Opening ...' })
}
