// Decides what an installation does: which disk it takes, whether it may, and whether what is on it is replaced or its system alone.
import { MIN_INSTALL_BYTES } from '../domain/disk-layout.ts'
import type { InstallAction, InstallDisk, InstallTarget, WipePolicy } from '../domain/install.ts'
import type { Problem } from '../domain/problem.ts'

const GIB = 1024 ** 3
/** File systems of boot files and slots are made for these; firmware cannot read them from a disk with larger ones. */
const SECTOR_BYTES = 512

export type Planned =
  | { readonly disks: readonly [InstallDisk, ...InstallDisk[]]; readonly action: InstallAction }
  | { readonly problem: Problem }

interface Asked {
  readonly target: InstallTarget
  readonly mirror: InstallTarget | undefined
  readonly wipe: WipePolicy
}

/** The disks of an installation, and what is done to them: where one stays that is mirrored, both of its disks get the new system. */
export function planInstallation(all: readonly InstallDisk[], { target, mirror, wipe }: Asked): Planned {
  const chosen = chooseDisks(all, { target, mirror })
  if ('problem' in chosen) return chosen
  const { first, second } = chosen
  const planned = planInstall(first, wipe)
  if ('problem' in planned) return planned
  if (planned.action === 'refresh') return planRefresh(first, second, all)
  if (second === null) return { disks: [first], action: 'fresh' }
  const also = planInstall(second, wipe)
  if ('problem' in also) return ofMirror(also.problem)
  if (also.action === 'fresh') return { disks: [first, second], action: 'fresh' }
  return refused('install.mirror.installed', 'install.mirror', `${second.device} has an installation of its own: ${second.contents}`)
}

/** The one disk, and another one for the mirror where there is to be one. */
export function chooseDisks(
  all: readonly InstallDisk[],
  { target, mirror }: Pick<Asked, 'target' | 'mirror'>,
): { readonly first: InstallDisk; readonly second: InstallDisk | null } | { readonly problem: Problem } {
  const first = chooseDisk(all, target)
  if ('problem' in first) return first
  if (mirror === undefined) return { first: first.disk, second: null }
  const others = all.filter((disk) => disk !== first.disk)
  const second = chooseDisk(others, mirror)
  return 'problem' in second ? ofMirror(second.problem) : { first: first.disk, second: second.disk }
}

/** A mirror is made with an installation, not added to one. */
function planRefresh(disk: InstallDisk, wanted: InstallDisk | null, all: readonly InstallDisk[]): Planned {
  const mirrors = all.filter((other) => other !== disk && other.installed && other.mirror !== null && other.mirror === disk.mirror)
  if (wanted !== null && !mirrors.includes(wanted)) {
    return refused(
      'install.mirror.not-its-own',
      'install.mirror',
      `${wanted.device} is not the mirror of the installation on ${disk.device}`,
    )
  }
  for (const other of mirrors) {
    const planned = planInstall(other, 'datastore-kept')
    if ('problem' in planned) return ofMirror(planned.problem)
  }
  return { disks: [disk, ...mirrors], action: 'refresh' }
}

function ofMirror({ field, ...problem }: Problem): { readonly problem: Problem } {
  return { problem: { ...problem, field: field.replace(/^install\.target/, 'install.mirror') } }
}

export type Chosen = { readonly disk: InstallDisk } | { readonly problem: Problem }

function refused(code: string, field: string, message: string, more: Partial<Problem> = {}): { readonly problem: Problem } {
  return { problem: { code, field, message, ...more } }
}

/** The one disk that is named, or the smallest of those that are meant; of several of a size the one that comes first by where it is plugged in. */
function chooseDisk(disks: readonly InstallDisk[], target: InstallTarget): Chosen {
  const { serial, path } = target
  if (serial !== undefined || path !== undefined) return namedDisk(disks, target)
  const minBytes = Math.max(MIN_INSTALL_BYTES, (target.minGiB ?? 0) * GIB)
  const maxBytes = (target.maxGiB ?? Number.MAX_SAFE_INTEGER) * GIB
  const meant = disks.filter(
    (disk) =>
      !(disk.bootMedium || disk.removable || disk.readOnly) &&
      disk.sizeBytes >= minBytes &&
      disk.sizeBytes <= maxBytes &&
      (target.ssd === undefined || disk.ssd === target.ssd),
  )
  const [disk] = [...meant].sort((a, b) => a.sizeBytes - b.sizeBytes || (placeOf(a) < placeOf(b) ? -1 : 1))
  if (disk !== undefined) return { disk }
  return refused('install.target.no-such-disk', 'install.target', 'fits no disk of this machine, boot medium and removable disks left out')
}

function namedDisk(disks: readonly InstallDisk[], { serial, path }: InstallTarget): Chosen {
  const [field, got] = serial === undefined ? (['install.target.path', path ?? ''] as const) : (['install.target.serial', serial] as const)
  const isMeant = (disk: InstallDisk) =>
    serial === undefined ? path === disk.device || path === `/dev/disk/by-path/${disk.byPath}` : disk.serial === serial
  const [disk, ...others] = disks.filter(isMeant)
  if (disk === undefined) return refused('install.target.no-such-disk', field, 'names no disk of this machine', { got })
  if (others.length > 0)
    return refused('install.target.ambiguous', field, `names ${others.length + 1} disks; name one by its path`, { got })
  return { disk }
}

function placeOf({ byPath, device }: InstallDisk): string {
  return `${byPath ?? '~'} ${device}`
}

/** What may be done to this disk under this policy, or why nothing. */
export function planInstall(disk: InstallDisk, wipe: WipePolicy): { readonly action: InstallAction } | { readonly problem: Problem } {
  const { device, sizeBytes, sectorBytes, holds, contents } = disk
  if (disk.bootMedium)
    return refused('install.disk.boot-medium', 'install.target', `${device} is the medium that the running system comes from`)
  if (disk.readOnly) return refused('install.disk.read-only', 'install.target', `${device} cannot be written to`)
  if (sizeBytes < MIN_INSTALL_BYTES) {
    const limits = { got: sizeBytes, min: MIN_INSTALL_BYTES }
    return refused('install.disk.too-small', 'install.target', `${device} has less than ${MIN_INSTALL_BYTES / GIB} GiB`, limits)
  }
  if (sectorBytes !== SECTOR_BYTES) {
    const limits = { got: sectorBytes, min: SECTOR_BYTES, max: SECTOR_BYTES }
    return refused(
      'install.disk.sector-size',
      'install.target',
      `${device} has sectors of ${sectorBytes} bytes, not of ${SECTOR_BYTES}`,
      limits,
    )
  }
  if (wipe === 'everything' || holds === 'blank' || holds === 'unfinished') return { action: 'fresh' }
  if (wipe === 'datastore-kept') {
    if (disk.installed) return { action: 'refresh' }
    return refused('install.disk.not-installed', 'install.wipe', `${device} has no installation to be kept: ${contents}`, { got: wipe })
  }
  if (disk.datastore)
    return refused('install.disk.holds-datastore', 'install.wipe', `${device} has a datastore: ${contents}`, { got: wipe })
  return refused('install.disk.in-use', 'install.wipe', `${device} is not blank: ${contents}`, { got: wipe })
}
