// Decides which disk takes the place of one that a mirror has lost, and what it gets its copy from.
import type { InstallDisk } from '../domain/install.ts'
import { isPartitionOf, type Mirror } from '../domain/mirror.ts'
import type { MirrorDiskJob, MirrorDiskRequest } from '../domain/mirror-disk.ts'
import type { Problem } from '../domain/problem.ts'
import { chooseDisks, planInstall } from './install.ts'

export type PlannedMirrorDisk =
  | { readonly disk: InstallDisk; readonly job: MirrorDiskJob }
  | { readonly problem: Problem }
  /** Of the mirrors, whatever disk is asked for. */
  | { readonly conflict: { readonly code: string; readonly message: string } }

function conflict(code: string, message: string): { readonly conflict: { readonly code: string; readonly message: string } } {
  return { conflict: { code, message } }
}

export function planMirrorDisk(
  mirrors: readonly Mirror[],
  disks: readonly InstallDisk[],
  { target, wipe }: MirrorDiskRequest,
): PlannedMirrorDisk {
  if (mirrors.length === 0) return conflict('mirror.none', 'State and datastore of this host are on one disk: there is no mirror.')
  const copies = mirrors.flatMap((mirror) => mirror.copies)
  if (copies.some(({ state }) => state === 'copying')) return conflict('mirror.copying', 'A copy is being made just now.')
  const isWhole = mirrors.every(({ copies: own, missing }) => missing === 0 && own.every(({ state }) => state === 'in-sync'))
  if (isWhole) return conflict('mirror.whole', 'State and datastore are on all of their disks.')
  const isSound = ({ device }: InstallDisk) =>
    mirrors.every((mirror) => mirror.copies.some((copy) => copy.state === 'in-sync' && isPartitionOf(copy.device, device)))
  const from = disks.find(isSound)
  if (from === undefined) return conflict('mirror.no-source', 'No disk has a sound copy of both, state and datastore.')
  // A copy that is used, be it of the datastore alone, is not wiped; a disk that was cut off becoming a mirror has none that counts.
  const isUsed = ({ device, holds }: InstallDisk) =>
    holds !== 'unfinished' && copies.some((copy) => copy.state === 'in-sync' && isPartitionOf(copy.device, device))
  const chosen = chooseDisks(
    disks.filter((disk) => !isUsed(disk)),
    { target, mirror: undefined },
  )
  if ('problem' in chosen) return ofMirror(chosen.problem)
  const disk = chosen.first
  const planned = planInstall(disk, wipe)
  if ('problem' in planned) return ofMirror(planned.problem)
  const arrays = mirrors.map(({ device, holds }) => ({ device, holds }))
  return { disk, job: { disk: { device: disk.device, sizeBytes: disk.sizeBytes }, from: from.device, arrays } }
}

function ofMirror(problem: Problem): { readonly problem: Problem } {
  return { problem: { ...problem, field: problem.field.replace(/^install\./, '') } }
}
