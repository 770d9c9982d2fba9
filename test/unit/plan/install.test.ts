// Which disk an installation takes, and what it may do there.
import { describe, expect, it } from 'vitest'
import type { InstallDisk, InstallTarget, WipePolicy } from '../../../control/src/domain/install.ts'
import { chooseDisks, planInstallation } from '../../../control/src/plan/install.ts'
import { blankInstallDisk } from '../../fakes/installer.ts'

const GIB = 1024 ** 3
const small = blankInstallDisk('sda', { sizeBytes: 16 * GIB, ssd: false })
const large = blankInstallDisk('sdb', { sizeBytes: 64 * GIB })
const stick = blankInstallDisk('sdc', { sizeBytes: 8 * GIB, removable: true })
const medium = blankInstallDisk('sdd', { sizeBytes: 8 * GIB, bootMedium: true })
const tiny = blankInstallDisk('sde', { sizeBytes: GIB })
const all = [stick, medium, tiny, large, small]

describe('the disk', () => {
  const rows: readonly (readonly [string, InstallTarget, string])[] = [
    ['without a rule is the smallest that fits, neither the stick nor the boot medium', {}, '/dev/sda'],
    ['by the smallest SSD leaves out disks that turn', { ssd: true }, '/dev/sdb'],
    ['by a least size leaves out smaller ones', { minGiB: 17 }, '/dev/sdb'],
    ['by a largest size leaves out larger ones', { maxGiB: 16 }, '/dev/sda'],
    ['by serial number is that one, though it is a stick', { serial: 'SDC' }, '/dev/sdc'],
    ['by where it is plugged in is that one', { path: '/dev/disk/by-path/pci-0000:00:04.0-sdb' }, '/dev/sdb'],
    ['by its device is that one', { path: '/dev/sdb' }, '/dev/sdb'],
  ]
  it.each(rows)('%s', (_, target, device) => {
    expect(chooseDisks(all, { target, mirror: undefined })).toMatchObject({ first: { device }, second: null })
  })

  it('of several of one size is the one that comes first by its place', () => {
    const later = blankInstallDisk('sda', { byPath: 'pci-0000:00:05.0' })
    const first = blankInstallDisk('sdb', { byPath: 'pci-0000:00:03.0' })
    expect(chooseDisks([later, first], { target: {}, mirror: undefined })).toEqual({ first, second: null })
  })

  const refusals: readonly (readonly [string, InstallTarget, readonly InstallDisk[], string, string])[] = [
    ['that no disk has by its serial number', { serial: 'X' }, all, 'install.target.no-such-disk', 'install.target.serial'],
    ['that two have by their serial number', { serial: 'SDA' }, [small, small], 'install.target.ambiguous', 'install.target.serial'],
    ['that a rule leaves none for', { minGiB: 100 }, all, 'install.target.no-such-disk', 'install.target'],
    ['where there is only the boot medium', {}, [medium], 'install.target.no-such-disk', 'install.target'],
  ]
  it.each(refusals)('%s is refused', (_, target, disks, code, field) => {
    expect(chooseDisks(disks, { target, mirror: undefined })).toMatchObject({ problem: { code, field } })
  })
})

const foreign: Partial<InstallDisk> = { holds: 'foreign', contents: 'Windows (NTFS)' }
const installed: Partial<InstallDisk> = {
  holds: 'corbel',
  contents: 'Corbel 0.1.0 (slot a), configuration, datastore',
  installed: true,
  datastore: true,
}
const dataDisk: Partial<InstallDisk> = { ...installed, installed: false }

const planned = (more: Partial<InstallDisk>, wipe: WipePolicy) =>
  planInstallation([blankInstallDisk('vda', more)], { target: { path: '/dev/vda' }, mirror: undefined, wipe })

