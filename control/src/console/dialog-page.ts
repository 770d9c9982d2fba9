// A question over the page beneath, which names what will come of a yes. A dangerous act wants F11, any other Enter; Esc is no.
import type { Screen } from './cells.ts'
import { putBox, putLine, type Rect, wrap } from './layout.ts'
import { type Context, keyName, makePage, type Page, type PageCommand, type PageModule, pop, stay } from './page.ts'
import { clearBehind } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

export interface Question {
  readonly title: string
  /** What will happen, a sentence or more each. */
  readonly effect: readonly string[]
  /** A verb: `Shut down`. */
  readonly action: string
  readonly dangerous: boolean
  /** Done by the page beneath, which is also told `confirmed`. */
  readonly commands?: readonly PageCommand[]
}

/** What the page beneath has returned to it after a yes. */
export const confirmed = 'confirmed'

function linesOf(question: Question, width: number): readonly string[] {
  return question.effect.flatMap((sentence) => wrap(sentence, width))
}

/** In the middle of `rect`, as high as its lines ask. */
export function boxFor(rect: Rect, columns: number, rows: number): Rect {
  const size = { columns: Math.min(columns, rect.columns), rows: Math.min(rows, rect.rows) }
  return {
    ...size,
    column: rect.column + Math.floor((rect.columns - size.columns) / 2),
    row: rect.row + Math.floor((rect.rows - size.rows) / 2),
  }
}

const width = 64

function keysOf({ dangerous, action }: Question): string {
  return `${dangerous ? 'F11' : 'Enter'} ${action}     Esc Cancel`
}

const module: PageModule<Question> = {
  title: ({ title }) => title,
  overlay: true,
  reduce(question, event) {
    const name = keyName(event)
    if (name === 'escape') return stay(question, pop)
    if (name === (question.dangerous ? 'f11' : 'enter'))
      return stay(question, { kind: 'pop', result: confirmed, commands: question.commands ?? [] })
    return stay(question)
  },
  draw(question: Question, screen: Screen, { rect }: Context) {
    const lines = linesOf(question, width - 6)
    const box = boxFor(rect, width, lines.length + 4)
    clearBehind(screen, box, theme.body)
    const strong = question.dangerous ? severityStyle('warning') : theme.frameTitle
    putBox(screen, box, question.title, question.dangerous ? severityStyle('warning') : theme.frame, strong)
    const shown = lines.slice(0, Math.max(0, box.rows - 4))
    for (const [index, text] of shown.entries()) {
      putLine(screen, box.column + 3, box.row + 1 + index, [{ text, style: theme.body }], box.columns - 6)
    }
    putLine(screen, box.column + 3, box.row + box.rows - 2, [{ text: keysOf(question), style: theme.value }], box.columns - 6)
  },
  hints: (question) => [`${question.dangerous ? 'F11' : 'Enter'} ${question.action}`, 'Esc Cancel'],
}

export function dialogPage(question: Question): Page {
  return makePage(module, question)
}
