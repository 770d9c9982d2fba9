// What QEMU says on stderr: to the log, bounded in size and rate, and its last lines kept for the error of a QEMU that did not start.
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

const MAX_LINE_CHARACTERS = 500
const TAIL_LINES = 8
/** In each window this many lines are logged, the rest is counted. */
const LINES_PER_WINDOW = 30
const WINDOW_MS = 60_000

export interface QemuStderr {
  /** The latest lines, oldest first, joined by ` | `; at most about 4,000 characters. */
  tail(): string
  /** Resolves when the last process that holds the other end has closed it, or at `close`. */
  readonly ended: Promise<void>
  close(): void
}

/** Takes over the reading end of a pipe. */
export function followStderr(fd: number, vmId: string, clock: Clock, log: Log): QemuStderr {
  const connection = fromFd(fd)
  const tail: string[] = []
  let rest = ''
  let windowStartMs = clock.monotonicMs()
  let lines = 0

  function take(line: string): void {
    if (line === '') return
    const cut = line.slice(0, MAX_LINE_CHARACTERS)
    tail.push(cut)
    if (tail.length > TAIL_LINES) tail.shift()
    const nowMs = clock.monotonicMs()
    if (nowMs - windowStartMs >= WINDOW_MS) {
      if (lines > LINES_PER_WINDOW) log('warning', `vm ${vmId}: ${lines - LINES_PER_WINDOW} more lines of QEMU's stderr were not logged`)
      windowStartMs = nowMs
      lines = 0
    }
    lines++
    if (lines <= LINES_PER_WINDOW) log('warning', `vm ${vmId}: qemu: ${cut}`)
  }

  connection.onData((chunk) => {
    const parts = (rest + decodeUtf8(chunk)).split('\n')
    rest = (parts.pop() ?? '').slice(0, MAX_LINE_CHARACTERS)
    for (const part of parts) take(part)
  })
  const ended = new Promise<void>((resolve) => {
    connection.onClose(() => {
      take(rest)
      rest = ''
      resolve()
    })
  })
  return { tail: () => tail.join(' | '), ended, close: () => connection.close() }
}
