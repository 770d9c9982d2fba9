// What every screen says while a change of the management network waits: how long until it is undone, F9 to keep it, F6 to undo it. Nobody has to log in for these.
import { noticeOf } from './answers.ts'
import type { Screen } from './cells.ts'
import { putLine } from './layout.ts'
import { contentRect, type Model } from './model.ts'
import type { Answer } from './page.ts'
import { command, request, type Step } from './stack.ts'
import { severityStyle, severityWord, theme } from './theme.ts'

type Act = 'confirm' | 'undo'

const done: Readonly<Record<string, string>> = {
  'network-confirm': 'The change of the network is kept.',
  'network-undo': 'The change of the network is being undone.',
}

function sentence({ status, service, stack }: Model): string | null {
  const pending = status?.network.pending ?? null
  if (pending === null) return null
  const grabbed = stack.at(-1)?.page.grabsKeys === true
  if (pending.phase === 'undoing') return 'The change of the network is being undone.'
  if (pending.phase === 'applying') return 'The network is being changed.'
  const left = service === 'answering' ? `undone in ${pending.secondsLeft} s` : 'undone unless kept'
  // Within a VM's console every key is the guest's, but for the one that leaves it.
  return `Change of the network: ${left}.${grabbed ? '  Ctrl-], F9 Keep, F6 Undo' : '   F9 Keep   F6 Undo'}`
}

/** In the row below the title bar, which is empty otherwise. */
export function drawNetworkBanner(screen: Screen, model: Model): void {
  const text = sentence(model)
  if (text === null) return
  const { column, columns } = contentRect(model)
  const word = { text: `${severityWord('warning')}  `, style: severityStyle('warning') }
  putLine(screen, column, 1, [word, { text, style: theme.value }], columns)
}

/** Null while no change waits: the key is the page's then. */
export function settleNetwork(model: Model, act: Act): Step | null {
  if ((model.status?.network.pending ?? null) === null) return null
  const path = `/v1/console/network/${act}`
  return request(model, 0, { kind: 'request', id: `network-${act}`, method: 'POST', path, body: {}, asConsole: true })
}

/** The answer to it; null when it is one to something else. */
export function networkSettled(model: Model, number: number, answer: Answer): Step | null {
  const asked = model.pending.get(number)
  const said = asked?.entry === 0 ? done[asked.id] : undefined
  if (said === undefined) return null
  const pending = new Map(model.pending)
  pending.delete(number)
  const step = command({ ...model, pending }, null, noticeOf(answer, said))
  return { model: step.model, commands: [...step.commands, { kind: 'poll' }] }
}
