// What guests claim, heard from their agents in the background and kept in memory; and the little that is done with agents by itself: time after a
// standstill, thawing what nobody holds frozen. Nothing is decided by what a guest says beyond what it is asked itself.
import type { GuestStatus } from '../domain/guest.ts'
import { same } from '../domain/vm-difference.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { Fleet } from './fleet.ts'
import type { AppPorts } from './ports.ts'
import { isHostFailure, Refusal } from './refusal.ts'
import { createSlots } from './slots.ts'

/** An agent that has just opened its channel may not be ready yet. */
const FIRST_LOOK_MS = 1_000
const LOOK_MS = 15_000
/** Between looks at one that does not answer well: each failure doubles it, up to this. */
const SLOWEST_LOOK_MS = 300_000
/** Between looks at what should be done soon: a guest to be thawed, a clock to be set. */
const SOON_MS = 5_000
/** Guests that are looked at at once. A silent one takes its slot for 5 s, any at most for 15 s. */
const LOOKS_AT_ONCE = 16

export interface GuestInfo {
  /** Whether the agent answered when it was asked last. */
  responds(id: string): boolean
  /** Asks the agent to shut the guest down, thawing it first. False when the agent did not answer lately, or does not take it. Never rejects. */
  requestShutdown(id: string): Promise<boolean>
  /** The guest stood still: it gets the host's time as soon as its agent answers. */
  syncTime(id: string): void
  /** From now on the guest may be frozen. One that is although nothing holds it is thawed: left by an earlier controld, or by a freeze that failed half-way. */
  hold(id: string): Hold
  isHeld(id: string): boolean
  /** Hears what is new as soon as possible. */
  lookNow(id: string): void
}

/** Ends by itself when the agent goes, or the guest is shut down. */
export interface Hold {
  isInForce(): boolean
  /** The guest is thawed. Harmless when it was let go of before. */
  letGo(): void
  /** As `letGo`, when it has been thawed already. */
  forget(): void
}

/** A guest whose process is watched. */
interface Watched {
  readonly id: string
  readonly process: VmProcess
  cancelTimer: () => void
  looking: boolean
  /** Something happened while it was looked at. */
  lookAgain: boolean
  failures: number
  timeWanted: boolean
  hold: Hold | null
  status: GuestStatus
}

