// Answers of the API in words: what a refusal says, which field it is about.
import { listAt, textAt } from './json.ts'
import type { Answer, PageCommand } from './page.ts'

export const unanswered = 'No answer came; it is not known whether it was done.'

export function succeeded(answer: Answer): boolean {
  return answer.kind === 'answered' && answer.status < 300
}

export interface FieldProblem {
  readonly code: string
  readonly field: string
  readonly message: string
}

/** All problems that an answer names, with their fields. */
export function problemsOf(answer: Answer): readonly FieldProblem[] {
  if (answer.kind === 'unanswered') return []
  return listAt(answer.body, 'problems').map((problem) => ({
    ...{ code: textAt(problem, 'code'), field: textAt(problem, 'field'), message: textAt(problem, 'message') },
  }))
}

/** Why it was not done, in one sentence; null when it was. */
export function refusalOf(answer: Answer): string | null {
  if (answer.kind === 'unanswered') return unanswered
  if (answer.status < 300) return null
  const problems = problemsOf(answer).map(({ field, message }) => `${field} ${message}`.trim())
  const detail = textAt(answer.body, 'detail') || textAt(answer.body, 'title') || `Refused with status ${answer.status}.`
  return problems.length === 0 ? detail : `${detail} ${problems.join('; ')}`
}

/** A notice of how it went. */
export function noticeOf(answer: Answer, done: string): PageCommand {
  const refusal = refusalOf(answer)
  return refusal === null ? { kind: 'notice', severity: 'info', text: done } : { kind: 'notice', severity: 'error', text: refusal }
}
