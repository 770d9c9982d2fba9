// An installer over disks that a test describes; remembers what it was told to write.
import type { InstallDisk, InstallProgress } from '../../control/src/domain/install.ts'
import type { InstallJob } from '../../control/src/domain/install-job.ts'
import type { MirrorDiskJob } from '../../control/src/domain/mirror-disk.ts'
import type { Installer } from '../../control/src/ports/installer.ts'
import type { FakeFailure } from './failure.ts'

const GIB = 1024 ** 3

/** A blank disk of 32 GiB. */
export function blankInstallDisk(name: string, more: Partial<InstallDisk> = {}): InstallDisk {
  return {
    ...{ device: `/dev/${name}`, model: 'Vendor Disk', serial: name.toUpperCase(), byPath: `pci-0000:00:04.0-${name}` },
    ...{ sizeBytes: 32 * GIB, sectorBytes: 512, ssd: true, removable: false, readOnly: false, bootMedium: false },
    ...{ holds: 'blank', contents: 'nothing', installed: false, datastore: false, mirror: null, seedSha256: null },
    ...more,
  }
}

export class FakeInstaller implements Installer {
  disks: readonly InstallDisk[] = [blankInstallDisk('vda')]
  readonly jobs: InstallJob[] = []
  readonly mirrorJobs: MirrorDiskJob[] = []
  readonly receipts: string[] = []
  /** What goes wrong while the disk is written, or null. */
  failure: FakeFailure | null = null
  takesReceipts = true
  /** Called while it is written, with what tells of progress; resolves when it is to go on. */
  underWay: (progress: (now: InstallProgress) => void) => Promise<void> = () => Promise.resolve()

  mediumName(): string {
    return 'sr0'
  }

  observe(): Promise<readonly InstallDisk[]> {
    return Promise.resolve(this.disks)
  }

  async install(job: InstallJob, progress: (progress: InstallProgress) => void): Promise<void> {
    this.jobs.push(job)
    progress({ step: 'Copying the system', percent: 50 })
    await this.underWay(progress)
    if (this.failure !== null) throw this.failure
  }

  async addMirrorDisk(job: MirrorDiskJob, progress: (progress: InstallProgress) => void): Promise<void> {
    this.mirrorJobs.push(job)
    progress({ step: 'Joining the mirrors', percent: 85 })
    await this.underWay(progress)
    if (this.failure !== null) throw this.failure
  }

  leaveReceipt(text: string): Promise<boolean> {
    if (this.takesReceipts) this.receipts.push(text)
    return Promise.resolve(this.takesReceipts)
  }
}