export function createGuestInfo({ clock }: Pick<AppPorts, 'clock'>, fleet: Fleet): GuestInfo {
  const guests = new Map<string, Watched>()
  const slots = createSlots(LOOKS_AT_ONCE)

  const isCurrent = (guest: Watched) => guests.get(guest.id) === guest && fleet.process(guest.id) === guest.process

  function tell(guest: Watched, status: GuestStatus): void {
    guest.status = status
    if (isCurrent(guest)) fleet.hear(guest.id, guest.process, status)
  }

  function schedule(guest: Watched, delayMs: number): void {
    guest.cancelTimer()
    guest.cancelTimer = clock.after(delayMs, () => void look(guest))
  }

  async function look(guest: Watched): Promise<void> {
    if (!isCurrent(guest)) return
    if (guest.looking) {
      guest.lookAgain = true
      return
    }
    guest.looking = true
    guest.lookAgain = false
    guest.cancelTimer()
    await slots.run(async () => {
      // It may have been powered off, or have lost its agent, while others were looked at.
      if (isCurrent(guest) && guest.process.agent.isOpen && !standsStill(guest.id)) await hear(guest)
    })
    guest.looking = false
    if (isCurrent(guest) && guest.process.agent.isOpen) schedule(guest, guest.lookAgain ? 0 : nextLookMs(guest))
  }

  /** What stands still answers nothing, and that is no fault of its agent's. */
  function standsStill(id: string): boolean {
    return ['paused', 'suspending', 'resuming'].includes(fleet.powerState(id))
  }

  function nextLookMs({ status, hold, timeWanted, failures }: Watched): number {
    const toThaw = status.claims?.frozen === true && hold === null
    return Math.min(toThaw ? LOOK_MS : SLOWEST_LOOK_MS, (toThaw || timeWanted ? SOON_MS : LOOK_MS) * 2 ** failures)
  }

  async function hear(guest: Watched): Promise<void> {
    const { process } = guest
    const before = guest.status.claims
    try {
      const heard = await process.agent.observe()
      const { hostname, os, addresses } = heard.frozen && before !== undefined ? before : heard
      const frozen = heard.frozen && (guest.hold !== null || !(await thaw(guest)))
      if (guest.timeWanted && !frozen) await setTime(guest)
      guest.failures = 0
      const claims = { hostname, os, addresses, frozen }
      const observedAt = before?.observedAt ?? clock.now()
      const isNew = !same({ ...claims, observedAt }, before)
      if (process.agent.isOpen) tell(guest, { agent: 'responding', claims: { ...claims, observedAt: isNew ? clock.now() : observedAt } })
    } catch {
      // Which of its faults it was is of no use to anybody but who runs the guest; what is asked for by name tells it.
      guest.failures++
      if (process.agent.isOpen) tell(guest, { ...guest.status, agent: 'silent' })
    }
  }

  /** False when it could not be done; it is tried again. */
  async function thaw({ process }: Watched): Promise<boolean> {
    try {
      await process.agent.thaw()
      return true
    } catch {
      return false
    }
  }

  /** An agent that refuses is not asked again. */
  async function setTime(guest: Watched): Promise<void> {
    guest.timeWanted = false
    try {
      await guest.process.agent.setTime()
    } catch (error) {
      if (isHostFailure(error) && ['guest-agent.unsupported', 'guest-agent.error'].includes(error.code)) return
      guest.timeWanted = true
      throw error
    }
  }

  function onAgent(guest: Watched, isOpen: boolean): void {
    guest.cancelTimer()
    guest.failures = 0
    // Whoever opens it next may be another system.
    guest.hold = null
    tell(guest, isOpen ? { agent: 'silent' } : { agent: 'absent' })
    if (isOpen) schedule(guest, FIRST_LOOK_MS)
  }

  fleet.onWatch((id, process) => {
    guests.get(id)?.cancelTimer()
    const guest: Watched = {
      ...{ id, process, cancelTimer: () => {}, looking: false, lookAgain: false, failures: 0 },
      ...{ timeWanted: false, hold: null, status: { agent: 'absent' } },
    }
    guests.set(id, guest)
    process.agent.onChange((isOpen) => onAgent(guest, isOpen))
    if (process.agent.isOpen) onAgent(guest, true)
    process.ended.then(() => {
      guest.cancelTimer()
      if (guests.get(id) === guest) guests.delete(id)
    })
  })

  function lookNow(id: string): void {
    const guest = guests.get(id)
    if (guest?.process.agent.isOpen === true) void look(guest)
  }

  function hold(guest: Watched): Hold {
    const isInForce = () => guest.hold === made
    const made: Hold = {
      isInForce,
      // At once, however many others wait to be looked at.
      letGo() {
        if (!isInForce()) return
        guest.hold = null
        void thaw(guest).then(() => look(guest))
      },
      forget() {
        if (!isInForce()) return
        guest.hold = null
        void look(guest)
      },
    }
    guest.hold = made
    return made
  }

  return {
    responds: (id) => guests.get(id)?.status.agent === 'responding',
    async requestShutdown(id) {
      const guest = guests.get(id)
      if (guest === undefined || guest.status.agent !== 'responding' || standsStill(id)) return false
      const mayBeFrozen = guest.hold !== null || guest.status.claims?.frozen === true
      guest.hold = null
      try {
        // What is frozen could not be unmounted.
        if (mayBeFrozen) await guest.process.agent.thaw()
        await guest.process.agent.shutdown()
        return true
      } catch (error) {
        // One that goes while it is asked goes because the guest does.
        return isHostFailure(error) && error.code === 'guest-agent.absent'
      }
    },
    syncTime(id) {
      const guest = guests.get(id)
      if (guest === undefined) return
      guest.timeWanted = true
      lookNow(id)
    },
    hold(id) {
      const guest = guests.get(id)
      if (guest === undefined) throw new Refusal('conflict', 'vm.power.wrong-state', 'The VM does not run.')
      return hold(guest)
    },
    isHeld: (id) => guests.get(id)?.hold != null,
    lookNow,
  }
}
