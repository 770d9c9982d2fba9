// What the program that installs is told: decided, checked, nothing left to choose.
import type { InstallAction } from './install.ts'

export interface InstallJob {
  readonly action: InstallAction
  /** `/dev/vda`, and its size as it was decided upon. */
  readonly device: string
  readonly sizeBytes: number
  /** Name of the device that the running system comes from. */
  readonly medium: string
  readonly version: string
  readonly seedSha256: string | null
  /** RFC 3339. */
  readonly at: string
  /** The seed of the first boot, as text; null for none. */
  readonly firstBoot: string | null
}
