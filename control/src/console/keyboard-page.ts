// The layout of the keyboard at the screen.
import { choiceField } from './form.ts'
import { formPage } from './form-page.ts'
import { listAt, textAt } from './json.ts'
import type { Page } from './page.ts'

/** How it is now. */
export function keyboardLines(body: unknown): readonly string[] {
  const layout = textAt(body, 'layout')
  const known = listAt(body, 'layouts').find((candidate) => textAt(candidate, 'name') === layout)
  return [textAt(known, 'description', layout)]
}

export function keyboardPage(): Page {
  return formPage({
    title: 'Keyboard layout',
    intro: 'Of the keyboard at this machine’s screen, at once and from now on. A terminal on the serial line has a layout of its own.',
    load: '/v1/host/keyboard',
    fields: (loaded) => [
      choiceField(
        'layout',
        'Layout',
        listAt(loaded, 'layouts').map((layout) => ({ value: textAt(layout, 'name'), label: textAt(layout, 'description') })),
        { value: textAt(loaded, 'layout'), help: 'Space shows all of them.' },
      ),
    ],
    send: ({ layout }) => ({ method: 'PUT', path: '/v1/host/keyboard', body: { layout } }),
    done: 'The keyboard layout is set.',
  })
}
