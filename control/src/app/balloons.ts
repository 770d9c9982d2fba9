// What is known of each VM's balloon: what it was told, what came of it, what its guest needs. Kept in memory and found out anew by the next controld.
import type { Balloon } from '../domain/usage.ts'
import type { VmProcess } from '../ports/vm-host.ts'

const MIB = 1_048_576
/** Less is no difference: balloons count in pages, and guests keep a few. */
const NOISE_MIB = 4
/** A balloon that has not moved for so long does not follow; it is let be for a while, twice as long each time, and tried again. */
const MOVE_WITHIN_MS = 15_000
const REST_MS = 60_000
const LONGEST_REST_MS = 3_600_000
/** For so long nobody waits for an answer of one that did not answer. */
const SILENCE_MS = 10_000

/** Where the VM's memory is when its guest told what it needs. */
interface Need {
  readonly updatedAt: string
  readonly neededMiB: number
  readonly touchedMiB: number
}

/** Of one process. */
export class BalloonWatch {
  /** What it was told last; null: not known. */
  targetMiB: number | null = null
  /** It may have been told something else since. */
  untold = true
  actualMiB: number | null = null
  touchedMiB = 0
  /** It is being told: nothing else is meanwhile. */
  telling = false
  /** That it has given has been told. */
  isSqueezed = false
  /** As its user wants it, when it was told last. */
  ceilingMiB: number | null = null
  #hotMiB = 0
  #need: Need | null = null
  #movedMs = 0
  #restUntilMs = 0
  #rests = 0
  #answered = false
  #silentUntilMs = 0

  constructor(readonly process: VmProcess) {}

  /** `hotMiB` is out of the balloon's reach. */
  see(balloon: Balloon, touchedMiB: number, hotMiB: number, nowMs: number): void {
    this.#answered = balloon.actualBytes !== null
    if (balloon.actualBytes === null) return
    const actualMiB = balloon.actualBytes / MIB + hotMiB
    if (this.actualMiB === null) this.#movedMs = nowMs
    else if (Math.abs(actualMiB - this.actualMiB) >= NOISE_MIB) {
      this.#movedMs = nowMs
      this.#rests = 0
    }
    this.actualMiB = actualMiB
    this.touchedMiB = Math.min(touchedMiB, actualMiB)
    const { guest } = balloon
    if (guest === null || guest.updatedAt === this.#need?.updatedAt) return
    const neededMiB = Math.max(0, actualMiB - guest.availableBytes / MIB)
    this.#need = { updatedAt: guest.updatedAt, neededMiB, touchedMiB: this.touchedMiB }
  }

  /** It did not answer. */
  miss(nowMs: number): void {
    this.#answered = false
    this.#silentUntilMs = nowMs + SILENCE_MS
  }

  isSilent(nowMs: number): boolean {
    return nowMs < this.#silentUntilMs
  }

  /** It was told to have less than its user wants. */
  get isOwed(): boolean {
    return this.targetMiB !== null && this.ceilingMiB !== null && this.targetMiB < this.ceilingMiB
  }

  /** It has less than its user wants. */
  get hasGiven(): boolean {
    return this.actualMiB !== null && this.ceilingMiB !== null && this.actualMiB <= this.ceilingMiB - NOISE_MIB
  }

  /** What its guest told, and what it has touched since: it is told only every few seconds. */
  get neededMiB(): number | null {
    if (this.#need === null) return null
    const { neededMiB, touchedMiB } = this.#need
    return neededMiB + Math.max(0, this.touchedMiB - touchedMiB)
  }

  /** What it was told, as far as that can be known: of a process that was not seen before by what it has, after a change by its user by that. */
  settle(ceilingMiB: number, hotMiB: number): void {
    if (this.actualMiB === null) return
    if (this.ceilingMiB === null) {
      this.targetMiB = Math.min(ceilingMiB, Math.ceil(this.actualMiB))
      // By an earlier controld, which has said so.
      this.isSqueezed = this.targetMiB < ceilingMiB
      this.untold = true
    } else if (this.ceilingMiB !== ceilingMiB) {
      const sameAsBefore = (this.targetMiB ?? ceilingMiB) + hotMiB - this.#hotMiB
      // The change has told its balloon what the user wants, if anything: what was taken is taken again.
      this.targetMiB = this.isSqueezed ? Math.min(ceilingMiB, sameAsBefore) : ceilingMiB
      this.untold = this.isSqueezed
    }
    this.ceilingMiB = ceilingMiB
    this.#hotMiB = hotMiB
  }

  told(targetMiB: number, nowMs: number): void {
    this.targetMiB = targetMiB
    this.untold = false
    this.#movedMs = nowMs
  }

  /** Whether it was told is not known. */
  forget(): void {
    this.ceilingMiB = null
  }

  follows(nowMs: number): boolean {
    return this.#answered && !this.telling && nowMs >= this.#restUntilMs
  }

  /** It was told to have less and does not get there: from now on it is let be, with what it has. True when that is new. */
  gaveUp(nowMs: number): boolean {
    const { targetMiB, actualMiB } = this
    if (targetMiB === null || actualMiB === null || actualMiB - targetMiB <= 2 * NOISE_MIB) return false
    if (nowMs - this.#movedMs < MOVE_WITHIN_MS || nowMs < this.#restUntilMs) return false
    this.#restUntilMs = nowMs + Math.min(LONGEST_REST_MS, REST_MS * 2 ** this.#rests++)
    return true
  }
}
