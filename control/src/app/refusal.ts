// A use case that was refused: why, in stable codes. The API turns the kind into an HTTP status.
import type { Problem } from '../domain/problem.ts'
import { StoreFailure } from '../ports/store.ts'
import type { HostFailure } from '../ports/vm-host.ts'

export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition-failed'
  | 'precondition-required'
  | 'rate-limited'
  | 'unavailable'
  | 'insufficient-storage'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(
    readonly kind: RefusalKind,
    /** Of the refusal as a whole: for an invalid input `request.invalid`, for a conflict that of its first problem. */
    readonly code: string,
    detail: string,
    readonly problems: readonly Problem[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail)
  }
}

/** An input that breaks rules. */
export function invalid(problems: readonly Problem[]): Refusal {
  return new Refusal('invalid', 'request.invalid', 'The request breaks the rules listed.', problems)
}

/** What a request that ended in this error is told; null when the error is nobody's to know. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error
  if (isHostFailure(error)) return new Refusal('unavailable', error.code, 'The host cannot do that now; its log has why.')
  if (!(error instanceof StoreFailure)) return null
  return error.code === 'store.full'
    ? new Refusal('insufficient-storage', error.code, 'The state partition is full: nothing of this was kept.')
    : new Refusal('unavailable', error.code, 'The state cannot be written or read now: nothing of this was kept.')
}

export function isHostFailure(error: unknown): error is HostFailure {
  return error instanceof Error && error.name === 'HostFailure'
}
