// One VM: what can be done with it on the left, what it is and how it does on the right.
import { noticeOf, refusalOf } from './answers.ts'
import { glyphs, putGlyphs, type Screen } from './cells.ts'
import { dialogPage } from './dialog-page.ts'
import { formatCount, formatTime } from './format.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import { type Line, putLine, putLines, wrap } from './layout.ts'
import { drawList, emptyList, type ListState, moveList, selectedIndex } from './list.ts'
import { type Context, keyName, makePage, type Page, type PageModule, type PageStep, pop, stay } from './page.ts'
import { may } from './session.ts'
import { severityStyle, theme } from './theme.ts'
import { type VmAct, vmActs } from './vm-acts.ts'
import { stateOf, stateStyle } from './vm-state.ts'

interface State {
  readonly id: string
  readonly name: string
  /** As answered last, with its ETag. */
  readonly vm: { readonly value: unknown; readonly etag: string | null } | null
  readonly error: string | null
  readonly list: ListState
}

const everyMs = 2_000
const listColumns = 31
const labelColumns = 11

function offered({ vm }: State, { session }: Context): readonly VmAct[] {
  return vm === null ? [] : vmActs.filter(({ permission, when }) => may(session, permission) && when(vm.value))
}

function idsOf(state: State, context: Context): readonly string[] {
  return offered(state, context).map(({ id }) => id)
}

function start(state: State, act: VmAct): PageStep<State> {
  const command = act.run(state.id, state.vm?.value, state.vm?.etag ?? null)
  if (act.question === undefined) return stay(state, command)
  const { effect, action, dangerous } = act.question
  const question = { title: `${act.title}: ${state.name}`, effect: [effect], action, dangerous, commands: [command] }
  return stay(state, { kind: 'push', page: dialogPage(question) })
}

function pairsOf(vm: unknown): readonly (readonly [string, string])[] {
  const disks = listAt(vm, 'spec.disks').map((disk): readonly [string, string] => [
    `Disk ${textAt(disk, 'slot')}`,
    `${textAt(disk, 'datastore')}/${textAt(disk, 'file')} (${textAt(disk, 'bus')})`,
  ])
  const nics = listAt(vm, 'spec.nics').map((nic): readonly [string, string] => [
    `NIC ${textAt(nic, 'slot')}`,
    [textAt(nic, 'mac'), textAt(nic, 'network') || textAt(nic, 'mode'), textAt(nic, 'model')].filter((part) => part !== '').join('  '),
  ])
  const addresses = listAt(vm, 'status.guest.claims.addresses').map((item) => textAt(item, 'address') || textAt({ item }, 'item'))
  const exit = textAt(vm, 'status.lastExit.reason')
  return [
    ['vCPUs', textAt(vm, 'spec.vcpus')],
    ['Memory', `${formatCount(numberAt(vm, 'spec.memoryMiB') ?? 0)} MiB`],
    ['Firmware', textAt(vm, 'spec.firmware')],
    ['Pool', textAt(vm, 'spec.pool')],
    ...disks,
    ...nics,
    ['Autostart', flagAt(vm, 'spec.autostart.enabled') ? `yes, order ${textAt(vm, 'spec.autostart.order')}` : 'no'],
    ['Started', formatTime(textAt(vm, 'status.startedAt'))],
    ['Last exit', exit === '' ? '' : `${exit}, ${formatTime(textAt(vm, 'status.lastExit.at'))}`],
    ['Agent', textAt(vm, 'status.guest.agent')],
    ['Guest says', addresses.join(', ')],
    ['ID', textAt(vm, 'id')],
  ]
}

function linesOf(vm: unknown, columns: number): readonly Line[] {
  const state: Line = [
    { text: 'State'.padEnd(labelColumns), style: theme.label },
    { text: stateOf(vm), style: stateStyle(vm) },
  ]
  const others = pairsOf(vm).flatMap(([label, value]) =>
    wrap(value, columns - labelColumns).map(
      (text, index): Line => [
        { text: (index === 0 ? label : '').padEnd(labelColumns), style: theme.label },
        { text, style: theme.body },
      ],
    ),
  )
  return [state, ...others]
}

function draw(state: State, screen: Screen, context: Context): void {
  const { rect } = context
  if (state.vm === null || state.error !== null) {
    const style = state.error === null ? theme.body : severityStyle('error')
    putLine(screen, rect.column, rect.row, [{ text: state.error ?? 'Loading ...', style }], rect.columns)
    return
  }
  const acts = offered(state, context)
  drawList(screen, { ...rect, columns: listColumns }, acts.length, selectedIndex(state.list, idsOf(state, context)), (at) => [
    { text: acts[at]?.title ?? '', style: theme.body },
  ])
  for (let row = 0; row < rect.rows; row++)
    putGlyphs(screen, rect.column + listColumns + 1, rect.row + row, glyphs.vertical, 1, theme.frame)
  const right = { ...rect, column: rect.column + listColumns + 4, columns: rect.columns - listColumns - 4 }
  putLine(screen, right.column, right.row, [{ text: textAt(state.vm.value, 'spec.name'), style: theme.frameTitle }], right.columns)
  putLines(screen, { ...right, row: right.row + 2, rows: right.rows - 2 }, linesOf(state.vm.value, right.columns))
}

const module: PageModule<State> = {
  title: ({ name }) => `VM ${name}`,
  polls: ({ id }) => [{ id: 'vm', path: `/v1/vms/${id}`, everyMs }],
  reduce(state, event, context) {
    if (event.kind === 'answer') {
      const { answer, id } = event
      if (id !== 'vm') return stay(state, noticeOf(answer, vmActs.find((act) => act.id === id)?.done ?? 'Done.'), { kind: 'poll' })
      if (answer.kind === 'unanswered') return stay({ ...state, error: 'The host does not answer.' })
      const refusal = refusalOf(answer)
      if (refusal !== null) return stay({ ...state, error: refusal })
      return stay({ ...state, vm: { value: answer.body, etag: answer.etag }, error: null })
    }
    if (event.kind === 'returned') return stay(state, { kind: 'poll' })
    if (event.kind !== 'key') return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    const acts = offered(state, context)
    const ids = idsOf(state, context)
    const act = acts[selectedIndex(state.list, ids)]
    if (name === 'enter') return act === undefined || state.error !== null ? stay(state) : start(state, act)
    const labels = acts.map(({ title }) => title)
    const list = moveList(state.list, event.key, ids, context.rect.rows, labels)
    return stay(list === null ? state : { ...state, list })
  },
  draw,
  hints: (state, context) => [...(offered(state, context).length > 0 ? ['Enter Do it'] : []), 'Esc Back'],
}

export function vmPage(id: string, name: string): Page {
  return makePage(module, { id, name, vm: null, error: null, list: emptyList })
}
