// The keys of the console, and what to press on terminals that lack some of them.
import { type Line, wrap } from './layout.ts'
import type { Page } from './page.ts'
import { textPage } from './text-page.ts'
import { theme } from './theme.ts'

const keys: readonly (readonly [string, string])[] = [
  ['F2', 'Log in and customize this host, from the status screen'],
  ['F12', 'Restart or shut down this host'],
  ['F1', 'This help'],
  ['F3', 'The fingerprint of the certificate, from the status screen'],
  ['F4', 'High contrast on and off'],
  ['F5 or Ctrl-L', 'Draw the screen anew and ask for everything again'],
  ['F6 and F9', 'Undo and keep a change of the network, while one waits'],
  ['F8', 'The way back in, by the recovery code, from the status screen'],
  ['F11', 'Yes, to what is dangerous'],
  ['Enter', 'Open what is selected; next field; send from the last one'],
  ['F10', 'Send a form from any field'],
  ['Esc', 'Back'],
  ['Up, Down', 'Move in a list, to another field; also Page Up, Down, Home, End'],
  ['Left, Right', 'Change a choice (< >); move in a text'],
  ['Space', 'Change a checkbox ([ ]), choose from a list'],
  ['Ctrl-U', 'Empty the field'],
  ['/ and n', 'Find in a text, find the next'],
]

const first: readonly string[] = [
  'A terminal without function keys: press Esc, then a digit. Esc 1 is F1, and so on to Esc 0, which is F10. Esc - is F11 and Esc = is F12. The same with Alt held down.',
  'On a serial line Esc alone waits a moment for such a digit; Esc twice does not wait.',
]

const last: readonly string[] = [
  'Where a page is shown that was drawn wrong, or half, F5 draws it anew. A serial terminal is asked for its size then.',
  'After 10 minutes without a key, you are logged out.',
]

const keyColumns = 16

function lines(columns: number): readonly Line[] {
  const table = keys.flatMap(([name, what]) =>
    wrap(what, columns - keyColumns).map(
      (text, index): Line => [
        { text: (index === 0 ? name : '').padEnd(keyColumns), style: theme.important },
        { text, style: theme.body },
      ],
    ),
  )
  const texts = (all: readonly string[]) =>
    all.flatMap((text) => wrap(text, columns).map((line): Line => [{ text: line, style: theme.body }]))
  return [...texts(first), [], ...table, [], ...texts(last)]
}

export const helpTitle = 'Keys'

export function helpPage(): Page {
  return textPage({ title: helpTitle, lines: (_body, columns) => lines(columns) })
}
