// The form of the first password at work: its keys, and the answer to what it sends.

import { refusalOf, unanswered } from './answers.ts'
import { firstCodePage } from './first-code-page.ts'
import { editForm, fieldValue } from './form.ts'
import type { Key } from './keys.ts'
import type { Model } from './model.ts'
import type { Answer } from './page.ts'
import { afterOutcome, type SetupForm, setupError } from './setup-form.ts'
import { close, command, type Step } from './stack.ts'

/** The password is hashed before the answer. */
const setupTimeoutMs = 20_000
/** In place of a page's number: of the form beneath all pages. */
const setupEntry = -1

export function keyOfSetup(model: Model, setup: SetupForm, key: Key): Step {
  if (setup.sent) return { model, commands: [] }
  const { form, submitted } = editForm(setup.form, key)
  const error = submitted ? setupError(form) : form === setup.form ? setup.error : null
  const send = submitted && error === null
  const next: Model = { ...model, setup: { form, error, sent: send } }
  if (!send) return { model: next, commands: [] }
  const number = model.nextNumber
  const pending = new Map(model.pending).set(number, { entry: setupEntry, id: 'setup', withToken: false })
  const body = { password: fieldValue(form, 0) }
  return {
    model: { ...next, pending, nextNumber: number + 1 },
    commands: [{ kind: 'request', request: number, method: 'POST', path: '/v1/setup', body, token: null, timeoutMs: setupTimeoutMs }],
  }
}

/** Null when the request was not the form's. */
export function setupAnswered(model: Model, number: number, answer: Answer): Step | null {
  if (model.pending.get(number)?.entry !== setupEntry) return null
  const pending = new Map(model.pending)
  pending.delete(number)
  const refusal = refusalOf(answer)
  const outcome =
    refusal === null
      ? ({ kind: 'done' } as const)
      : refusal === unanswered
        ? ({ kind: 'unanswered' } as const)
        : ({ kind: 'refused', message: refusal } as const)
  const setup = model.setup === null ? null : afterOutcome(model.setup, outcome)
  const step: Step = { model: { ...model, pending, setup }, commands: [{ kind: 'poll' }] }
  if (outcome.kind !== 'done' || model.setup === null) return step
  const page = firstCodePage(fieldValue(model.setup.form, 0))
  return close(command(step.model, null, { kind: 'push', page }), ...step.commands)
}
