// The installer's first page: what will happen, and under which licence. An installation that is under way already, by the seed or at the other console, is shown in its place.

import { installPath } from './install-draft.ts'
import { installKeyboardPage } from './install-keyboard-page.ts'
import { installProgressPage } from './install-progress-page.ts'
import { textAt } from './json.ts'
import { keyName, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { putParagraph } from './surface.ts'
import { theme } from './theme.ts'

const texts = [
  'This installs Corbel on a disk of this machine, or repairs or upgrades an installation that is on one. You will be asked for a keyboard layout, a disk, a network and a password. Nothing is written to any disk before you have seen a summary and pressed F11.',
  'Corbel is free software under the Apache License, Version 2.0; parts of other makers have licences of their own, which come with the release. There is no warranty of any kind, to the extent permitted by law.',
  'Press Enter if you accept this.',
]

const module: PageModule<null> = {
  title: () => 'Installation',
  polls: () => [{ id: 'install', path: installPath, everyMs: 2000 }],
  reduce(state, event) {
    if (event.kind === 'answer' && event.answer.kind === 'answered') {
      const underWay = ['running', 'done'].includes(textAt(event.answer.body, 'state'))
      return stay(state, ...(underWay ? [{ kind: 'push', page: installProgressPage() } as const] : []))
    }
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    return stay(state, ...(name === 'enter' ? [{ kind: 'push', page: installKeyboardPage() } as const] : []))
  },
  draw(_state, screen, { rect }) {
    let row = rect.row
    for (const text of texts) {
      row += putParagraph(screen, { column: rect.column + 2, row, columns: rect.columns - 4, rows: 8 }, text, theme.body) + 1
    }
  },
  hints: () => ['Enter Accept and go on', 'Esc Run from the medium'],
}

export function installPage(): Page {
  return makePage(module, null)
}
