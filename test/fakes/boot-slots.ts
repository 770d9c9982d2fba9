// A disk with two system slots that a test describes, the loader that counts its boots, and updates that come as they are told; none by default.
import {
  type BootEnvironment,
  type BootSlotsSeen,
  type GuardNote,
  type OtherDisk,
  otherSlot,
  type SlotName,
  type SlotState,
  type SlotTrial,
} from '../../control/src/domain/boot-slot.ts'
import type { AllowUpdate, BootSlots, SelfTest, SignedManifest, UpdateTrust } from '../../control/src/ports/boot-slots.ts'
import type { Following } from '../../control/src/ports/disk-images.ts'
import { FakeFailure } from './failure.ts'

const GOOD: SlotState = { mark: 'good', tries: 3 }

/** As after an installation: one slot with a system, the other empty. */
export function installedSlots(more: Partial<BootSlotsSeen> = {}): BootSlotsSeen {
  return {
    environment: { order: ['a', 'b'], slots: { a: GOOD, b: { mark: 'empty', tries: 0 } }, once: null },
    ...{ running: 'a', disk: '/dev/vda', versions: { a: '0.1.0', b: null }, others: [], slotBytes: 2_147_483_648 },
    ...more,
  }
}

/** What comes by an offered descriptor. */
export interface FakeUpdate {
  /** Null: something else than an update. */
  readonly manifest: SignedManifest | null
  /** Of what becomes of it, once it was allowed. */
  readonly failure?: FakeFailure
  /** Held in the middle until this resolves. */
  readonly middle?: Promise<void>
}

export class FakeBootSlots implements BootSlots {
  seen: BootSlotsSeen | null = null
  left: SlotTrial | null = null
  note: GuardNote | null = null
  failure: FakeFailure | null = null
  /** What the next offered descriptor brings. */
  update: FakeUpdate = { manifest: null }
  /** Of the slot of a disk, `a of /dev/vda`: the files that are not as they were written. */
  readonly damage = new Map<string, readonly string[]>()
  /** Everything that was done to the disk, in its order. */
  readonly done: string[] = []

  read(): Promise<BootSlotsSeen | null> {
    return this.failure === null ? Promise.resolve(this.seen) : Promise.reject(this.failure)
  }

  write(environment: BootEnvironment): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure)
    if (this.seen === null) return Promise.reject(new FakeFailure('slots.not-installed'))
    this.seen = { ...this.seen, environment }
    const { order, slots, once } = environment
    const states = order.map((slot) => `${slot} ${slots[slot].mark} ${slots[slot].tries}`).join(', ')
    this.done.push(`environment ${states}${once === null ? '' : `, once ${once}`}`)
    return Promise.resolve()
  }

  async fill(
    slot: SlotName,
    offer: (descriptor: number) => void,
    allow: AllowUpdate,
    { progress, cancellation }: Following,
  ): Promise<void> {
    const { manifest, failure, middle } = this.update
    const cancelled = new Promise<never>((_, reject) => cancellation.onRequest(() => reject(new FakeFailure('update.cancelled'))))
    offer(100)
    // Whatever is decided after it was cancelled is of no more use.
    const { bytes } = await Promise.race([cancelled, allow(manifest)])
    this.done.push(`write ${bytes} bytes to ${slot}`)
    progress(50)
    await Promise.race([cancelled, middle ?? Promise.resolve()])
    if (failure !== undefined) throw failure
    this.done.push(`read ${slot} back`)
    if (this.seen !== null && manifest !== null) {
      const { version } = JSON.parse(manifest.text) as { readonly version: string }
      this.seen = { ...this.seen, versions: { ...this.seen.versions, [slot]: version } }
    }
  }

  copy(slot: SlotName, from: string, to: string): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure)
    const { seen } = this
    const isRunning = slot === seen?.running && to === seen.disk
    if (seen === null || isRunning || from === to || !this.#has(from) || !this.#has(to))
      return Promise.reject(new FakeFailure('slots.not-installed'))
    this.done.push(`copy ${slot} from ${from} to ${to}`)
    this.damage.delete(`${slot} of ${to}`)
    const version = (from === seen.disk ? seen : seen.others.find(({ disk }) => disk === from))?.versions[slot] ?? null
    const copied = <Disk extends Pick<OtherDisk, 'disk' | 'versions'>>(disk: Disk): Disk =>
      disk.disk === to ? { ...disk, versions: { ...disk.versions, [slot]: version } } : disk
    this.seen = { ...copied(seen), others: seen.others.map(copied) }
    return Promise.resolve()
  }

  check(slot: SlotName, disk: string): Promise<readonly string[]> {
    if (this.failure !== null) return Promise.reject(this.failure)
    if (!this.#has(disk)) return Promise.reject(new FakeFailure('slots.not-installed'))
    return Promise.resolve(this.damage.get(`${slot} of ${disk}`) ?? [])
  }

  #has(disk: string): boolean {
    return this.seen !== null && (this.seen.disk === disk || this.seen.others.some((other) => other.disk === disk))
  }

  trial(): SlotTrial | null {
    return this.left
  }

  forgetTrial(): void {
    this.left = null
  }

  tellGuard(note: GuardNote): void {
    this.note = note
  }

  /** The machine goes down and its loader counts, as GRUB does; `works` says which slots come up. Returns the one that runs. */
  boot(works: (slot: SlotName) => boolean): SlotName {
    for (let turn = 0; turn < 10; turn++) {
      const slot = this.#load()
      if (works(slot)) {
        if (this.seen !== null) this.seen = { ...this.seen, running: slot }
        return slot
      }
    }
    throw new Error('no slot comes up')
  }

  #load(): SlotName {
    const { seen } = this
    if (seen === null) throw new Error('not installed')
    const { order, slots, once } = seen.environment
    if (once !== null) {
      this.seen = { ...seen, environment: { ...seen.environment, once: null } }
      return once
    }
    const slot = order.find((name) => slots[name].tries > 0 && ['good', 'trying'].includes(slots[name].mark))
    if (slot === undefined) return order.find((name) => slots[name].mark === 'good') ?? otherSlot(order[0])
    const counted = { ...slots[slot], tries: slots[slot].tries - 1 }
    this.seen = { ...seen, environment: { ...seen.environment, slots: { ...slots, [slot]: counted } } }
    return slot
  }
}

/** Trusts one signature. */
export class FakeUpdateTrust implements UpdateTrust {
  base = 'debian'
  trusted = 'good'

  isSigned({ signature }: SignedManifest): Promise<boolean> {
    return Promise.resolve(signature === this.trusted)
  }
}

export class FakeSelfTest implements SelfTest {
  answers = true

  apiAnswers(): Promise<boolean> {
    return Promise.resolve(this.answers)
  }
}
