// Lockdown at the console: the mode and who may come in then, with what each mode means for whoever stands here.
import { choiceField, textField } from './form.ts'
import { formPage, type Values } from './form-page.ts'
import { textAt, textsAt } from './json.ts'
import type { Page } from './page.ts'

export const lockdownPath = '/v1/host/lockdown'

const modes = [
  { value: 'normal', label: 'Normal: as permitted' },
  { value: 'locked', label: 'Locked: named users only' },
  { value: 'strict', label: 'Strict: nobody at the console' },
]

const effects: Readonly<Record<string, readonly string[]>> = {
  locked: [
    'Over the network only the API users named here may come in, sessions that are open included.',
    'At this console only the break-glass users may log in. Others see the status screen.',
  ],
  strict: [
    'Over the network only the API users named here may come in, sessions that are open included.',
    'Nobody can log in at this console any more, and you are logged out. The recovery code opens the host again, with F8 on the status screen.',
  ],
}

const namesIn = (text: string) => text.split(/[\s,]+/).filter((name) => name !== '')

function bodyOf({ mode = '', apiUsers = '', breakGlass = '' }: Values) {
  return { mode, apiUsers: namesIn(apiUsers), breakGlass: namesIn(breakGlass) }
}

export function lockdownPage(): Page {
  return formPage({
    title: 'Lockdown',
    intro: 'A locked host lets in whom it names. VMs are not affected by it in any mode.',
    load: lockdownPath,
    fields: (loaded) => [
      choiceField('mode', 'Mode', modes, {
        ...(textAt(loaded, 'mode') === '' ? {} : { value: textAt(loaded, 'mode') }),
        help: 'Strict needs a recovery code: make one first.',
      }),
      textField('apiUsers', 'API users', {
        value: textsAt(loaded, 'apiUsers').join(', '),
        maxLength: 1000,
        help: 'Names, with commas. At least one of them has to be able to open the host again.',
      }),
      textField('breakGlass', 'Break-glass users', {
        value: textsAt(loaded, 'breakGlass').join(', '),
        maxLength: 1000,
        help: 'Names, with commas. They may log in at this console while the host is locked, not in strict lockdown.',
      }),
    ],
    send: (values, _loaded, etag) => ({
      ...{ method: 'PUT', path: lockdownPath, body: bodyOf(values) },
      ...(etag === null ? {} : { ifMatch: etag }),
    }),
    confirm: ({ mode = '' }) => {
      const effect = effects[mode]
      return effect === undefined ? null : { effect, action: 'Lock', dangerous: true }
    },
    fieldOf: (problem) => problem.replace(/\[.*$/, ''),
    done: 'The lockdown was set.',
  })
}

/** For the menu. */
export function lockdownLines(body: unknown): readonly string[] {
  const since = textAt(body, 'recoveryCodeSince')
  return [`Mode: ${textAt(body, 'mode')}`, since === '' ? 'There is no recovery code.' : `Recovery code since ${since.slice(0, 10)}.`]
}