describe('an installation', () => {
  const rows: readonly (readonly [string, Partial<InstallDisk>, WipePolicy, string])[] = [
    ['takes a blank disk', {}, 'if-blank', 'fresh'],
    ['takes a disk whose installation was cut off', { holds: 'unfinished' }, 'if-blank', 'fresh'],
    ['takes a blank disk where a datastore would be kept', {}, 'datastore-kept', 'fresh'],
    ['writes the system of an installed disk anew and keeps its datastore', installed, 'datastore-kept', 'refresh'],
    ['takes everything where that is said', installed, 'everything', 'fresh'],
    ['takes a foreign disk where that is said', foreign, 'everything', 'fresh'],
  ]
  it.each(rows)('%s', (_, more, wipe, action) => {
    expect(planned(more, wipe)).toMatchObject({ disks: [{ device: '/dev/vda' }], action })
  })

  const refusals: readonly (readonly [string, Partial<InstallDisk>, WipePolicy, string])[] = [
    ['the boot medium, whatever is said', { bootMedium: true }, 'everything', 'install.disk.boot-medium'],
    ['a read-only disk', { readOnly: true }, 'everything', 'install.disk.read-only'],
    ['a disk of less than 8 GiB', { sizeBytes: 8 * GIB - 512 }, 'everything', 'install.disk.too-small'],
    ['a disk with sectors of 4096 bytes', { sectorBytes: 4096 }, 'everything', 'install.disk.sector-size'],
    ['a disk with a datastore unless its loss is confirmed', installed, 'if-blank', 'install.disk.holds-datastore'],
    ['a foreign disk unless its loss is confirmed', foreign, 'if-blank', 'install.disk.in-use'],
    ['a disk that could not be read', { holds: 'unknown' }, 'if-blank', 'install.disk.in-use'],
    ['a foreign disk where a datastore would be kept', foreign, 'datastore-kept', 'install.disk.not-installed'],
    ['a data disk without a system where that would be written anew', dataDisk, 'datastore-kept', 'install.disk.not-installed'],
  ]
  it.each(refusals)('refuses %s', (_, more, wipe, code) => {
    expect(planned(more, wipe)).toMatchObject({ problem: { code } })
  })

  it('names what is on the disk that it refuses', () => {
    expect(planned(foreign, 'if-blank')).toMatchObject({ problem: { message: '/dev/vda is not blank: Windows (NTFS)' } })
  })
})

describe('a mirror', () => {
  const one = blankInstallDisk('sda', { sizeBytes: 16 * GIB })
  const two = blankInstallDisk('sdb', { sizeBytes: 32 * GIB })
  const kept = { ...installed, mirror: 'a-uuid' }
  const plan = (disks: readonly InstallDisk[], more: { target?: InstallTarget; mirror?: InstallTarget; wipe?: WipePolicy } = {}) =>
    planInstallation(disks, { target: {}, mirror: undefined, wipe: 'if-blank', ...more })

  it('is on the disk that is named, or on the smallest of the others', () => {
    expect(plan([two, stick, one, large], { mirror: {} })).toEqual({ disks: [one, two], action: 'fresh' })
    expect(plan([one, large], { mirror: { serial: 'SDB' } })).toEqual({ disks: [one, large], action: 'fresh' })
  })

  it('is never on the same disk', () => {
    const refusal = { code: 'install.target.no-such-disk', field: 'install.mirror' }
    expect(plan([one, stick, medium], { mirror: {} })).toMatchObject({ problem: refusal })
    expect(plan([one, two], { target: { serial: 'SDA' }, mirror: { serial: 'SDA' } })).toMatchObject({
      problem: { ...refusal, field: 'install.mirror.serial' },
    })
  })

  it('must be allowed to lose what it holds, as the first', () => {
    const holding = blankInstallDisk('sdb', { ...foreign, sizeBytes: 32 * GIB })
    expect(plan([one, holding], { mirror: {} })).toMatchObject({ problem: { code: 'install.disk.in-use' } })
    expect(plan([one, holding], { mirror: {}, wipe: 'everything' })).toMatchObject({ disks: [one, holding], action: 'fresh' })
  })

  it('of an installation that stays gets the new system, too, whether it is asked for or not', () => {
    const disks = [blankInstallDisk('sda', kept), blankInstallDisk('sdb', kept)]
    expect(plan(disks, { wipe: 'datastore-kept' })).toEqual({ disks, action: 'refresh' })
    expect(plan(disks, { wipe: 'datastore-kept', mirror: {} })).toEqual({ disks, action: 'refresh' })
  })

  it('is not added to an installation that stays', () => {
    const disks = [blankInstallDisk('sda', kept), blankInstallDisk('sdb')]
    const asked = { target: { serial: 'SDA' }, mirror: {}, wipe: 'datastore-kept' } as const
    expect(plan(disks, asked)).toMatchObject({ problem: { code: 'install.mirror.not-its-own', field: 'install.mirror' } })
    expect(plan(disks, { target: asked.target, wipe: asked.wipe })).toMatchObject({ disks: [{ device: '/dev/sda' }], action: 'refresh' })
  })

  it('does not take another installation with it', () => {
    const disks = [blankInstallDisk('sda'), blankInstallDisk('sdb', installed)]
    const asked = { target: { serial: 'SDA' }, mirror: { serial: 'SDB' }, wipe: 'datastore-kept' } as const
    expect(plan(disks, asked)).toMatchObject({ problem: { code: 'install.mirror.installed', field: 'install.mirror' } })
  })
})
