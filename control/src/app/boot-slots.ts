// The system slots: telling of one that failed, confirming the one that runs once it is in order, and choosing what is started next.
import {
  type BootEnvironment,
  type BootSlotsSeen,
  confirmSlot,
  damageInWords,
  fallenSlot,
  giveUpSlot,
  otherSlot,
  SLOT_NAMES,
  type SlotName,
  type SystemSlotsView,
  slotTitle,
  startOnce,
  trySlot,
  whyFallen,
} from '../domain/boot-slot.ts'
import type { Task } from '../domain/task.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { SlotChecks } from './slot-checks.ts'
import { missingForHealth } from './slot-health.ts'
import type { Tasks } from './tasks.ts'

/** What was chosen to be tried, kept until it is known what became of it. */
export interface SlotChoice {
  readonly slot: SlotName
  readonly version: string
  readonly by: string
  readonly update: boolean
  /** VMs that ran and start with the host. */
  readonly vms: readonly string[]
}

export interface BootSlotControl {
  /** Follows nothing before it is told to. Never rejects. */
  start(): Promise<void>
  /** As seen last; null where the system does not run from a slot. */
  current(): { readonly name: SlotName; readonly confirmed: boolean } | null
  view(): Promise<SystemSlotsView>
  /** All refuse with `slots.not-installed`; the next two with `slots.unknown`, `slots.not-good`, `slots.running`, `slots.busy`, `slots.unconfirmed`. */
  bootOnce(slot: string, by: string): Promise<SystemSlotsView>
  activate(slot: string, by: string): Promise<SystemSlotsView>
  /** Reads all systems, and tells what is damaged. Refuses with `slots.not-installed`, `slots.busy`. */
  check(by: string): Promise<Task>
  /** For an update: the slot that does not run, of a host that may fall back on the one that does. */
  spare(): Promise<{ readonly seen: BootSlotsSeen; readonly slot: SlotName }>
  /** One piece of work on the boot environment at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Keeps what is chosen, then has it started first. */
  choose(slot: SlotName, version: string, by: string, update: boolean): Promise<void>
  change(next: (environment: BootEnvironment) => BootEnvironment): Promise<void>
}

const SETTING = 'slotChoice'
const HOST = { kind: 'host', id: 'host' } as const
const LOOK_MS = 2_000
/** A disk that could not be read or written is tried again. */
const AGAIN_MS = 10_000
const HOUR_MS = 3_600_000
/** After the start, then each time after the last. */
const FIRST_CHECK_MS = 24 * HOUR_MS
const CHECK_MS = 7 * 24 * HOUR_MS

type Ports = Pick<AppPorts, 'store' | 'host' | 'network' | 'datastores' | 'selfTest' | 'bootSlots' | 'controlPlane' | 'clock' | 'log'>

interface Parts {
  readonly checks: SlotChecks
  readonly tasks: Pick<Tasks, 'start'>
}

