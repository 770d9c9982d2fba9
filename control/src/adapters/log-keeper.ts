// Keeps the log on disk: records in, lines by kind out, each kind in files of bounded size and number. Reads nothing back but where it left off.
import { appendFile, readFile, unlink } from 'hv:fs'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import type { KernelRecord } from '../codec/kernel-record.ts'
import { lastOfLog, logFileName, renderLogLine } from '../codec/log-line.ts'
import { kindOf, LOG_KINDS, type LogKind, type LogSeverity } from '../domain/host-log.ts'
import { listLogFiles } from './host-logs.ts'

export interface LogLimits {
  readonly fileBytes: number
  readonly filesPerKind: number
}

interface Kept {
  /** The number that the file in use begins at; null: the next line begins one. */
  first: number | null
  bytes: number
  /** The last record of this boot in it. */
  sequence: number
  waiting: string
  waitingFirst: number
}

export interface LogKeeperOptions {
  readonly directory: string
  readonly limits: LogLimits
  readonly bootId: string
  /** Of something that was said so many microseconds after boot. */
  timeOf(atUs: number): string
}

export class LogKeeper {
  readonly #options: LogKeeperOptions
  readonly #boot: string
  readonly #kinds = new Map<LogKind, Kept>()
  #number = 0
  /** Of the last record seen in this boot, kept or not. */
  #sequence = -1
  #failure: string | null = null
  #lost = 0

  /** Throws when the directory cannot be read. */
  constructor(options: LogKeeperOptions) {
    this.#options = options
    this.#boot = options.bootId.slice(0, 8)
    for (const kind of LOG_KINDS) this.#kinds.set(kind, { first: null, bytes: 0, sequence: -1, waiting: '', waitingFirst: 0 })
    for (const file of listLogFiles(options.directory)) this.#goOn(file.kind, file.first, file.sizeBytes)
  }

  /** Where the file of this name ends; the newest of a kind comes last. */
  #goOn(kind: LogKind, first: number, sizeBytes: number): void {
    const kept = this.#of(kind)
    kept.first = first
    kept.bytes = sizeBytes
    const bytes = readFile(this.#path(kind, first), 4 * this.#options.limits.fileBytes)
    const last = lastOfLog(decodeUtf8(bytes))
    // What a power cut has left of a line is ended, so that the next one stands alone.
    if (bytes.length > 0 && bytes.at(-1) !== 0x0a) kept.waiting = '\n'
    if (last === null) return
    this.#number = Math.max(this.#number, last.number)
    if (last.boot !== this.#boot) return
    kept.sequence = last.sequence
    this.#sequence = Math.max(this.#sequence, last.sequence)
  }

  /** Records that are on disk already, by an earlier run in this boot, are passed over. */
  take(record: KernelRecord): void {
    const missed = record.sequence - this.#sequence - 1
    if (this.#sequence === -1) this.say('notice', `the host has booted (boot ${this.#options.bootId})`, 0, 0)
    if (missed > 0) this.say('warning', `${missed} lines were overwritten before they could be kept`, record.sequence, record.atUs)
    this.#sequence = Math.max(this.#sequence, record.sequence)
    const kind = kindOf(record.isKernel, record.text)
    if (record.sequence > this.#of(kind).sequence) this.#add(kind, record.severity, record.text, record.sequence, record.atUs)
  }

  /** A line of the keeper’s own. */
  say(severity: LogSeverity, text: string, sequence: number, atUs: number): void {
    this.#add('logd', severity, `logd: ${text}`, Math.max(sequence, this.#of('logd').sequence), atUs)
  }

  #add(kind: LogKind, severity: LogSeverity, text: string, sequence: number, atUs: number): void {
    const kept = this.#of(kind)
    this.#number++
    if (kept.waiting.length <= 1) kept.waitingFirst = this.#number
    const at = this.#options.timeOf(atUs)
    kept.waiting += renderLogLine({ number: this.#number, at, severity, text }, { boot: this.#boot, sequence })
    kept.sequence = sequence
  }

  /** Writes what waits. Returns why nothing could be written, once until it can be again. */
  flush(): string | null {
    const before = this.#failure
    this.#failure = null
    for (const [kind, kept] of this.#kinds) if (kept.waiting !== '') this.#write(kind, kept)
    return this.#failure !== null && before === null ? this.#failure : null
  }

  #write(kind: LogKind, kept: Kept): void {
    const bytes = encodeUtf8(kept.waiting)
    const lines = kept.waiting.split('\n').length - 1
    kept.waiting = ''
    const { fileBytes } = this.#options.limits
    if (kept.first === null || kept.bytes + bytes.length > fileBytes) {
      kept.first = Math.max(kept.waitingFirst, (kept.first ?? 0) + 1)
      kept.bytes = 0
    }
    try {
      appendFile(this.#path(kind, kept.first), bytes, { mode: 0o644 })
      kept.bytes += bytes.length
      if (kept.bytes === bytes.length) this.#removeOld(kind)
      if (this.#lost > 0) {
        const lost = this.#lost
        this.#lost = 0
        this.say('error', `${lost} lines could not be written`, 0, Number.NaN)
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error)
      this.#lost += lines
    }
  }

  #removeOld(kind: LogKind): void {
    const files = listLogFiles(this.#options.directory).filter((file) => file.kind === kind)
    for (const { first } of files.slice(0, -this.#options.limits.filesPerKind)) unlink(this.#path(kind, first))
  }

  #of(kind: LogKind): Kept {
    const kept = this.#kinds.get(kind)
    if (kept === undefined) throw new TypeError(`no kind ${kind}`)
    return kept
  }

  #path(kind: LogKind, first: number): string {
    return `${this.#options.directory}/${logFileName(kind, first)}`
  }
}
