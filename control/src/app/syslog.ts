// Sends the audit log and events to a collector. What is kept anyway is the queue: where sending got to is remembered, and nothing waits for a collector that is away.
import type { Event } from '../domain/event.ts'
import { auditMessage, eventMessage, type SyslogKind, type SyslogMessage, type SyslogSettings } from '../domain/syslog.ts'
import type { CollectorLink } from '../ports/log-collector.ts'
import type { Audit } from './audit.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

const SETTING = 'syslog'
const POSITION = 'syslog.position'
/** On their way at most: a collector that takes nothing costs no more memory than this. */
const WINDOW_BYTES = 128 * 1024
const BATCH = 50
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** A connection that held so long was a good one: the next is tried soon. */
const GOOD_MS = 30_000
/** What has arrived is remembered so often; after a crash that much is sent twice. */
const REMEMBER_MS = 1_000

/** The last of each that has arrived, by sequence and id. */
type Position = Readonly<Record<SyslogKind, number>>

export interface SyslogStatus {
  /** `waiting`: to try again. */
  readonly state: 'off' | 'connecting' | 'connected' | 'waiting'
  readonly since: string | null
  readonly lastError: { readonly at: string; readonly code: string; readonly message: string } | null
  /** How many are still to be sent. */
  readonly behind: Position
  /** How many were gone before they could be sent, since it was set. */
  readonly lost: Position
}

export interface Syslog {
  view(): { readonly settings: SyslogSettings | null; readonly status: SyslogStatus }
  /** Begins with what happens from now on, or goes on where it was. Null: off. */
  set(settings: SyslogSettings | null, by: string): void
  run(): void
}

interface OnItsWay {
  readonly kind: SyslogKind
  readonly number: number
  readonly endByte: number
}

interface Sendable {
  readonly number: number
  readonly message: SyslogMessage
}

type Ports = Pick<AppPorts, 'store' | 'clock' | 'host' | 'logCollector' | 'log'>

