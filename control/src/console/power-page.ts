// F12: restarting and shutting down the host, with what that means for the VMs that run.
import { noticeOf, refusalOf } from './answers.ts'
import { dialogPage } from './dialog-page.ts'
import { formatPlural } from './format.ts'
import { drawList, emptyList, type ListState, moveList, selectedIndex } from './list.ts'
import { type Context, keyName, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { may } from './session.ts'
import { putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  readonly list: ListState
  /** Asked for, and being done. */
  readonly under: string | null
}

interface Act {
  readonly id: string
  readonly title: string
  readonly action: string
  readonly path: string
  readonly effect: string
}

const acts: readonly Act[] = [
  {
    id: 'restart',
    title: 'Restart this host',
    action: 'Restart',
    path: '/v1/host/restart',
    effect: 'The host restarts. VMs that start by themselves are started again afterwards.',
  },
  {
    id: 'power-off',
    title: 'Shut down this host',
    action: 'Shut down',
    path: '/v1/host/power-off',
    effect: 'The host powers off. Somebody has to switch it on again.',
  },
]

const ids = acts.map(({ id }) => id)

function vmSentence({ status }: Context): string {
  const running = status?.vms.running ?? 0
  if (running === 0) return 'No VM is running.'
  const names = (status?.vms.runningNames ?? []).slice(0, 8).join(', ')
  const more = running > 8 ? ', and others' : ''
  return `${formatPlural(running, 'VM is', 'VMs are')} running (${names}${more}). Each is asked to shut down first; one that does not is powered off when its time is up.`
}

const module: PageModule<State> = {
  title: () => powerTitle,
  reduce(state, event, context) {
    if (event.kind === 'answer') {
      const act = acts.find(({ id }) => id === event.id)
      const refused = refusalOf(event.answer) !== null
      return stay({ ...state, under: refused ? null : event.id }, noticeOf(event.answer, `${act?.action ?? ''}: VMs are being shut down.`))
    }
    if (event.kind !== 'key') return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    const act = acts[selectedIndex(state.list, ids)]
    if (name === 'enter' && act !== undefined && state.under === null && may(context.session, 'host.power')) {
      const { title, action, path, effect, id } = act
      const commands = [{ kind: 'request', id, method: 'POST', path, body: {} }] as const
      return stay(state, {
        kind: 'push',
        page: dialogPage({ title, action, dangerous: true, effect: [vmSentence(context), effect], commands }),
      })
    }
    const list = moveList(state.list, event.key, ids, acts.length)
    return stay(list === null ? state : { ...state, list })
  },
  draw(state, screen, context) {
    const { rect } = context
    if (!may(context.session, 'host.power')) {
      putParagraph(screen, rect, 'You may not restart or shut down this host.', severityStyle('warning'))
      return
    }
    drawList(screen, { ...rect, rows: acts.length }, acts.length, selectedIndex(state.list, ids), (at) => [
      { text: acts[at]?.title ?? '', style: theme.body },
    ])
    const below = { ...rect, column: rect.column + 2, row: rect.row + acts.length + 1, columns: rect.columns - 4, rows: 6 }
    const running = (context.status?.vms.running ?? 0) > 0
    putParagraph(screen, below, vmSentence(context), running ? severityStyle('warning') : theme.body)
  },
  hints: (_state, { session }) => [...(may(session, 'host.power') ? ['Enter Choose'] : []), 'Esc Back'],
}

export const powerTitle = 'Power'

export function powerPage(): Page {
  return makePage(module, { list: emptyList, under: null })
}
