// The first password of the new host, typed twice.
import { passwordField } from './form.ts'
import { formPage } from './form-page.ts'
import { type Draft, installPath, requestOf } from './install-draft.ts'
import { installSummaryPage } from './install-summary-page.ts'
import type { Page } from './page.ts'
import { installRecoveryCodePage } from './recovery-code-page.ts'
import { passwordRule } from './setup-form.ts'

export function installPasswordPage(draft: Draft): Page {
  return formPage({
    title: 'Installation: password',
    intro: `Of the user administrator of the new host. ${passwordRule}`,
    fields: () => [passwordField('password', 'Password'), passwordField('repeated', 'Once more')],
    check: ({ password, repeated }) => (password === repeated ? [] : [{ field: 'repeated', message: 'is not the same' }]),
    send: ({ password = '' }) => ({
      ...{
        method: 'POST',
        path: `${installPath}?dryRun=true`,
        body: { ...requestOf(draft), administrator: { password } },
        timeoutMs: 60_000,
      },
    }),
    after: (_answer, { password = '' }) => [{ kind: 'push', page: installRecoveryCodePage(installSummaryPage({ ...draft, password })) }],
    fieldOf: (problem) => problem.replace(/^administrator\./, ''),
    done: '',
    action: 'Next',
  })
}
