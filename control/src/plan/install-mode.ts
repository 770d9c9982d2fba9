// Decides at the boot whether this is an installation: asked for at the boot menu, or by a seed that has not been carried out yet.
import type { InstallMode } from '../domain/install.ts'

export interface BootFacts {
  /** Whether the system runs from a slot of an installed disk. */
  readonly installed: boolean
  /** `corbel.install` of the kernel's command line. */
  readonly word: string | null
  /** Of what the seed asks for, where it asks for an installation. */
  readonly seedSha256: string | null
  /** Those by which the disks of this machine were installed. */
  readonly doneBy: readonly string[]
}

export function planInstallMode({ installed, word, seedSha256, doneBy }: BootFacts): InstallMode {
  if (installed) return 'none'
  if (word === 'ask') return 'ask'
  if (seedSha256 === null) return 'none'
  return doneBy.includes(seedSha256) ? 'done' : 'seed'
}
