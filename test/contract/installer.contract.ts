// What every implementation of the installation promises.
import { describe, expect, it } from 'vitest'
import type { InstallDisk, InstallProgress } from '../../control/src/domain/install.ts'
import type { InstallJob } from '../../control/src/domain/install-job.ts'
import type { MirrorDiskJob } from '../../control/src/domain/mirror-disk.ts'
import type { Installer } from '../../control/src/ports/installer.ts'

export interface InstallerBench {
  readonly installer: Installer
  /** Jobs that were carried out, or tried. */
  jobs(): readonly InstallJob[]
  mirrorJobs(): readonly MirrorDiskJob[]
  receipts(): readonly string[]
}

/** `fails` is the code and the words of what goes wrong in the middle of an installation. */
export interface InstallerWish {
  readonly disks: readonly InstallDisk[]
  readonly fails?: { readonly code: string; readonly message: string }
  readonly takesReceipts?: boolean
}

const DISK: InstallDisk = {
  ...{ device: '/dev/vdx', model: 'Vendor Disk', serial: 'VDX', byPath: null, sizeBytes: 34_359_738_368, sectorBytes: 512 },
  ...{ ssd: true, removable: false, readOnly: false, bootMedium: false, holds: 'blank', contents: 'nothing' },
  ...{ installed: false, datastore: false, mirror: null, seedSha256: null },
}
const JOB: InstallJob = {
  ...{ action: 'fresh', disks: [{ device: '/dev/vdx', sizeBytes: DISK.sizeBytes }], medium: 'sr0', version: '0.2.0', seedSha256: null },
  ...{ at: '2026-01-01T00:00:00Z', firstBoot: '{"hostname": "größer"}' },
}

const MIRROR_JOB: MirrorDiskJob = {
  ...{ disk: { device: '/dev/vdx', sizeBytes: DISK.sizeBytes }, from: '/dev/vda' },
  arrays: [{ device: '/dev/md0', holds: 'state' }],
}

export function installerContract(make: (wish: InstallerWish) => InstallerBench): void {
  describe('an installer', () => {
    it('tells of the disks as they are', async () => {
      expect(await make({ disks: [DISK] }).installer.observe()).toEqual([DISK])
      expect(await make({ disks: [] }).installer.observe()).toEqual([])
    })

    it('is given the whole job, and tells of its progress before it is done', async () => {
      const { installer, jobs } = make({ disks: [DISK] })
      const seen: InstallProgress[] = []
      await installer.install(JOB, (progress) => void seen.push(progress))
      expect(jobs()).toEqual([JOB])
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.every(({ step, percent }) => step !== '' && percent !== null && percent >= 0 && percent <= 100)).toBe(true)
    })

    it('is given all of what makes a disk a mirror, and fails in its own words there, too', async () => {
      const { installer, mirrorJobs } = make({ disks: [DISK] })
      const seen: InstallProgress[] = []
      await installer.addMirrorDisk(MIRROR_JOB, (progress) => void seen.push(progress))
      expect([mirrorJobs(), seen.length > 0]).toEqual([[MIRROR_JOB], true])
      const fails = { code: 'mirror.disk.too-small', message: 'It is too small.' }
      await expect(make({ disks: [DISK], fails }).installer.addMirrorDisk(MIRROR_JOB, () => {})).rejects.toMatchObject(fails)
    })

    it('fails in its own words, and can be told again', async () => {
      const fails = { code: 'install.copy.differs', message: 'What was read back is not what was written.' }
      const { installer, jobs } = make({ disks: [DISK], fails })
      for (let time = 1; time <= 2; time++) {
        const failure = await installer.install(JOB, () => {}).catch((error: unknown) => error)
        expect(failure).toMatchObject({ name: 'HostFailure', ...fails })
        expect(jobs()).toHaveLength(time)
      }
    })

    it('says whether a receipt was left', async () => {
      const there = make({ disks: [], takesReceipts: true })
      expect(await there.installer.leaveReceipt('Installed.\n')).toBe(true)
      expect(there.receipts()).toEqual(['Installed.\n'])
    })

    it('says that the medium took no receipt', async () => {
      const none = make({ disks: [], takesReceipts: false })
      expect(await none.installer.leaveReceipt('Installed.\n')).toBe(false)
      expect(none.receipts()).toEqual([])
    })
  })
}
