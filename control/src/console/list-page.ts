// Makes a page of a list from what is particular to it: what is polled, the columns, the keys and what they do. The selection stays with its item.
import { noticeOf, refusalOf } from './answers.ts'
import type { Screen } from './cells.ts'
import type { KeyName } from './keys.ts'
import { putLine, wrap } from './layout.ts'
import { type Column, drawTable, emptyList, type ListState, listPosition, moveList, selectedIndex } from './list.ts'
import {
  type Answer,
  type Context,
  keyName,
  makePage,
  type Page,
  type PageCommand,
  type PageEvent,
  type PageModule,
  type PageStep,
  pop,
  stay,
} from './page.ts'
import { may } from './session.ts'
import { severityStyle, theme } from './theme.ts'

export interface ListKey<Item> {
  readonly key: KeyName
  /** A verb for the bottom line: `Start`. */
  readonly hint: string
  /** Not offered without it. */
  readonly permission?: string
  /** Offered where nobody has logged in, too. */
  readonly anyone?: true
  /** Whether it makes sense for the selected item, which is null in an empty list. */
  when?(item: Item | null): boolean
  run(item: Item, context: Context, items: readonly Item[]): readonly PageCommand[]
  /** Works on an empty list, too; `run` then gets null as its item. */
  readonly always?: true
}

export interface ListSpec<Item> {
  readonly title: string
  readonly path: string
  readonly everyMs: number
  items(body: unknown): readonly Item[]
  id(item: Item): string
  readonly columns: readonly Column<Item>[]
  /** In place of an empty list. */
  readonly empty: string
  readonly keys: readonly ListKey<Item>[]
  /** What typing finds an item by. */
  label?(item: Item): string
  /** Notices of requests made by keys: by the request's id, what is said when it has been done. */
  readonly done?: Readonly<Record<string, string>>
  /** Lines below the list about the selected item, at most `detailRows`. */
  detail?(item: Item): string
  readonly detailRows?: number
}

interface State<Item> {
  readonly spec: ListSpec<Item>
  readonly list: ListState
  /** Null before the first answer. */
  readonly items: readonly Item[] | null
  readonly error: string | null
}

const keyLabels: Readonly<Record<string, string>> = { enter: 'Enter', delete: 'Del', insert: 'Ins' }

function labelOfKey(key: KeyName): string {
  return keyLabels[key] ?? key.toUpperCase()
}

function idsOf<Item>({ spec, items }: State<Item>): readonly string[] {
  return (items ?? []).map((item) => spec.id(item))
}

function detailRows<Item>({ spec }: State<Item>): number {
  return spec.detail === undefined ? 0 : (spec.detailRows ?? 2) + 1
}

/** Without the heading and the detail. */
function listRows<Item>(state: State<Item>, { rect }: Context): number {
  return Math.max(1, rect.rows - 1 - detailRows(state))
}

function selected<Item>(state: State<Item>): Item | null {
  return state.items?.[selectedIndex(state.list, idsOf(state))] ?? null
}

function offered<Item>(state: State<Item>, { session }: Context): readonly ListKey<Item>[] {
  const item = selected(state)
  return state.spec.keys.filter(
    (key) =>
      (item !== null || key.always === true) && (key.anyone === true || may(session, key.permission ?? null)) && (key.when?.(item) ?? true),
  )
}

function polled<Item>(state: State<Item>, answer: Answer): PageStep<State<Item>> {
  if (answer.kind === 'unanswered') return stay({ ...state, error: 'The host does not answer.' })
  const refusal = refusalOf(answer)
  if (refusal !== null) return stay({ ...state, error: refusal })
  const next = { ...state, items: state.spec.items(answer.body), error: null }
  // Where the selection is now is remembered, for when its item goes.
  const index = selectedIndex(next.list, idsOf(next))
  const list = index < 0 ? next.list : { ...next.list, index, selected: idsOf(next)[index] ?? null }
  return stay({ ...next, list })
}

function reduce<Item>(state: State<Item>, event: PageEvent, context: Context): PageStep<State<Item>> {
  if (event.kind === 'answer') {
    if (event.id === 'list') return polled(state, event.answer)
    return stay(state, noticeOf(event.answer, state.spec.done?.[event.id] ?? 'Done.'), { kind: 'poll' })
  }
  if (event.kind === 'returned') return stay(state, { kind: 'poll' })
  if (event.kind !== 'key') return stay(state)
  const name = keyName(event)
  if (name === 'escape') return stay(state, pop)
  const action = offered(state, context).find(({ key }) => key === name)
  if (action !== undefined) return stay(state, ...action.run(selected(state) as Item, context, state.items ?? []))
  const { label } = state.spec
  const labels = label === undefined ? undefined : state.items?.map((item) => label(item))
  const list = moveList(state.list, event.key, idsOf(state), listRows(state, context), labels)
  return stay(list === null ? state : { ...state, list })
}

function draw<Item>(state: State<Item>, screen: Screen, context: Context): void {
  const { rect } = context
  const { spec, items, error } = state
  const below = detailRows(state)
  const index = selectedIndex(state.list, idsOf(state))
  const message = (row: number, text: string, style: number) => putLine(screen, rect.column + 2, row, [{ text, style }], rect.columns - 2)
  if (items === null) message(rect.row, error ?? 'Loading ...', error === null ? theme.body : severityStyle('error'))
  else if (items.length === 0) message(rect.row, error ?? spec.empty, error === null ? theme.body : severityStyle('error'))
  else drawTable(screen, { ...rect, rows: listRows(state, context) + 1 }, spec.columns, items, index)
  const item = selected(state)
  if (below === 0 || item === null) return
  const lines = error === null ? wrap(spec.detail?.(item) ?? '', rect.columns - 2) : [error]
  for (const [at, text] of lines.slice(0, below - 1).entries()) message(rect.row + rect.rows - below + 1 + at, text, theme.body)
}

function hints<Item>(state: State<Item>, context: Context): readonly string[] {
  const actions = offered(state, context).map(({ key, hint }) => `${labelOfKey(key)} ${hint}`)
  const position = listPosition((state.items ?? []).length, selectedIndex(state.list, idsOf(state)), listRows(state, context))
  return [...actions, 'Esc Back', position]
}

export function listPage<Item>(spec: ListSpec<Item>): Page {
  const module: PageModule<State<Item>> = {
    title: () => spec.title,
    polls: () => [{ id: 'list', path: spec.path, everyMs: spec.everyMs }],
    reduce,
    draw,
    hints,
  }
  return makePage(module, { spec, list: emptyList, items: null, error: null })
}
