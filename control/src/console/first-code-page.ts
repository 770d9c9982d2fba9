// After the first password: logs its owner in with it and shows them a recovery code, which is made then and there. Whatever fails ends in the status screen.
import { succeeded } from './answers.ts'
import { boxFor } from './dialog-page.ts'
import { textAt } from './json.ts'
import { putBox } from './layout.ts'
import { keyName, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { firstRecoveryCodePage } from './recovery-code-page.ts'
import { clearBehind, putParagraph } from './surface.ts'
import { theme } from './theme.ts'

interface State {
  readonly password: string
}

const user = 'administrator'
/** The password is hashed before the answer. */
const timeoutMs = 30_000

const module: PageModule<State> = {
  title: () => 'Recovery code',
  overlay: true,
  reduce({ password }, event) {
    if (event.kind === 'opened') {
      const body = { username: user, password }
      return stay({ password: '' }, { kind: 'request', id: 'login', method: 'POST', path: '/v1/login', body, timeoutMs, asConsole: true })
    }
    if (event.kind === 'answer') {
      const session = {
        token: succeeded(event.answer) && event.answer.kind === 'answered' ? textAt(event.answer.body, 'token') : '',
        user,
        permissions: null,
      }
      return stay({ password: '' }, session.token === '' ? pop : { kind: 'logged-in', session, page: firstRecoveryCodePage() })
    }
    return stay({ password }, ...(keyName(event) === 'escape' ? [pop] : []))
  },
  draw(_state, screen, { rect }) {
    const box = boxFor(rect, 62, 5)
    clearBehind(screen, box, theme.body)
    putBox(screen, box, 'Recovery code', theme.frame, theme.frameTitle)
    putParagraph(
      screen,
      { column: box.column + 3, row: box.row + 2, columns: box.columns - 6, rows: 1 },
      'Making a recovery code ...',
      theme.value,
    )
  },
  hints: () => ['Esc Leave it out'],
}

export function firstCodePage(password: string): Page {
  return makePage(module, { password })
}
