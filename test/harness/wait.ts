// Waiting on conditions with deadlines; no fixed pause anywhere else in the tests.

class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/** For an answer, where a test has no deadline of its own: an emulated machine whose VM runs can stand still for a minute. */
export const PATIENCE_MS = 180_000

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export interface WaitOptions {
  readonly timeoutMs: number
  /** Between two looks; default 100. */
  readonly intervalMs?: number
  /** Aborts the wait with its reason, e.g. when the machine has died. */
  readonly signal?: AbortSignal
  /** Added to the deadline's message: what was seen instead. */
  readonly seen?: () => string
}

/** Resolves with the first value of `look` that is neither undefined, null nor false; rejections of `look` end the wait. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    options.signal?.throwIfAborted()
    const value = await look()
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>
    if (performance.now() > deadline) {
      const seen = options.seen === undefined ? '' : `; instead: ${options.seen()}`
      throw new DeadlineError(`no ${what} within ${options.timeoutMs / 1000} s${seen}`)
    }
    await pause(options.intervalMs ?? 100)
  }
}

/** `promise`, or a {@link DeadlineError} after `timeoutMs`. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no ${what} within ${timeoutMs / 1000} s`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
