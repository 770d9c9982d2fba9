// The form of the first password: its fields, its rules, what became of it. Pure; the API has the last word.
import { PASSWORD_MAX, PASSWORD_MIN } from '../domain/password.ts'
import { clearForm, type Form, fieldValue, makeForm, passwordField } from './form.ts'

export interface SetupForm {
  readonly form: Form
  /** What is wrong with the last attempt, or null. */
  readonly error: string | null
  /** The password has been sent and no answer has come. */
  readonly sent: boolean
}

/** What became of a password sent to the API. */
export type SetupOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unanswered' }

const more = { maxLength: PASSWORD_MAX }

export const emptySetupForm: SetupForm = {
  form: makeForm([passwordField('password', 'Password', more), passwordField('repeated', 'Once more', more)]),
  error: null,
  sent: false,
}

export const passwordRule = `${PASSWORD_MIN} to ${PASSWORD_MAX} characters, the same in both fields.`

/** Why these two fields cannot be sent, or null. */
export function setupError(form: Form): string | null {
  const password = fieldValue(form, 0)
  if (password.length < PASSWORD_MIN) return `The password has ${password.length} characters; it needs at least ${PASSWORD_MIN}.`
  return password === fieldValue(form, 1) ? null : 'The two passwords differ.'
}

/** The form after the API's answer. Done, it stays as it is, empty, until the status no longer asks for it. */
export function afterOutcome(setup: SetupForm, outcome: SetupOutcome): SetupForm {
  if (outcome.kind === 'done') return emptySetupForm
  const error = outcome.kind === 'refused' ? outcome.message : 'No answer came; it is not known whether the password was set.'
  return { form: clearForm(setup.form), error, sent: false }
}