export function createSyslog({ store, clock, host, logCollector, log }: Ports, ledger: Ledger, audit: Audit): Syslog {
  let settings = store.getSetting(SETTING) as SyslogSettings | null
  let arrived: Position = (store.getSetting(POSITION) as Position | null) ?? latest()
  let remembered = arrived
  let lost: Position = { audit: 0, events: 0 }
  let sent: Position = arrived
  let state: SyslogStatus['state'] = 'off'
  let since: string | null = null
  let lastError: SyslogStatus['lastError'] = null
  let link: CollectorLink | null = null
  let onItsWay: OnItsWay[] = []
  let sentBytes = 0
  let arrivedBytes = 0
  let retryMs = FIRST_RETRY_MS
  let connectedMs: number | null = null
  let cancelRetry = () => {}
  let isRunning = false
  let remembering = false
  /** Said once for each time that it is away. */
  let isSaidAway = false

  function latest(): Position {
    return { audit: audit.durable().sequence, events: store.latestEvents(1)[0]?.id ?? 0 }
  }

  function enter(next: SyslogStatus['state']): void {
    state = next
    since = clock.now()
  }

  function say(code: string, severity: 'info' | 'warning', message: string): void {
    try {
      ledger.write((draft) => draft.event(code, severity, { kind: 'host', id: 'host' }, message))
    } catch (error) {
      log('error', `syslog: ${code} could not be written: ${String(error)}`)
    }
  }

  function connect(): void {
    if (settings === null || !isRunning) return
    enter('connecting')
    sent = arrived
    onItsWay = []
    sentBytes = 0
    arrivedBytes = 0
    connectedMs = null
    try {
      link = logCollector.dial(settings, { connected, arrived: heard, ended })
    } catch (error) {
      ended('internal', String(error))
    }
  }

  function connected(): void {
    enter('connected')
    connectedMs = clock.monotonicMs()
    lastError = null
    if (isSaidAway) say('syslog.connected', 'info', `The log collector ${settings?.host} takes messages again.`)
    isSaidAway = false
    pump()
  }

  function ended(code: string, message: string): void {
    link = null
    remember()
    lastError = { at: clock.now(), code, message }
    retryMs =
      connectedMs !== null && clock.monotonicMs() - connectedMs >= GOOD_MS ? FIRST_RETRY_MS : Math.min(LONGEST_RETRY_MS, retryMs * 2)
    enter('waiting')
    if (!isSaidAway) say('syslog.unreachable', 'warning', `The log collector ${settings?.host} cannot be reached: ${message}`)
    isSaidAway = true
    cancelRetry = clock.after(retryMs, connect)
  }

  /** Whatever arrived, arrived in order. */
  function heard(bytes: number): void {
    arrivedBytes = bytes
    let count = 0
    for (const { kind, number, endByte } of onItsWay) {
      if (endByte > bytes) break
      arrived = { ...arrived, [kind]: number }
      count++
    }
    if (count === 0) return
    onItsWay.splice(0, count)
    rememberSoon()
    pump()
  }

  function rememberSoon(): void {
    if (remembering) return
    remembering = true
    clock.after(REMEMBER_MS, remember)
  }

  function remember(): void {
    remembering = false
    if (arrived === remembered) return
    try {
      // Nobody waits for the disk here: at worst some are sent twice.
      store.atomically(() => store.putSetting(POSITION, arrived), 'ordered')
      remembered = arrived
    } catch (error) {
      log('warning', `syslog: what has arrived could not be remembered: ${String(error)}`)
    }
  }

  function nextOf(kind: SyslogKind): readonly Sendable[] {
    const { hostname } = host.observeStatus()
    if (kind === 'audit') {
      // An entry that a power cut takes back must not be known elsewhere: another would have its number.
      const last = audit.durable().sequence
      const { lines } = audit.lines({ from: { after: sent.audit }, limit: BATCH })
      return lines
        .filter(({ sequence }) => sequence <= last)
        .map(({ sequence, text, hash }) => ({ number: sequence, message: auditMessage(text, hash, hostname) }))
    }
    return store.listEvents(sent.events, BATCH).map((event: Event) => ({ number: event.id, message: eventMessage(event, hostname) }))
  }

  function sendSome(kind: SyslogKind): boolean {
    let any = false
    for (const { number, message } of nextOf(kind)) {
      if (link === null || sentBytes - arrivedBytes >= WINDOW_BYTES) return false
      // What was removed meanwhile is missed, and said to be.
      lost = { ...lost, [kind]: lost[kind] + (number - sent[kind] - 1) }
      sentBytes += link.send(message)
      sent = { ...sent, [kind]: number }
      onItsWay.push({ kind, number, endByte: sentBytes })
      any = true
    }
    return any
  }

  function pump(): void {
    if (state !== 'connected' || settings === null) return
    for (const kind of settings.kinds) while (sendSome(kind));
  }

  audit.follow(pump)
  /** What was before is not sent to a collector that is new. */
  function beginOf(): Position {
    return settings === null ? latest() : arrived
  }

  function follow(next: SyslogSettings | null, begins: Position): void {
    link?.close()
    link = null
    cancelRetry()
    settings = next
    arrived = begins
    remembered = begins
    retryMs = FIRST_RETRY_MS
    isSaidAway = false
    lastError = null
    lost = { audit: 0, events: 0 }
    if (next === null) enter('off')
    else connect()
  }

  ledger.follow(pump)
  ledger.onReplaced(() => {
    const next = store.getSetting(SETTING) as SyslogSettings | null
    if (JSON.stringify(next) !== JSON.stringify(settings)) follow(next, beginOf())
  })

  return {
    view() {
      const now = latest()
      const behind = (kind: SyslogKind) => (settings?.kinds.includes(kind) === true ? Math.max(0, now[kind] - arrived[kind]) : 0)
      return { settings, status: { state, since, lastError, behind: { audit: behind('audit'), events: behind('events') }, lost } }
    },
    set(next, by) {
      const begins = beginOf()
      const message = next === null ? `Sending the audit log was turned off by ${by}.` : `The audit log is sent to ${next.host}, by ${by}.`
      ledger.write((draft) => {
        draft.putSetting(SETTING, next)
        draft.putSetting(POSITION, begins)
        draft.event('syslog.set', 'info', { kind: 'host', id: 'host' }, message)
      }, by)
      follow(next, begins)
    },
    run() {
      isRunning = true
      connect()
    },
  }
}
