// Disks that Corbel could be installed on, and the installation itself.
import type { InstallDisk, InstallProgress } from '../domain/install.ts'
import type { InstallJob } from '../domain/install-job.ts'
import type { MirrorDiskJob } from '../domain/mirror-disk.ts'

export interface Installer {
  /** Name of the device that the running system comes from. */
  mediumName(): string
  /** Every disk as it is now. Rejects with HostFailure. */
  observe(): Promise<readonly InstallDisk[]>
  /** Resolves once the disk boots. Rejects with HostFailure, in words; the disk is then as it was, or does not boot and can be installed on again. */
  install(job: InstallJob, progress: (progress: InstallProgress) => void): Promise<void>
  /** Resolves once the disk boots and is in the arrays, which then fill it. Rejects with HostFailure, in words; the disk is then nobody's, and can be taken again. */
  addMirrorDisk(job: MirrorDiskJob, progress: (progress: InstallProgress) => void): Promise<void>
  /** Puts a receipt beside the seed; false where that medium cannot be written to. Rejects with HostFailure. */
  leaveReceipt(text: string): Promise<boolean>
}
