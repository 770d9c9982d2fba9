// One's own password: the one until now, and a new one typed twice.
import { passwordField } from './form.ts'
import { formPage } from './form-page.ts'
import type { Page } from './page.ts'

/** Two passwords are hashed before the answer. */
const timeoutMs = 40_000

export function passwordPage(): Page {
  return formPage({
    title: 'Password',
    intro: 'Your own. All your other sessions end; tokens and certificates of yours stay. This console stays logged in.',
    fields: () => [
      passwordField('before', 'Password until now', { maxLength: 1000 }),
      passwordField('after', 'New password', { help: '12 to 128 characters. Long and easy to remember is better than short and odd.' }),
      passwordField('repeat', 'New password again'),
    ],
    check: ({ before = '', after = '', repeat = '' }) => [
      ...(before === '' ? [{ field: 'before', message: 'is missing' }] : []),
      ...(after === ''
        ? [{ field: 'after', message: 'is missing' }]
        : after === repeat
          ? []
          : [{ field: 'repeat', message: 'is not the same' }]),
    ],
    send: ({ before, after }) => ({ method: 'POST', path: '/v1/me/password', body: { before, after }, timeoutMs }),
    // Rules for what is chosen go by the same name as what proves who it is.
    fieldOf: (problem, code) => (problem !== 'password' ? problem : code === 'password.wrong' ? 'before' : 'after'),
    done: 'The password was changed. Your other sessions have ended.',
    action: 'Change it',
  })
}
