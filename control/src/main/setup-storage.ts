// Setup's second part: state and datastore, adopted, prepared or done without.
import { log } from 'hv:system'
import { listDisks, listPartitions, scanSignatures } from '../adapters/block-disks.ts'
import { examineDisk, hasMark, writeMark } from '../adapters/disk-content.ts'
import { divideByWeight } from '../adapters/disk-control.ts'
import { prepareDisk } from '../adapters/disk-preparation.ts'
import { DATASTORE_DIRECTORY, mountPartition } from '../adapters/file-systems.ts'
import { readMediumName } from '../adapters/install-disks.ts'
import { openBoot } from '../adapters/mirror-disk.ts'
import { waitUntil } from '../adapters/wait.ts'
import type { BlockSignature } from '../codec/blkid.ts'
import { type BlockDisk, DATA_PARTITION, type DiskContent, type Partition, STATE_PARTITION } from '../domain/block-disk.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import type { DatastoreWish } from '../domain/seed.ts'
import { planStorage, type StoragePlan, selectDisk } from '../plan/setup-disk.ts'
import type { Clock } from '../ports/clock.ts'
import { mountState, type StateOutcome, wordsOf } from './setup-state.ts'

/** Disks behind slow controllers appear late. */
const DISK_WAIT_MS = 5_000
const PARTITION_WAIT_MS = 3_000
/** A large datastore that needs a full check takes longer; it is then left out and said so. */
const DATASTORE_CHECK_MS = 12_000

const NOTHING: Omit<StoragePlan, 'prepare'> = { state: null, data: null, brokenState: null, stateProblem: null, dataProblem: null }

export type StorageOutcome = StateOutcome & Pick<BootOutcome, 'datastore'>

export async function setUpStorage(
  clock: Clock,
  signatures: readonly BlockSignature[],
  wish: DatastoreWish | null,
): Promise<StorageOutcome> {
  const found = await awaitWishedDisk(clock, signatures, wish)
  await finishMirrors(found)
  const disks = await examineDisks(found, wish)
  const plan = planStorage(disks, wish)
  if (plan.prepare === null) return mountAll(plan)
  try {
    const made = await prepare(clock, plan.prepare)
    return await mountAll({ ...NOTHING, ...made })
  } catch (error) {
    const problem = `${plan.prepare.device} could not be prepared: ${wordsOf(error)}.`
    return mountAll({ ...NOTHING, stateProblem: problem, dataProblem: problem })
  }
}

/** A state in memory and no datastore, whatever disks there are. */
export function setUpNoStorage(): Promise<StorageOutcome> {
  return mountAll(NOTHING)
}

async function awaitWishedDisk(
  clock: Clock,
  signatures: readonly BlockSignature[],
  wish: DatastoreWish | null,
): Promise<readonly BlockDisk[]> {
  const isThere = () => wish === null || 'disk' in selectDisk(listDisks(signatures), wish.disk)
  if (isThere()) return listDisks(signatures)
  await waitUntil(clock, isThere, DISK_WAIT_MS)
  return listDisks(await scanSignatures())
}

/** Looks into those disks whose content matters: those with partitions of ours, and the one that the seed names. */
async function examineDisks(disks: readonly BlockDisk[], wish: DatastoreWish | null): Promise<readonly BlockDisk[]> {
  const examined: BlockDisk[] = []
  for (const disk of disks) examined.push({ ...disk, content: await contentOf(disk, wish) })
  return examined
}

async function contentOf(disk: BlockDisk, wish: DatastoreWish | null): Promise<DiskContent> {
  const names = disk.partitions.map(({ name }) => name)
  const hasOurs = names.includes(STATE_PARTITION) || names.includes(DATA_PARTITION)
  const isWished = wish !== null && 'disk' in selectDisk([disk], wish.disk)
  try {
    if (hasOurs && isRunningInstallation(disk)) await finishInstallation(disk)
    if (hasOurs && !(await hasMark(disk.device))) return { kind: 'used', what: 'partitions' }
    return hasOurs || isWished ? await examineDisk(disk.device, disk.sizeBytes, names) : disk.content
  } catch {
    return { kind: 'unexamined' }
  }
}

