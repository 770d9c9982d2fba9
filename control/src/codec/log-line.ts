// A line of the log in its file: `NUMBER BOOT:SEQUENCE SEVERITY TIME TEXT`, for people too.
import { LOG_SEVERITIES, type LogKind, type LogLine } from '../domain/host-log.ts'

/** Which record of which boot a line was made of. */
export interface LogOrigin {
  /** The first eight digits of the boot's id. */
  readonly boot: string
  readonly sequence: number
}

const LINE = /^(\d{1,15}) ([0-9a-f]{8}):(\d{1,16}) ([0-7]) (\S{20,30}) (.*)$/

export function renderLogLine({ number, at, severity, text }: Omit<LogLine, 'kind'>, { boot, sequence }: LogOrigin): string {
  return `${number} ${boot}:${sequence} ${LOG_SEVERITIES.indexOf(severity)} ${at} ${text}\n`
}

/** Null for what a power cut has left of a line. */
export function parseLogLine(line: string, kind: LogKind): LogLine | null {
  const parts = LINE.exec(line)
  if (parts === null) return null
  const [, number, , , severity, at = '', text = ''] = parts
  return { number: Number(number), at, severity: LOG_SEVERITIES[Number(severity)] ?? 'info', kind, text }
}

/** Of the last whole line in a file's text; null where there is none. */
export function lastOfLog(text: string): (LogOrigin & { readonly number: number }) | null {
  for (const line of text.split('\n').reverse()) {
    const parts = LINE.exec(line)
    if (parts !== null) return { number: Number(parts[1]), boot: parts[2] ?? '', sequence: Number(parts[3]) }
  }
  return null
}

/** `KIND.FIRST.log`: the number that the file begins at is in its name. */
export function logFileName(kind: LogKind, first: number): string {
  return `${kind}.${first}.log`
}

export function parseLogFileName(name: string): { readonly kind: string; readonly first: number } | null {
  const parts = /^([a-z]{1,20})\.(\d{1,15})\.log$/.exec(name)
  return parts === null ? null : { kind: parts[1] ?? '', first: Number(parts[2]) }
}
