// A line that shows how far something is, drawn anew in place; only on a terminal, and gone when it ends.
import type { Io } from './io.ts'
import { printable } from './printable.ts'
import { formatBytes } from './quantity.ts'

const BAR_WIDTH = 30

/** `vm.suspend [#########---------------------]  30 %`, never wider than the terminal. */
export function renderProgress(label: string, percent: number, details: string, columns: number): string {
  const done = Math.min(100, Math.max(0, Math.floor(percent)))
  const filled = Math.floor((done * BAR_WIDTH) / 100)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${String(done).padStart(3)} %`
  const line = [printable(label), bar, ...(details === '' ? [] : [details])].join(' ')
  return [...line].slice(0, Math.max(1, columns - 1)).join('')
}

/** `1.2 GiB of 4 GiB, 110 MiB/s`. */
export function renderTransfer(doneBytes: number, totalBytes: number, seconds: number): string {
  const rate = seconds > 0 ? `, ${formatBytes(Math.round(doneBytes / seconds))}/s` : ''
  return `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${rate}`
}

export interface ProgressLine {
  show(percent: number, details?: string): void
  /** Takes the line away. */
  end(): void
}

const REDRAW_MS = 100

export function progressLine({ errors }: Pick<Io, 'errors'>, label: string): ProgressLine {
  if (errors.isTTY !== true) return { show() {}, end() {} }
  let shown = ''
  let shownAt = 0
  return {
    show(percent, details = '') {
      const line = renderProgress(label, percent, details, errors.columns ?? 80)
      const now = performance.now()
      if (line === shown || (shown !== '' && now - shownAt < REDRAW_MS && percent < 100)) return
      errors.write(`\r${line}\x1b[K`)
      shown = line
      shownAt = now
    },
    end() {
      if (shown !== '') errors.write('\r\x1b[K')
      shown = ''
    },
  }
}
