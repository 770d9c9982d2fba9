// The keyboard's layout, in use from here on, so that the password is typed in the layout that it will be typed in later.
import { KEYBOARD_LAYOUTS } from '../domain/keyboard.ts'
import { choiceField } from './form.ts'
import { formPage } from './form-page.ts'
import { installDiskPage } from './install-disk-page.ts'
import { emptyDraft, installPath } from './install-draft.ts'
import type { Page } from './page.ts'

const choices = Object.entries(KEYBOARD_LAYOUTS).map(([value, label]) => ({ value, label }))

export function installKeyboardPage(): Page {
  return formPage({
    title: 'Installation: keyboard',
    intro: 'Of the keyboard at this machine’s screen, at once and for the new host. A terminal on the serial line has a layout of its own.',
    fields: () => [choiceField('layout', 'Layout', choices, { value: emptyDraft.keyboard, help: 'Space shows all of them.' })],
    send: ({ layout }) => ({ method: 'POST', path: `${installPath}/keyboard`, body: { layout } }),
    after: (_answer, { layout = emptyDraft.keyboard }) => [{ kind: 'push', page: installDiskPage({ ...emptyDraft, keyboard: layout }) }],
    done: '',
    action: 'Next',
  })
}
