// The system slots of the disks that the host runs from, what their boot loader goes by, what fills a slot, and who watches over a trial.
import type { BootEnvironment, BootSlotsSeen, GuardNote, SlotName, SlotTrial } from '../domain/boot-slot.ts'
import type { Following } from './disk-images.ts'

export interface SignedManifest {
  /** The bytes that are signed. */
  readonly bytes: Uint8Array
  /** The same as text. */
  readonly text: string
  /** Base64. */
  readonly signature: string
}

/** Decides about an update by its header alone, null where it begins with none: what is to come behind it. Rejects where it is not to be taken; then nothing is written. */
export type AllowUpdate = (manifest: SignedManifest | null) => Promise<{ readonly bytes: number; readonly sha256: string }>

/** Every method rejects with a HostFailure. */
export interface BootSlots {
  /** Null where the system does not run from an installed disk. */
  read(): Promise<BootSlotsSeen | null>
  /** On all disks that carry the system, and durable when it resolves. Of two disks one may have it when it rejects: each is whole by itself. */
  write(environment: BootEnvironment): Promise<void>
  /**
   * Takes an update whose bytes come by a descriptor, which is offered once: its header, and once that is allowed the rest into the slot, on all disks;
   * then what was written is read back from them. What `allow` rejects with, this does. `update.truncated`, `update.digest`, `update.read-back`, `update.stalled`,
   * `update.cancelled`.
   */
  fill(slot: SlotName, offer: (descriptor: number) => void, allow: AllowUpdate, following: Following): Promise<void>
  /** From one of the disks of the system to another, and read back; never over what runs. `slots.not-installed`, `slots.no-system`, `install.copy.differs`. */
  copy(slot: SlotName, from: string, to: string): Promise<void>
  /** The files of the system in this slot of a disk that are not as they were written, `corbel/root.img`; all of it is read. `slots.not-installed`. */
  check(slot: SlotName, disk: string): Promise<readonly string[]>
  /** What its predecessor left behind, or this boot itself; null for nothing. Throws nothing. */
  trial(): SlotTrial | null
  forgetTrial(): void
  /** What the guard goes by. Throws nothing. */
  tellGuard(note: GuardNote): void
}

/** What a host knows of updates without having any. */
export interface UpdateTrust {
  /** Of the image that runs. */
  readonly base: string
  /** Whether one of the trusted keys has signed it. Rejects with HostFailure. */
  isSigned(manifest: SignedManifest): Promise<boolean>
}

/** Whether the host does what it is there for, seen from outside. */
export interface SelfTest {
  /** A request over TLS through the gateway gets an answer. Never rejects. */
  apiAnswers(): Promise<boolean>
}
