// The menu: what can be opened on the left, how it is now and what it is for on the right.
import { refusalOf } from './answers.ts'
import { fillSpan, glyphs, putGlyphs, type Screen } from './cells.ts'
import { putLine, type Rect, wrap } from './layout.ts'
import { emptyList, type ListState, listTop, moveList, selectedIndex } from './list.ts'
import { type MenuEntry, menuEntries, menuGroups } from './menu.ts'
import { type Context, keyName, makePage, type Page, type PageCommand, type PageModule, pop, stay } from './page.ts'
import { may } from './session.ts'
import { theme } from './theme.ts'

interface State {
  readonly list: ListState
  /** Of each entry that was selected, what its value's path answered last. */
  readonly values: Readonly<Record<string, unknown>>
}

const menuColumns = 32
const valueMs = 5_000

function offered({ session }: Context): readonly MenuEntry[] {
  return menuGroups.flatMap((group) => menuEntries.filter((entry) => entry.group === group && may(session, entry.permission)))
}

function idsOf(context: Context): readonly string[] {
  return offered(context).map(({ id }) => id)
}

function selected(state: State, context: Context): MenuEntry | undefined {
  return offered(context)[selectedIndex(state.list, idsOf(context))]
}

type Row = { readonly kind: 'heading'; readonly text: string } | { readonly kind: 'entry'; readonly entry: MenuEntry }

/** Without the headings where these would leave too little room for the entries. */
function rowsOf(context: Context): readonly Row[] {
  const all = rowsWithHeadings(context)
  return all.length <= context.rect.rows ? all : all.filter(({ kind }) => kind === 'entry')
}

function rowsWithHeadings(context: Context): readonly Row[] {
  const entries = offered(context)
  return menuGroups.flatMap((group): readonly Row[] => {
    const own = entries.filter((entry) => entry.group === group)
    return own.length === 0 ? [] : [{ kind: 'heading', text: group }, ...own.map((entry): Row => ({ kind: 'entry', entry }))]
  })
}

function drawMenu(screen: Screen, rect: Rect, state: State, context: Context): void {
  const rows = rowsOf(context)
  const chosen = selected(state, context)
  const index = rows.findIndex((row) => row.kind === 'entry' && row.entry === chosen)
  // The last page is full, too.
  const top = Math.max(0, Math.min(listTop(index, rect.rows), rows.length - rect.rows))
  for (const [at, row] of rows.slice(top, top + rect.rows).entries()) {
    const y = rect.row + at
    if (row.kind === 'heading') {
      putLine(screen, rect.column, y, [{ text: row.text, style: theme.label }], rect.columns)
      continue
    }
    const on = row.entry === chosen
    if (on) fillSpan(screen, rect.column, y, rect.columns, theme.selected)
    putLine(
      screen,
      rect.column,
      y,
      [{ text: `${on ? '>' : ' '} ${row.entry.title}`, style: on ? theme.selected : theme.body }],
      rect.columns,
    )
  }
}

function valueLines(entry: MenuEntry, state: State, context: Context): readonly string[] {
  if (entry.value === undefined) return []
  return entry.id in state.values ? entry.value.lines(state.values[entry.id], context) : ['...']
}

function drawRight(screen: Screen, rect: Rect, entry: MenuEntry, state: State, context: Context): void {
  let row = 0
  const put = (text: string, style: number) => {
    if (row < rect.rows) putLine(screen, rect.column, rect.row + row, [{ text, style }], rect.columns)
    row++
  }
  put(entry.title, theme.frameTitle)
  row++
  const value = valueLines(entry, state, context)
  for (const line of value.flatMap((text) => wrap(text, rect.columns))) put(line, theme.value)
  if (value.length > 0) row++
  for (const line of wrap(entry.help, rect.columns)) put(line, theme.body)
}

function opened({ open }: MenuEntry, context: Context): PageCommand {
  return open === 'log-out' ? { kind: 'log-out' } : { kind: 'push', page: open(context) }
}

const module: PageModule<State> = {
  title: () => 'Menu',
  polls(state, context) {
    const entry = selected(state, context)
    return entry?.value === undefined ? [] : [{ id: entry.id, path: entry.value.path, everyMs: valueMs }]
  },
  reduce(state, event, context) {
    if (event.kind === 'answer') {
      const fine = event.answer.kind === 'answered' && refusalOf(event.answer) === null
      return stay(fine ? { ...state, values: { ...state.values, [event.id]: event.answer.body } } : state)
    }
    if (event.kind === 'returned') return stay(state, { kind: 'poll' })
    if (event.kind !== 'key') return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    const entry = selected(state, context)
    if (name === 'enter' && entry !== undefined) return stay(state, opened(entry, context))
    const entries = offered(context)
    const labels = entries.map(({ title }) => title)
    const list = moveList(state.list, event.key, idsOf(context), context.rect.rows, labels)
    return stay(list === null ? state : { ...state, list })
  },
  draw(state, screen, context) {
    const { rect } = context
    drawMenu(screen, { ...rect, columns: menuColumns }, state, context)
    for (let row = 0; row < rect.rows; row++)
      putGlyphs(screen, rect.column + menuColumns + 1, rect.row + row, glyphs.vertical, 1, theme.frame)
    const entry = selected(state, context)
    const right = { ...rect, column: rect.column + menuColumns + 4, columns: rect.columns - menuColumns - 4 }
    if (entry !== undefined) drawRight(screen, right, entry, state, context)
  },
  hints: () => ['Enter Open', 'Esc Log out', 'F12 Power'],
}

export function menuPage(): Page {
  return makePage(module, { list: emptyList, values: {} })
}