function isRunningInstallation({ partitions }: BlockDisk): boolean {
  return partitions.some(({ device }) => device === `/dev/${readMediumName()}`)
}

/** Its mirror was written up to the same point, or one step less. */
async function finishMirrors(disks: readonly BlockDisk[]): Promise<void> {
  const running = disks.find(isRunningInstallation)
  const arrays = running?.partitions.filter(({ device }) => /^\/dev\/md\d+$/.test(device)).map(({ device }) => device) ?? []
  for (const disk of disks) {
    const isMirror = arrays.length > 0 && arrays.every((array) => disk.partitions.some(({ device }) => device === array))
    if (running === undefined || disk === running || !isMirror) continue
    try {
      if (!(await hasMark(disk.device))) continue
      log('notice', `${disk.device}: making it the mirror was cut off at its very end; it boots now, too`)
      await openBoot(running.device, disk.device)
    } catch (error) {
      log('warning', `${disk.device}: ${wordsOf(error)}`)
    }
  }
}

/** Boot code is written when all else is on the disk, so one that boots is whole, and only its mark was left when the power went. */
async function finishInstallation({ device }: BlockDisk): Promise<void> {
  if (!(await hasMark(device))) return
  log('notice', `${device}: the installation was cut off at its very end; the disk is whole`)
  await writeMark(device, false)
}

async function prepare(clock: Clock, disk: BlockDisk): Promise<{ state: Partition; data: Partition }> {
  await prepareDisk(disk.device, disk.sizeBytes)
  const name = disk.device.slice('/dev/'.length)
  const find = (signatures: readonly BlockSignature[], label: string) =>
    listPartitions(name, signatures).find((partition) => partition.name === label)
  const areThere = () => find([], STATE_PARTITION) !== undefined && find([], DATA_PARTITION) !== undefined
  await waitUntil(clock, areThere, PARTITION_WAIT_MS)
  const signatures = await scanSignatures()
  const state = find(signatures, STATE_PARTITION)
  const data = find(signatures, DATA_PARTITION)
  if (state === undefined || data === undefined) throw new Error('the kernel does not show the new partitions')
  return { state, data }
}

/** Whatever cannot be mounted is done without, and said. */
async function mountAll(plan: Omit<StoragePlan, 'prepare'>): Promise<StorageOutcome> {
  const { datastoreIsNew, ...state } = await mountState(plan)
  const data = plan.data !== null && datastoreIsNew ? { ...plan.data, fileSystem: 'ext4' } : plan.data
  const dataFailure = await mountOne(data, DATASTORE_DIRECTORY, DATASTORE_CHECK_MS)
  if (data !== null && dataFailure === null) divideDisk()
  return {
    ...state,
    datastore: { present: data !== null && dataFailure === null, problem: join(plan.dataProblem, dataFailure) },
  }
}

/** The datastore works without: what is then not kept is told by whoever is asked to keep it. */
function divideDisk(): void {
  try {
    divideByWeight(DATASTORE_DIRECTORY)
  } catch (error) {
    log('warning', `the datastore’s disk is not divided by weight: ${wordsOf(error)}`)
  }
}

/** Null when it worked or there was nothing to do. */
async function mountOne(partition: Partition | null, target: string, checkTimeoutMs: number): Promise<string | null> {
  if (partition === null) return null
  try {
    await mountPartition(partition.device, partition.fileSystem ?? '', target, checkTimeoutMs)
    return null
  } catch (error) {
    return `${partition.device} could not be used: ${wordsOf(error)}.`
  }
}

function join(...parts: readonly (string | null)[]): string | null {
  return parts.filter((part) => part !== null).join(' ') || null
}
