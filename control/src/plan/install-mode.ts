// Decides at the boot whether this is an installation: asked for at the boot menu, or by a seed that has not been carried out yet.
import type { InstallMode } from '../domain/install.ts'

export interface BootFacts {
  /** Whether the system runs from a slot of an installed disk. */
  readonly installed: boolean
  /** `corbel.install` of the kernel's command line. */
  readonly word: string | null
  /** Of what the seed asks for, where it asks for an installation. */
  readonly seedSha256: string | null
  /** Of the disks of this machine. */
  readonly receipts: readonly FoundReceipt[]
}

export interface FoundReceipt {
  readonly seedSha256: string | null
  /** The installation that wrote it was cut off: the disk may not boot. */
  readonly unfinished: boolean
}

export function planInstallMode({ installed, word, seedSha256, receipts }: BootFacts): InstallMode {
  if (installed) return 'none'
  if (word === 'ask') return 'ask'
  if (seedSha256 === null) return 'none'
  return receipts.some((receipt) => receipt.seedSha256 === seedSha256 && !receipt.unfinished) ? 'done' : 'seed'
}
