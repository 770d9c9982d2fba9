// One of many choices from a list; typing finds the one that starts so. Returns its value to the page beneath, or goes on from there.
import type { Choice } from './form.ts'
import { drawList, type ListState, listPosition, moveList, selectAt, selectedIndex } from './list.ts'
import { keyName, makePage, type Page, type PageCommand, type PageModule, pop, stay } from './page.ts'
import { theme } from './theme.ts'

interface State {
  readonly title: string
  readonly choices: readonly Choice[]
  readonly list: ListState
  /** In place of returning the value. */
  readonly goOn: ((value: string) => readonly PageCommand[]) | null
}

function idsOf({ choices }: State): readonly string[] {
  return choices.map(({ value }) => value)
}

const module: PageModule<State> = {
  title: ({ title }) => title,
  reduce(state, event, { rect }) {
    if (event.kind !== 'key') return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    const ids = idsOf(state)
    if (name === 'enter') {
      const value = ids[selectedIndex(state.list, ids)]
      return stay(state, ...(state.goOn === null || value === undefined ? [{ kind: 'pop', result: value } as const] : state.goOn(value)))
    }
    const labels = state.choices.map(({ label }) => label)
    const list = moveList(state.list, event.key, ids, rect.rows, labels)
    return stay(list === null ? state : { ...state, list })
  },
  draw(state, screen, { rect }) {
    drawList(screen, rect, state.choices.length, selectedIndex(state.list, idsOf(state)), (at) => [
      { text: state.choices[at]?.label ?? '', style: theme.body },
    ])
  },
  hints: (state, { rect }) => [
    'Enter Choose',
    'Type to find',
    'Esc Back',
    listPosition(state.choices.length, selectedIndex(state.list, idsOf(state)), rect.rows),
  ],
}

export function pickPage(title: string, choices: readonly Choice[], value: string, goOn: State['goOn'] = null): Page {
  const ids = choices.map((choice) => choice.value)
  return makePage(module, { title, choices, list: selectAt(ids, ids.indexOf(value)), goOn })
}
