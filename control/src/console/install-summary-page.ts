// All that was chosen, and F11: the first moment at which anything is written. What is lost with the disk is asked a second time.
import { KEYBOARD_LAYOUTS } from '../domain/keyboard.ts'
import { refusalOf, succeeded } from './answers.ts'
import { confirmed, dialogPage } from './dialog-page.ts'
import { type Draft, installPath, keepsSettings, requestOf } from './install-draft.ts'
import { installProgressPage } from './install-progress-page.ts'
import { diskInWords } from './install-words.ts'
import { flagAt, textAt } from './json.ts'
import { type Line, padTo, putLine } from './layout.ts'
import { keyName, makePage, type Page, type PageModule, type PageStep, pop, stay } from './page.ts'
import { putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  readonly draft: Draft
  readonly sent: boolean
  readonly error: string | null
}

function disksOf({ disk, mirror }: Draft): readonly unknown[] {
  return mirror === undefined ? [disk] : [disk, mirror]
}

function rowsOf(draft: Draft): readonly (readonly [string, string])[] {
  const { mirror, wipe, keyboard, hostname, network } = draft
  const contents = disksOf(draft)
    .map((disk) => textAt(disk, 'contents'))
    .join('; ')
  const lost = wipe === 'everything' ? `IS LOST: ${contents}` : contents
  const onIt = keepsSettings(draft) ? `Its system is written anew; configuration and datastore stay: ${contents}` : lost
  const layout = Object.entries(KEYBOARD_LAYOUTS).find(([name]) => name === keyboard)?.[1] ?? keyboard
  const settings = [
    ['Keyboard', layout],
    ['Hostname', hostname],
    ['Network', network],
    ['User', 'administrator, with the password that you typed'],
  ] as const
  return [
    ['Disk', diskInWords(draft.disk)],
    ...(mirror === undefined ? [] : [['Mirror', diskInWords(mirror)] as const]),
    ['On it', onIt],
    ...(keepsSettings(draft) ? [] : settings),
  ]
}

/** What is asked once more before anything that somebody may miss is lost. */
function lossQuestion(draft: Draft): Page {
  const disks = disksOf(draft)
  const [what, title, action] =
    disks.length === 1 ? ['it', 'this disk', 'Wipe it and install'] : ['them', 'these disks', 'Wipe both and install']
  const datastore = disks.some((disk) => flagAt(disk, 'datastore'))
    ? `There is a datastore: all VMs on ${what} are lost.`
    : `Whatever is on ${what} is lost.`
  const held = disks.map((disk) => `${diskInWords(disk)} holds ${textAt(disk, 'contents')}.`)
  return dialogPage({
    title: `Everything on ${title} is lost`,
    effect: [...held, datastore, 'This cannot be undone.'],
    action,
    dangerous: true,
  })
}

function send(state: State): PageStep<State> {
  const request = {
    kind: 'request',
    id: 'install',
    method: 'POST',
    path: installPath,
    body: requestOf(state.draft),
    timeoutMs: 60_000,
  } as const
  return stay({ ...state, sent: true, error: null }, request)
}

const module: PageModule<State> = {
  title: () => 'Installation: summary',
  reduce(state, event) {
    if (event.kind === 'answer') {
      if (succeeded(event.answer)) return stay({ ...state, sent: false }, { kind: 'push', page: installProgressPage() })
      return stay({ ...state, sent: false, error: refusalOf(event.answer) })
    }
    if (event.kind === 'returned' && event.result === confirmed) return send(state)
    if (state.sent) return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    if (name !== 'f11') return stay(state)
    return state.draft.wipe === 'everything' ? stay(state, { kind: 'push', page: lossQuestion(state.draft) }) : send(state)
  },
  draw({ draft, sent, error }, screen, { rect }) {
    let row = rect.row
    const columns = rect.columns - 16
    for (const [label, value] of rowsOf(draft)) {
      const line: Line = [{ text: padTo(label, 11), style: theme.label }]
      putLine(screen, rect.column + 2, row, line, 12)
      const style = value.startsWith('IS LOST') ? severityStyle('warning') : theme.value
      row += putParagraph(screen, { column: rect.column + 14, row, columns, rows: 3 }, value, style)
    }
    const ask = sent ? 'Waiting for the host ...' : (error ?? 'F11 writes to the disk. Until then nothing has been written.')
    putParagraph(
      screen,
      { column: rect.column + 2, row: row + 1, columns: rect.columns - 4, rows: 3 },
      ask,
      error === null ? theme.body : severityStyle('error'),
    )
  },
  hints: () => ['F11 Install', 'Esc Back'],
}

export function installSummaryPage(draft: Draft): Page {
  return makePage(module, { draft, sent: false, error: null })
}