export function createBootSlotControl(ports: Ports, ledger: Pick<Ledger, 'write' | 'vms'>, { checks, tasks }: Parts): BootSlotControl {
  const { store, bootSlots, clock, log } = ports
  let seen: BootSlotsSeen | null = null
  let confirmed = false
  let missing: readonly string[] = []
  let busy = false

  const choice = () => store.getSetting(SETTING) as SlotChoice | null
  const running = () => (seen === null ? null : seen.running)

  async function look(): Promise<BootSlotsSeen> {
    seen = await bootSlots.read()
    if (seen === null)
      throw new Refusal('conflict', 'slots.not-installed', 'This host does not run from an installed disk: it has no system slots.')
    return seen
  }

  async function change(next: (environment: BootEnvironment) => BootEnvironment): Promise<void> {
    const now = await look()
    const environment = next(now.environment)
    if (JSON.stringify(environment) === JSON.stringify(now.environment)) return
    await bootSlots.write(environment)
    seen = { ...now, environment }
  }

  function requireIdle(): void {
    if (busy) throw new Refusal('conflict', 'slots.busy', 'The system slots are being worked on: an update, a check, or another choice.')
  }

  async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    requireIdle()
    busy = true
    try {
      return await work()
    } finally {
      busy = false
    }
  }

  /** Gives up a slot that should run and does not. The event comes after the boot loader knows it: told twice at worst, never not at all. */
  async function tellOfFallen(now: BootSlotsSeen): Promise<void> {
    const fallen = fallenSlot(now.environment, now.running)
    if (fallen === null) return
    const made = choice()
    const trial = bootSlots.trial()
    const why = whyFallen(fallen, trial)
    const version = now.versions[fallen] ?? trial?.version ?? 'unknown'
    const isUpdate = made?.slot === fallen && made.update
    const what = isUpdate
      ? `The update to Corbel ${version} in ${slotTitle(fallen)} was undone`
      : `${slotTitle(fallen)} with Corbel ${version} was given up`
    const message = `${what}: ${why}. The host runs ${slotTitle(now.running)} with Corbel ${now.versions[now.running] ?? 'unknown'}.`
    log('error', message)
    await change((environment) => giveUpSlot(environment, fallen))
    ledger.write((draft) => {
      draft.event(isUpdate ? 'update.undone' : 'slot.fell-back', 'error', HOST, message)
      draft.putSetting(SETTING, null)
    })
    bootSlots.forgetTrial()
  }

  function tellGuard(): void {
    const trying = seen !== null && seen.environment.slots[seen.running].mark === 'trying'
    bootSlots.tellGuard({ trying, confirmed, missing })
  }

  /** A slot that was good before needs no more than to answer; whatever the network does, it has been in order. */
  async function unhealthy({ environment, running: slot }: BootSlotsSeen): Promise<readonly string[]> {
    if (environment.slots[slot].mark === 'good') return (await ports.selfTest.apiAnswers()) ? [] : ['the API does not answer']
    const made = choice()
    return missingForHealth(ports, ledger, made?.slot === slot ? made.vms : [])
  }

  /** One that answers and is damaged where nothing has read it yet would restart the machine for ever, were its tries given back each time. */
  async function judge(now: BootSlotsSeen): Promise<readonly string[]> {
    const found = await unhealthy(now)
    return found.length > 0 ? found : (await checks.running(now)).map((file) => `damaged: ${file}`)
  }

  async function confirm(now: BootSlotsSeen): Promise<void> {
    const before = now.environment.slots[now.running].mark
    await change((environment) => confirmSlot(environment, now.running))
    confirmed = true
    missing = []
    tellGuard()
    if (before === 'good') return
    const message = `${slotTitle(now.running)} with Corbel ${now.versions[now.running] ?? 'unknown'} is confirmed: API, management network, state, datastore and VMs are in order.`
    log('info', message)
    ledger.write((draft) => {
      draft.event('slot.confirmed', 'info', HOST, message)
      draft.putSetting(SETTING, null)
    })
    bootSlots.forgetTrial()
  }

  async function follow(now: BootSlotsSeen): Promise<void> {
    for (let words = ''; !confirmed; ) {
      missing = await judge(now)
      tellGuard()
      if (missing.length === 0) return exclusively(() => confirm(now))
      if (missing.join('; ') !== words) log('info', `${slotTitle(now.running)} is not confirmed yet: ${missing.join('; ')}`)
      words = missing.join('; ')
      await pause(LOOK_MS)
    }
  }

  async function checkNowAndThen(): Promise<never> {
    for (let ms = FIRST_CHECK_MS; ; ) {
      await pause(ms)
      ms = CHECK_MS
      try {
        await exclusively(async () => checks.all(await look(), () => {}))
      } catch (error) {
        log('warning', `system slots: they could not be checked: ${error instanceof Error ? error.message : String(error)}`)
        ms = HOUR_MS
      }
    }
  }

  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))

  const damageOf = (slot: SlotName) =>
    checks.damaged().flatMap((found) => (found.slot === slot ? found.files.map((file) => `${file} on ${found.disk}`) : []))

  async function view(): Promise<SystemSlotsView> {
    const now = await bootSlots.read()
    seen = now
    if (now === null) return { running: null, confirmed: false, missing: [], disks: 0, items: [] }
    const { environment, versions } = now
    const live = ports.controlPlane.live()?.slot
    const next = environment.once ?? environment.order.find((slot) => environment.slots[slot].tries > 0) ?? now.running
    const items = SLOT_NAMES.map((slot) => ({
      ...{ slot, version: versions[slot], ...environment.slots[slot], damaged: damageOf(slot) },
      ...{ running: slot === now.running, live: slot === live, next: slot === next },
    }))
    return { running: now.running, confirmed, missing, disks: 1 + now.others.length, items }
  }

  /** A slot that can be chosen. */
  async function find(name: string): Promise<{ readonly slot: SlotName; readonly version: string }> {
    const slot = SLOT_NAMES.find((candidate) => candidate === name)
    if (slot === undefined) throw new Refusal('not-found', 'slots.unknown', 'There are the slots a and b.')
    const { environment, versions } = await look()
    const version = versions[slot]
    if (version === null || environment.slots[slot].mark === 'empty') {
      throw new Refusal('conflict', 'slots.not-good', `${slotTitle(slot)} holds no whole system.`)
    }
    return { slot, version }
  }

  async function choose(slot: SlotName, version: string, by: string, update: boolean): Promise<void> {
    const vms = [...ledger.vms.values()].filter(({ spec, process }) => process !== null && spec.autostart.enabled).map(({ id }) => id)
    ledger.write((draft) => draft.putSetting(SETTING, { slot, version, by, update, vms } satisfies SlotChoice))
    bootSlots.forgetTrial()
    await change((environment) => trySlot(environment, slot))
  }

  return {
    current: () => (seen === null ? null : { name: seen.running, confirmed }),
    view,
    exclusively,
    choose,
    change,

    async start() {
      for (;;) {
        try {
          const now = await bootSlots.read()
          seen = now
          if (now === null) return
          await exclusively(() => tellOfFallen(now))
          await follow(now)
          break
        } catch (error) {
          log('error', `system slots: ${error instanceof Error ? error.message : String(error)}`)
          await pause(AGAIN_MS)
        }
      }
      await checkNowAndThen()
    },

    async check(by) {
      requireIdle()
      await look()
      return tasks.start({
        ...{ kind: 'host.check', target: HOST, by },
        act: async (progress) => {
          await exclusively(async () => checks.all(await look(), progress))
          const found = checks.damaged().map(damageInWords)
          const message = `The system slots were checked, asked by ${by}. ${found.length === 0 ? 'All is as it was written.' : found.join(' ')}`
          return { write: (draft) => draft.event('slot.checked', found.length === 0 ? 'info' : 'error', HOST, message) }
        },
        settled: () => {},
      })
    },

    async spare() {
      const now = await look()
      if (!confirmed) {
        throw new Refusal(
          'conflict',
          'slots.unconfirmed',
          `${slotTitle(now.running)} is not confirmed yet: the other slot is what it would fall back on.`,
        )
      }
      return { seen: now, slot: otherSlot(now.running) }
    },

    bootOnce: (name, by) =>
      exclusively(async () => {
        const { slot, version } = await find(name)
        await change((environment) => startOnce(environment, slot))
        const message = `${slotTitle(slot)} with Corbel ${version} will be started once, at the next restart, asked by ${by}.`
        ledger.write((draft) => draft.event('slot.once', 'info', HOST, message))
        return view()
      }),

    activate: (name, by) =>
      exclusively(async () => {
        const { slot, version } = await find(name)
        if (slot === running()) {
          await change((environment) => ({ ...environment, order: [slot, otherSlot(slot)], once: null }))
          ledger.write((draft) => draft.putSetting(SETTING, null))
        } else {
          if (!confirmed) throw new Refusal('conflict', 'slots.unconfirmed', 'The slot that runs is not confirmed yet.')
          await choose(slot, version, by, false)
        }
        const message = `${slotTitle(slot)} with Corbel ${version} comes first from the next restart on, asked by ${by}.`
        ledger.write((draft) => draft.event('slot.chosen', 'info', HOST, message))
        return view()
      }),
  }
}
