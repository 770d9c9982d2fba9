// What the program that installs is told: decided, checked, nothing left to choose.
import type { InstallAction } from './install.ts'

export interface JobDisk {
  readonly device: string
  readonly sizeBytes: number
}

export interface InstallJob {
  readonly action: InstallAction
  /** `/dev/vda`, and its size as it was decided upon; a second one for a mirror. */
  readonly disks: readonly [JobDisk, ...JobDisk[]]
  /** Name of the device that the running system comes from. */
  readonly medium: string
  readonly version: string
  readonly seedSha256: string | null
  /** RFC 3339. */
  readonly at: string
  /** The seed of the first boot, as text; null for none. */
  readonly firstBoot: string | null
}
