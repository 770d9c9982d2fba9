// The host's time: whom it asks, how that goes, and a clock set by hand. Nothing waits for it; what measures spans of time has another clock.

import { check } from '../domain/check.ts'
import { DEFAULT_TIME_SETTING, type TimeClientStatus, type TimeSetting, type TimeView, timeSettingSchema } from '../domain/time.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** A setting of the store. */
const TIME_SETTING = 'time'
/** Between two looks at what the DHCP server offers and at the client. */
const LOOK_MS = 15_000
const HOST = { kind: 'host', id: 'host' } as const
const NOT_ASKED: TimeClientStatus = { synchronised: false, source: null, stratum: null, offsetSeconds: null }

export interface TimeControl {
  view(): Promise<TimeView>
  /** Durable when it returns. */
  set(setting: TimeSetting, by: string): void
  /** Refuses with `time.ntp-on`. `time` is RFC 3339. */
  setClock(time: string, by: string): void
  /** Tells the client whom to ask, now and whenever that changes; never awaited. */
  run(): void
}

export function createTimeControl(
  { store, clock, timekeeping, log }: Pick<AppPorts, 'store' | 'clock' | 'timekeeping' | 'log'>,
  ledger: Ledger,
): TimeControl {
  let wasSynchronised: boolean | null = null

  function setting(): TimeSetting {
    const kept = check(timeSettingSchema, store.getSetting(TIME_SETTING), 'time')
    return kept.ok ? kept.value : DEFAULT_TIME_SETTING
  }

  function wanted(): Pick<TimeView, 'servers' | 'serversFrom'> {
    const { ntp, servers } = setting()
    if (!ntp) return { servers: [], serversFrom: 'off' }
    if (servers.length > 0) return { servers, serversFrom: 'setting' }
    const offered = timekeeping.offered()
    return offered.length > 0 ? { servers: offered, serversFrom: 'dhcp' } : { servers: [], serversFrom: 'none' }
  }

  function apply(): void {
    try {
      timekeeping.ask(wanted().servers)
    } catch (error) {
      log('error', `time client: ${String(error)}`)
    }
  }

  async function observe(): Promise<TimeClientStatus> {
    if (wanted().servers.length === 0) return NOT_ASKED
    try {
      return await timekeeping.observe()
    } catch (error) {
      log('warning', `time client: ${String(error)}`)
      return NOT_ASKED
    }
  }

  /** Told when it changes, and not before it has once been so. */
  function tell({ synchronised, source }: TimeClientStatus): void {
    const before = wasSynchronised
    wasSynchronised = synchronised
    if (synchronised === (before ?? false)) return
    ledger.write((draft) => {
      if (synchronised) draft.event('time.synchronised', 'info', HOST, `The clock follows the time server ${source ?? 'unknown'}.`)
      else draft.event('time.unsynchronised', 'warning', HOST, 'The clock follows no time server any more.')
    })
  }

  async function look(): Promise<void> {
    apply()
    tell(await observe())
  }

  ledger.onReplaced(apply)

  return {
    async view() {
      return { now: clock.now(), timeZone: 'UTC', setting: setting(), ...wanted(), ...(await observe()) }
    },
    set(next, by) {
      ledger.write((draft) => {
        draft.putSetting(TIME_SETTING, next)
        const servers = next.servers.length === 0 ? 'those that DHCP offers' : next.servers.join(', ')
        draft.event('host.time-changed', 'info', HOST, `Time servers are ${next.ntp ? servers : 'off'} now, asked by ${by}.`)
      }, by)
      apply()
    },
    setClock(time, by) {
      if (setting().ntp && wanted().servers.length > 0) {
        throw new Refusal('conflict', 'time.ntp-on', 'The clock follows time servers. Turn them off first (`ntp` false) to set it by hand.')
      }
      const before = clock.now()
      timekeeping.setClock(Date.parse(time))
      ledger.write((draft) => draft.event('host.clock-set', 'info', HOST, `The clock was set from ${before} to ${time}, asked by ${by}.`))
    },
    run() {
      const round = () => {
        look()
          .catch((error: unknown) => log('error', `time: ${String(error)}`))
          .finally(() => clock.after(LOOK_MS, round))
      }
      round()
    },
  }
}
