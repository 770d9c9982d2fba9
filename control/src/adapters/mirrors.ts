// Makes and starts arrays of two copies, by the names of their partitions and the UUID in them; nothing else that lies on the disks is ever started.
import { statOrNull } from 'hv:fs'
import { log } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import type { BlockSignature } from '../codec/blkid.ts'
import { parseSuperblock } from '../codec/mdadm.ts'
import { type ArrayPlan, isPartitionOf, MIRRORED, type MirroredPartition, type MirrorMember } from '../domain/mirror.ts'
import type { Clock } from '../ports/clock.ts'
import { listDisks, scanSignatures } from './block-disks.ts'
import { runTool } from './run-tool.ts'
import { namesIn } from './sysfs.ts'

const MDADM = '/usr/sbin/mdadm'
/** No file of settings says which arrays there are. */
const COMMON = ['--config=none', '--quiet']
/** As blkid calls a partition that belongs to an array. */
const MEMBER = 'linux_raid_member'
/** A disk that starts more slowly than its mirror. */
const SECOND_DISK_MS = 8_000
const LOOK_AGAIN_MS = 500
const NO_SUPERBLOCK = 1
const NONE_THERE = 1

/** Which of what is there makes an array. */
type Plan = (members: readonly MirrorMember[]) => readonly ArrayPlan[]

export interface Assembled {
  /** Of what there is now. */
  readonly signatures: readonly BlockSignature[]
  /** Partitions that were each written to alone, and are left as they are. */
  readonly diverged: readonly string[]
}

/** Starts what there is of our arrays, with a copy missing if need be. What fails is logged and left out: the storage then lacks it, and says so. */
export async function assembleMirrors(clock: Clock, signatures: readonly BlockSignature[], plan: Plan): Promise<Assembled> {
  const first = await readMembers(signatures)
  if (first.length === 0) return { signatures, diverged: [] }
  const arrays = plan(await awaitAll(clock, first, plan))
  for (const { devices, uuid, rejoin, diverged } of arrays) {
    const array = freeArray()
    try {
      await runTool([MDADM, '--assemble', ...COMMON, '--run', `--uuid=${uuid}`, array, ...devices])
      // Without what is written down of changes since then, all of it is copied.
      for (const device of rejoin)
        await runTool([MDADM, '--manage', '--quiet', array, '--re-add', device]).catch(() => addAnew(array, device))
    } catch (error) {
      log('error', `${array} of ${devices.join(', ')}: ${String(error)}`)
    }
    for (const device of diverged) log('error', `${device} was written to while it was alone, as was ${devices.join(', ')}`)
  }
  return { signatures: await scanSignatures(), diverged: arrays.flatMap(({ diverged }) => diverged) }
}

async function addAnew(array: string, device: string): Promise<void> {
  // mdadm makes no new copy of what still says that it is one.
  await runTool([MDADM, '--zero-superblock', ...COMMON, device])
  await joinMirror(array, device)
}

async function awaitAll(clock: Clock, found: readonly MirrorMember[], plan: Plan): Promise<readonly MirrorMember[]> {
  const deadline = clock.monotonicMs() + SECOND_DISK_MS
  let members = found
  while (plan(members).some(({ missing }) => missing > 0) && clock.monotonicMs() < deadline) {
    await new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve))
    members = await readMembers(await scanSignatures())
  }
  return members
}

/** Partitions of ours that are copies, whether or not their array runs. */
export async function readMembers(signatures: readonly BlockSignature[]): Promise<readonly MirrorMember[]> {
  const members: MirrorMember[] = []
  for (const disk of listDisks(signatures)) {
    for (const { device, name, fileSystem } of disk.partitions) {
      if (fileSystem !== MEMBER || name === null || !(name in MIRRORED)) continue
      const { stdout } = await runTool([MDADM, '--examine', ...COMMON, device], { successCodes: [0, NO_SUPERBLOCK] })
      const superblock = parseSuperblock(decodeUtf8(stdout))
      // A partition of the other kind would be mounted in its place.
      if (superblock?.name === name) members.push({ device, disk: disk.device, holds: name as MirroredPartition, ...superblock })
    }
  }
  return members
}

/** An array of these, empty; returns its device. They are taken as equal: what is made on it then is written to both, and nothing else is ever read. */
export async function createMirror(name: MirroredPartition, devices: readonly string[]): Promise<string> {
  const array = freeArray()
  const shape = ['--level=1', `--raid-devices=${devices.length}`, '--metadata=1.2', '--bitmap=internal', '--assume-clean']
  // Whatever host starts it, it is its own.
  await runTool([MDADM, '--create', ...COMMON, array, '--run', ...shape, '--homehost=any', `--name=${name}`, ...devices])
  return array
}

export async function stopMirror(array: string): Promise<void> {
  await runTool([MDADM, '--stop', ...COMMON, array])
}

/** Copies that have failed, whose disk has gone, or that are on this disk, are counted no longer. */
export async function leaveMirror(array: string, disk: string): Promise<void> {
  const copies = namesIn(`/sys/block/${array.slice('/dev/'.length)}/md`).flatMap((name) => /^dev-(.+)$/.exec(name)?.[1] ?? [])
  for (const copy of copies.filter((name) => isPartitionOf(`/dev/${name}`, disk)))
    await runTool([MDADM, '--manage', '--quiet', array, '--fail', `/dev/${copy}`])
  for (const which of ['failed', 'detached'])
    await runTool([MDADM, '--manage', '--quiet', array, '--remove', which], { successCodes: [0, NONE_THERE] })
}

/** Gets what the array has, as time goes. */
export async function joinMirror(array: string, device: string): Promise<void> {
  await runTool([MDADM, '--manage', '--quiet', array, '--add', device])
}

function freeArray(): string {
  for (let number = 0; ; number++) if (statOrNull(`/sys/block/md${number}/md`) === null) return `/dev/md${number}`
}
