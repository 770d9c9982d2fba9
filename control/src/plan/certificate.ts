// Decides for how long the host's own certificate is valid.

/** No clock that is right shows an earlier time; a machine without a battery-backed one starts in 1970 or in its firmware's year. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const YEARS = 10

export interface Validity {
  /** `YYYYMMDDHHMMSSZ`. */
  readonly notBefore: string
  readonly notAfter: string
}

/** From a day before now, so that clients whose clocks are behind accept it, for ten years. */
export function planValidity(nowMs: number): Validity {
  const startMs = Math.max(nowMs - DAY_MS, EARLIEST_MS)
  const end = new Date(startMs)
  end.setUTCFullYear(end.getUTCFullYear() + YEARS)
  return { notBefore: render(startMs), notAfter: render(end.getTime()) }
}

function render(timeMs: number): string {
  return `${new Date(timeMs).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`
}
