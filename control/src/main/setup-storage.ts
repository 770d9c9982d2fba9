// Setup's second part: state and datastore, adopted, prepared or done without.
import { log } from 'hv:system'
import { listDisks, listPartitions, scanSignatures } from '../adapters/block-disks.ts'
import { examineDisk, hasMark } from '../adapters/disk-content.ts'
import { divideByWeight } from '../adapters/disk-control.ts'
import { prepareDisk } from '../adapters/disk-preparation.ts'
import { closeStateDirectory, DATASTORE_DIRECTORY, mountPartition, mountVolatileState, STATE_DIRECTORY } from '../adapters/file-systems.ts'
import { waitUntil } from '../adapters/wait.ts'
import type { BlockSignature } from '../codec/blkid.ts'
import { type BlockDisk, DATA_PARTITION, type DiskContent, type Partition, STATE_PARTITION } from '../domain/block-disk.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import type { DatastoreWish } from '../domain/seed.ts'
import { planStorage, selectDisk } from '../plan/setup-disk.ts'
import type { Clock } from '../ports/clock.ts'

/** Disks behind slow controllers appear late. */
const DISK_WAIT_MS = 5_000
const PARTITION_WAIT_MS = 3_000
const STATE_CHECK_MS = 8_000
/** A large datastore that needs a full check takes longer; it is then left out and said so. */
const DATASTORE_CHECK_MS = 12_000

export type StorageOutcome = Pick<BootOutcome, 'state' | 'stateProblem' | 'datastore'>

export async function setUpStorage(
  clock: Clock,
  signatures: readonly BlockSignature[],
  wish: DatastoreWish | null,
): Promise<StorageOutcome> {
  const disks = await examineDisks(await awaitWishedDisk(clock, signatures, wish), wish)
  const plan = planStorage(disks, wish)
  if (plan.prepare === null) return mountAll(plan.state, plan.data, plan.stateProblem, plan.dataProblem)
  try {
    const made = await prepare(clock, plan.prepare)
    return await mountAll(made.state, made.data, null, null)
  } catch (error) {
    const problem = `${plan.prepare.device} could not be prepared: ${wordsOf(error)}.`
    return mountAll(null, null, problem, problem)
  }
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
    if (hasOurs && !(await hasMark(disk.device))) return { kind: 'used', what: 'partitions' }
    return hasOurs || isWished ? await examineDisk(disk.device, disk.sizeBytes, names) : disk.content
  } catch {
    return { kind: 'unexamined' }
  }
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
async function mountAll(
  state: Partition | null,
  data: Partition | null,
  stateProblem: string | null,
  dataProblem: string | null,
): Promise<StorageOutcome> {
  const stateFailure = await mountOne(state, STATE_DIRECTORY, STATE_CHECK_MS)
  const isPersistent = state !== null && stateFailure === null
  if (!isPersistent) mountVolatileState()
  closeStateDirectory()
  const dataFailure = await mountOne(data, DATASTORE_DIRECTORY, DATASTORE_CHECK_MS)
  if (data !== null && dataFailure === null) divideDisk()
  return {
    state: isPersistent ? 'persistent' : 'volatile',
    stateProblem: join(stateProblem, stateFailure),
    datastore: { present: data !== null && dataFailure === null, problem: join(dataProblem, dataFailure) },
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

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
