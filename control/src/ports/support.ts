// What a support bundle is made with, and where it can go.
import type { BundleEntry, SupportMedium } from '../domain/support.ts'

export interface SupportTools {
  /** What the kernel and its tools say of the machine. What cannot be had is an entry that says why. */
  observe(): Promise<readonly BundleEntry[]>
  /** Packs these into the one bundle that is kept, until the host restarts, and gives its size. Rejects with HostFailure. */
  pack(entries: readonly BundleEntry[]): Promise<number>
  /** The bundle packed last; null when there is none. */
  read(): Uint8Array | null
  /** Sticks with a FAT file system, as they are now; none that the host itself is on. */
  media(): Promise<readonly SupportMedium[]>
  /** Writes the bundle packed last into the medium's root, and returns when it can be pulled out. Rejects with HostFailure, in words; nothing stays mounted. */
  write(device: string, fileName: string): Promise<void>
}
