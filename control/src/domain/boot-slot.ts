// The two system slots of an installed disk: what the boot loader has counted, and what becomes of it when a slot is confirmed, filled, chosen or given up.

export const SLOT_NAMES = ['a', 'b'] as const
export type SlotName = (typeof SLOT_NAMES)[number]

/** `good`: it was confirmed once. `trying`: it has to be, within its tries. `bad`: it was given up. `empty`: there is no system in it, or half of one. */
export const SLOT_MARKS = ['good', 'trying', 'bad', 'empty'] as const
export type SlotMark = (typeof SLOT_MARKS)[number]

/** Of a slot that is in order: it may fail this often in a row before the other one is started. */
const FULL_TRIES = 3
/** Of a slot that has still to be confirmed. */
const TRIAL_TRIES = 2
/** From the boot on, for a slot that is being tried. */
export const CONFIRM_DEADLINE_MS = 600_000

export interface SlotState {
  readonly mark: SlotMark
  /** Boots left, 0 to 3, counted down by the boot loader before each. */
  readonly tries: number
}

/** What the boot loader goes by. */
export interface BootEnvironment {
  /** Who is started first. */
  readonly order: readonly [SlotName, SlotName]
  readonly slots: Readonly<Record<SlotName, SlotState>>
  /** To be started once, before all others. */
  readonly once: SlotName | null
}

/** Of the release in each slot; null where none can be read. */
export type SlotVersions = Readonly<Record<SlotName, string | null>>

/** A mirror of the disk that was booted. */
export interface OtherDisk {
  /** `/dev/vdb`. */
  readonly disk: string
  readonly versions: SlotVersions
}

/** What is seen of a host that runs from a slot. */
export interface BootSlotsSeen {
  readonly environment: BootEnvironment
  readonly running: SlotName
  /** The one that was booted: `/dev/vda`. */
  readonly disk: string
  readonly versions: SlotVersions
  readonly others: readonly OtherDisk[]
  /** What fits into a slot. */
  readonly slotBytes: number
}

/** A slot whose files are not as they were written. */
export interface DamagedSlot {
  readonly slot: SlotName
  /** `/dev/vda`. */
  readonly disk: string
  /** `corbel/root.img`. */
  readonly files: readonly string[]
}

export interface SystemSlot {
  readonly slot: SlotName
  /** Of the release in it; null where none can be read. */
  readonly version: string | null
  readonly mark: SlotMark
  readonly tries: number
  /** Files that are not as they were written, and on which disk, as far as that was looked at. */
  readonly damaged: readonly string[]
  readonly running: boolean
  /** Its control plane has taken over in this boot. */
  readonly live: boolean
  /** It is started at the next restart, as long as it has tries. */
  readonly next: boolean
}

export interface SystemSlotsView {
  /** Null where the system does not run from an installed disk; then there are no slots. */
  readonly running: SlotName | null
  /** Whether the slot that runs is confirmed. */
  readonly confirmed: boolean
  /** What keeps it from being confirmed, in words. */
  readonly missing: readonly string[]
  /** How many disks carry the system. */
  readonly disks: number
  readonly items: readonly SystemSlot[]
}

/** How far the boot of a slot that was being tried came, kept where its successor finds it. */
export interface SlotTrial {
  readonly slot: SlotName
  readonly version: string
  /** Why it was given up, in words; null while that has not been. */
  readonly reason: string | null
}

/** What the guard is told of the slot that runs. */
export interface GuardNote {
  readonly trying: boolean
  readonly confirmed: boolean
  /** What is not as it should be, in words. */
  readonly missing: readonly string[]
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === 'a' ? 'b' : 'a'
}

function firstIs(slot: SlotName): readonly [SlotName, SlotName] {
  return [slot, otherSlot(slot)]
}

function withSlot(environment: BootEnvironment, slot: SlotName, state: SlotState): BootEnvironment {
  return { ...environment, slots: { ...environment.slots, [slot]: state } }
}

/** The slot that runs is in order. A slot that was good before does not come first by that: it may have been started once only. */
export function confirmSlot(environment: BootEnvironment, running: SlotName): BootEnvironment {
  const before = environment.slots[running]
  const order = before.mark === 'good' ? environment.order : firstIs(running)
  return withSlot({ ...environment, order }, running, { mark: 'good', tries: FULL_TRIES })
}

/** Before the first byte is written to a slot: nothing starts it until it is whole. */
export function beforeFilling(environment: BootEnvironment, target: SlotName): BootEnvironment {
  return withSlot({ ...environment, order: firstIs(otherSlot(target)), once: null }, target, { mark: 'empty', tries: 0 })
}

/** The slot comes first from now on, and has to be confirmed. */
export function trySlot(environment: BootEnvironment, target: SlotName): BootEnvironment {
  return withSlot({ ...environment, order: firstIs(target), once: null }, target, { mark: 'trying', tries: TRIAL_TRIES })
}

export function startOnce(environment: BootEnvironment, target: SlotName): BootEnvironment {
  return { ...environment, once: target }
}

/**
 * The slot that should have been started and was not, since its boots failed; null where there is none. One that still has all the tries of a trial
 * waits for the next restart, and one that is good and has tries left was passed over by somebody's choice.
 */
export function fallenSlot(environment: BootEnvironment, running: SlotName): SlotName | null {
  const first = environment.order[0]
  const { mark, tries } = environment.slots[first]
  if (first === running || mark === 'empty' || mark === 'bad') return null
  const failed = mark === 'trying' ? tries < TRIAL_TRIES : tries === 0
  return failed ? first : null
}

/** The trial is over: the loader passes this slot over, and the system of the other one finds that it failed. */
export function endTrial(environment: BootEnvironment, running: SlotName): BootEnvironment {
  return withSlot(environment, running, { ...environment.slots[running], tries: 0 })
}

/** Nothing starts it again by itself. */
export function giveUpSlot(environment: BootEnvironment, fallen: SlotName): BootEnvironment {
  return withSlot({ ...environment, order: firstIs(otherSlot(fallen)) }, fallen, { mark: 'bad', tries: 0 })
}

/** Why a slot was given up, as far as what it left behind tells. */
export function whyFallen(fallen: SlotName, trial: SlotTrial | null): string {
  if (trial === null || trial.slot !== fallen) {
    return 'none of its programs was started: its kernel could not be read, was refused, panicked or hung, or its image was damaged'
  }
  return trial.reason ?? 'it was started and ended before it was confirmed: it panicked, hung, or had its power cut'
}

/** Whether a system is meant to be there: one that can be read may be what a cut-off update has left. */
export function holdsSystem({ mark }: SlotState): boolean {
  return mark === 'good' || mark === 'trying'
}

export function damageInWords({ slot, disk, files }: DamagedSlot): string {
  return `The system in ${slotTitle(slot)} on ${disk} is damaged: ${files.join(', ')}.`
}

export function slotTitle(slot: SlotName): string {
  return `Slot ${slot.toUpperCase()}`
}
