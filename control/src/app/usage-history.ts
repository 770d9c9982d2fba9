// The past of one VM or of the host, in memory of a fixed size: samples of the last hour, and averages and maxima of the last day.
import type { Resolution, UsageHistory } from '../domain/usage.ts'
import type { Metric } from '../domain/usage-metrics.ts'

const HOUR_MS = 3_600_000
export const SAMPLE_MS = 10_000
const WINDOW_MS = 300_000
const SAMPLES = HOUR_MS / SAMPLE_MS
const WINDOWS = (24 * HOUR_MS) / WINDOW_MS
/** A sample further from the one before says nothing of the time between. */
const LONGEST_STEP_MS = 3 * SAMPLE_MS

/** Rows of numbers, the oldest overwritten; NaN is what is not known. Numbers have 24 significant bits, times all. */
class Ring {
  readonly #times: Float64Array
  readonly #values: Float32Array
  readonly #columns: number
  #next = 0
  #length = 0

  constructor(rows: number, columns: number) {
    this.#times = new Float64Array(rows)
    this.#values = new Float32Array(rows * columns)
    this.#columns = columns
  }

  push(atMs: number, row: readonly number[]): void {
    this.#times[this.#next] = atMs
    this.#values.set(row, this.#next * this.#columns)
    this.#next = (this.#next + 1) % this.#times.length
    this.#length = Math.min(this.#length + 1, this.#times.length)
  }

  /** Those after a moment, the oldest first. */
  rows(afterMs: number): { readonly atMs: number; readonly values: readonly number[] }[] {
    const first = (this.#next - this.#length + this.#times.length) % this.#times.length
    return Array.from({ length: this.#length }, (_, index) => (first + index) % this.#times.length)
      .map((at) => ({
        atMs: this.#times[at] ?? 0,
        values: Array.from(this.#values.subarray(at * this.#columns, (at + 1) * this.#columns)),
      }))
      .filter(({ atMs }) => atMs > afterMs)
  }
}

/** A window that is not over: sums weighted by time, how much time each is of, and maxima. */
interface OpenWindow {
  readonly number: number
  endMs: number
  readonly sums: number[]
  readonly weightsMs: number[]
  readonly maxima: number[]
}

/** 58 KB for a VM, and 54 KB for the host, from the first sample on. */
export class History<Usage> {
  readonly #metrics: readonly Metric<Usage>[]
  readonly #samples: Ring
  /** For each metric the average, then for each the maximum. */
  readonly #windows: Ring
  #open: OpenWindow | null = null
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(metrics: readonly Metric<Usage>[]) {
    this.#metrics = metrics
    this.#samples = new Ring(SAMPLES, metrics.length)
    this.#windows = new Ring(WINDOWS, metrics.length * 2)
  }

  /** When something was added last, of the monotonic clock. */
  get lastMs(): number {
    return this.#lastMs
  }

  add(atMs: number, usage: Usage): void {
    const row = this.#metrics.map(({ of }) => of(usage) ?? Number.NaN)
    this.#samples.push(atMs, row)
    const number = Math.floor(atMs / WINDOW_MS)
    if (this.#open !== null && this.#open.number !== number) {
      this.#windows.push(this.#open.endMs, closed(this.#open))
      this.#open = null
    }
    this.#open ??= opened(number, row.length)
    const stepMs = atMs - this.#lastMs
    include(this.#open, row, atMs, stepMs > 0 && stepMs <= LONGEST_STEP_MS ? stepMs : SAMPLE_MS)
    this.#lastMs = atMs
  }

  /** The window that is not over counts as a point. `timeOf` gives the time of day of a moment of the monotonic clock. */
  read(resolution: Resolution, nowMs: number, timeOf: (atMs: number) => string): UsageHistory {
    if (resolution === '10s') {
      const rows = this.#samples.rows(nowMs - HOUR_MS)
      return { resolution, at: rows.map(({ atMs }) => timeOf(atMs)), average: this.#series(rows, 0) }
    }
    const rows = this.#windows.rows(nowMs - 24 * HOUR_MS)
    if (this.#open !== null && this.#open.endMs > nowMs - 24 * HOUR_MS) rows.push({ atMs: this.#open.endMs, values: closed(this.#open) })
    return {
      ...{ resolution, at: rows.map(({ atMs }) => timeOf(atMs)) },
      ...{ average: this.#series(rows, 0), maximum: this.#series(rows, this.#metrics.length) },
    }
  }

  #series(rows: readonly { readonly values: readonly number[] }[], offset: number): UsageHistory['average'] {
    const series = this.#metrics.map(({ name }, index) => [name, rows.map(({ values }) => shown(values[offset + index]))] as const)
    return Object.fromEntries(series)
  }
}

function opened(number: number, columns: number): OpenWindow {
  const zeros = () => new Array<number>(columns).fill(0)
  return { number, endMs: 0, sums: zeros(), weightsMs: zeros(), maxima: new Array<number>(columns).fill(Number.NaN) }
}

function include(window: OpenWindow, row: readonly number[], atMs: number, weightMs: number): void {
  window.endMs = atMs
  for (const [index, value] of row.entries()) {
    if (Number.isNaN(value)) continue
    window.sums[index] = (window.sums[index] ?? 0) + value * weightMs
    window.weightsMs[index] = (window.weightsMs[index] ?? 0) + weightMs
    const highest = window.maxima[index] ?? Number.NaN
    window.maxima[index] = Number.isNaN(highest) ? value : Math.max(highest, value)
  }
}

/** 0/0 is NaN: a metric of which nothing was known in all the window. */
function closed({ sums, weightsMs, maxima }: OpenWindow): readonly number[] {
  return [...sums.map((sum, index) => sum / (weightsMs[index] ?? 0)), ...maxima]
}

function shown(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value * 100) / 100
}
