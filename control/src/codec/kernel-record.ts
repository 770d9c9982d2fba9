// One record of the kernel's log as /dev/kmsg gives it. @source Documentation/ABI/testing/dev-kmsg in the kernel's tree
import { LOG_SEVERITIES, type LogSeverity } from '../domain/host-log.ts'

export interface KernelRecord {
  /** One more with each record of this boot; a gap is what was overwritten unread. */
  readonly sequence: number
  /** Microseconds since boot. */
  readonly atUs: number
  readonly severity: LogSeverity
  /** Said by the kernel itself, and not by a program. */
  readonly isKernel: boolean
  /** One line, safe to show anywhere. */
  readonly text: string
}

const HEAD = /^(\d{1,5}),(\d{1,16}),(\d{1,16}),[^;]*;/
const MAX_CHARACTERS = 1000

/** Null for what is no record. The lines after the first are for programs, and left out. */
export function parseKernelRecord(record: string, decodeUtf8: (bytes: Uint8Array) => string): KernelRecord | null {
  const head = HEAD.exec(record)
  if (head === null) return null
  const [whole, priority, sequence, atUs] = head
  const [line = ''] = record.slice(whole.length).split('\n')
  return {
    sequence: Number(sequence),
    atUs: Number(atUs),
    severity: LOG_SEVERITIES[Number(priority) & 7] ?? 'info',
    isKernel: Number(priority) >> 3 === 0,
    text: withoutSecrets(plain(unescaped(line, decodeUtf8))).slice(0, MAX_CHARACTERS),
  }
}

/** The kernel writes everything but printable ASCII, and the backslash, as `\xHH`. */
function unescaped(line: string, decodeUtf8: (bytes: Uint8Array) => string): string {
  return line.replace(/(?:\\x[0-9a-f]{2})+/g, (escaped) =>
    decodeUtf8(Uint8Array.from(escaped.slice(2).split('\\x'), (digits) => Number.parseInt(digits, 16))),
  )
}

/** No controls, and nothing that turns the direction of what stands beside it. */
function plain(text: string): string {
  return text.replace(/[\t\n\r]/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, '?')
}

/** Nothing is to log any of these; should something do so by mistake, they end here. */
function withoutSecrets(text: string): string {
  return text.replace(/\$argon2[a-z]*\$[^\s"']+/g, '[hash left out]').replace(/\b(bearer) +[\w.~+/=-]{8,}/gi, '$1 [token left out]')
}
