// A log as a test writes it.
import { LOG_KINDS, type LogKind, type LogLine } from '../../control/src/domain/host-log.ts'
import type { HostLogs, LogFile } from '../../control/src/ports/host-logs.ts'

export class FakeHostLogs implements HostLogs {
  readonly #files: { readonly kind: LogKind; readonly lines: LogLine[] }[] = []
  #number = 0
  /** Files that were read, as `KIND FIRST`. */
  readonly readings: string[] = []

  /** One file of a kind with these texts. */
  add(kind: LogKind, ...texts: readonly string[]): void {
    const lines = texts.map((text): LogLine => ({ number: ++this.#number, at: '2026-01-01T00:00:00.000Z', severity: 'info', kind, text }))
    this.#files.push({ kind, lines })
  }

  files(): readonly LogFile[] {
    const files = this.#files.map(({ kind, lines }) => ({ kind, first: lines[0]?.number ?? 0, sizeBytes: 100 * lines.length }))
    return files.sort((a, b) => LOG_KINDS.indexOf(a.kind) - LOG_KINDS.indexOf(b.kind) || a.first - b.first)
  }

  /** As logd does with the oldest. */
  remove({ kind, first }: LogFile): void {
    const at = this.#files.findIndex((file) => file.kind === kind && file.lines[0]?.number === first)
    if (at >= 0) this.#files.splice(at, 1)
  }

  read({ kind, first }: LogFile): readonly LogLine[] {
    this.readings.push(`${kind} ${first}`)
    return this.#files.find((file) => file.kind === kind && file.lines[0]?.number === first)?.lines ?? []
  }
}
