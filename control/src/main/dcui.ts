// The console on one terminal (`dcui tty1`, `dcui ttyS0`): opens it as root, gives up everything, then draws what controld answers. It decides nothing.
import { mkdir } from 'hv:fs'
import { args, confine, exit } from 'hv:process'
import { log, onSignal, setLogName } from 'hv:system'
import { createClock } from '../adapters/clock.ts'
import { ConsoleTerminal } from '../adapters/console-terminal.ts'
import { type ControlAnswer, ControlFailure, FrameClient } from '../adapters/frame-client.ts'
import { parseConsoleStatus } from '../codec/console-status.ts'
import { type Command, type Event, initialModel, type Model, reduce } from '../console/app.ts'
import { decodeKeys, flushKeys, initialKeyState, isEscape, isPending } from '../console/keys.ts'
import type { Answer } from '../console/page.ts'
import { linuxConsole, Painter, serialTerminal } from '../console/painter.ts'
import { theme } from '../console/theme.ts'
import { drawScreen } from '../console/view.ts'
import { ConsoleStreams } from './dcui-streams.ts'

const controlDirectory = '/run/corbel/control'
const controlSocket = `${controlDirectory}/control.sock`
const dcuiUser = 101

/** Between an answer and the next question, and after a failure. */
const pollMs = 1_000
const retryMs = 500
const statusTimeoutMs = 3_000
const tickMs = 1_000
/** Longer than a slow line needs from an Esc to the rest of its sequence. */
const escapeMs = 100
/** On a serial line a person may press Esc and then a digit in place of a function key. */
const digitMs = 700
/** A terminal may be attached, or something else printed, at any time. */
const repaintMs = 30_000
/** How long this program stays after its terminal is missing or gone, so that init, which starts it again, is not kept busy. */
const missingMs = 3_600_000
const goneMs = 5_000

const clock = createClock()

function later(delayMs: number, code: number): void {
  clock.after(delayMs, () => exit(code))
}

function openTerminal(name: string): ConsoleTerminal | null {
  try {
    return new ConsoleTerminal(name)
  } catch (error) {
    log('notice', `no terminal ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

/** From here on: no privilege, no network, and of the file system the directory of the control socket. */
function confineSelf(): void {
  mkdir(controlDirectory, { recursive: true })
  confine({
    uid: dcuiUser,
    gid: dcuiUser,
    capabilities: [],
    noNewPrivileges: true,
    namespaces: ['mount', 'net', 'ipc', 'uts'],
    root: [{ kind: 'bind', source: controlDirectory, target: controlDirectory, readOnly: true }],
    rlimits: { core: [0, 0], nofile: [32, 32], nproc: [0, 0] },
    umask: 0o077,
    cwd: '/',
  })
}

/** JSON parsed, text of any other kind as it is. */
function bodyOf({ headers, body }: ControlAnswer): unknown {
  if (body === '') return undefined
  if (!/json/.test(headers['content-type'] ?? '')) return body
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

async function ask(client: FrameClient, command: Extract<Command, { kind: 'request' }>): Promise<Answer> {
  try {
    const answer = await client.request(command)
    const afterSeconds = Number(answer.headers['retry-after'])
    return {
      kind: 'answered',
      status: answer.status,
      body: bodyOf(answer),
      etag: answer.headers.etag ?? null,
      retryAfterSeconds: Number.isFinite(afterSeconds) ? afterSeconds : null,
    }
  } catch (error) {
    if (error instanceof ControlFailure) return { kind: 'unanswered' }
    throw error
  }
}

function run(terminal: ConsoleTerminal): void {
  const startedMs = clock.monotonicMs()
  const size = terminal.size()
  const painter = new Painter(size.known ? linuxConsole : serialTerminal, theme.body)
  let model: Model = initialModel(size.columns, size.rows, !size.known)
  let keys = initialKeyState
  let cancelFlush = () => {}
  let cancelPoll = () => {}
  let gone = false

  const paint = () => {
    if (gone || !terminal.idle) return
    const text = painter.next()
    if (text !== '') terminal.write(text)
  }
  const happened = (event: Event) => {
    const step = reduce(model, event)
    model = step.model
    painter.want(drawScreen(model))
    for (const command of step.commands) obey(command)
    paint()
  }
  const unanswered = () => happened({ kind: 'unanswered', sinceStartMs: clock.monotonicMs() - startedMs })
  const client = new FrameClient(controlSocket, clock, unanswered)

  const streams = new ConsoleStreams({ client, clock, happened })

  const obey = (command: Command) => {
    if (command.kind === 'redraw') painter.doubt(true)
    else if (command.kind === 'poll') pollIn(0)
    else if (command.kind === 'attach') streams.attach(command)
    else if (command.kind === 'send') streams.send(command.stream, command.text)
    else if (command.kind === 'detach') streams.detach(command.stream)
    else ask(client, command).then((answer) => happened({ kind: 'answer', request: command.request, answer }))
  }
  const poll = async () => {
    let answered = false
    try {
      const answer = await client.request({ method: 'GET', path: '/v1/console/status', timeoutMs: statusTimeoutMs })
      const status = answer.status === 200 ? parseConsoleStatus(answer.body) : null
      answered = status !== null
      if (status !== null) happened({ kind: 'answered', status })
    } catch (error) {
      if (!(error instanceof ControlFailure)) throw error
    }
    if (!answered) unanswered()
    pollIn(answered ? pollMs : retryMs)
  }
  const pollIn = (delayMs: number) => {
    cancelPoll()
    cancelPoll = clock.after(delayMs, poll)
  }
  const repaintIn = () =>
    clock.after(repaintMs, () => {
      painter.doubt(false)
      paint()
      repaintIn()
    })

  terminal.onIdle(paint)
  terminal.onResize(() => {
    const { columns, rows, known } = terminal.size()
    if (known) happened({ kind: 'resized', columns, rows })
  })
  terminal.onGone(() => {
    gone = true
    log('notice', 'the terminal is gone')
    client.close()
    later(goneMs, 1)
  })
  terminal.onBytes((bytes) => {
    cancelFlush()
    const decoded = decodeKeys(keys, bytes)
    keys = decoded.state
    for (const key of decoded.keys) happened({ kind: 'key', key })
    if (!isPending(keys)) return
    cancelFlush = clock.after(isEscape(keys) && !size.known ? digitMs : escapeMs, () => {
      const flushed = flushKeys(keys)
      keys = flushed.state
      for (const key of flushed.keys) happened({ kind: 'key', key })
    })
  })
  const tickIn = () =>
    clock.after(tickMs, () => {
      happened({ kind: 'tick', nowMs: clock.monotonicMs() })
      tickIn()
    })
  painter.want(drawScreen(model))
  paint()
  repaintIn()
  tickIn()
  pollIn(0)
}

// A hang-up ends in `onGone`, not in a death that init answers at once; a stop puts the terminal's settings back.
onSignal('SIGHUP', () => {})
onSignal('SIGTERM', () => exit(0))
const name = args[0] ?? ''
setLogName(`dcui-${name}`)
const terminal = openTerminal(name)
if (terminal === null) later(missingMs, 0)
else {
  confineSelf()
  run(terminal)
}
