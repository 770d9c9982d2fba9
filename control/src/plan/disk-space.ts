// How much room new images need, and whether a datastore has it. Pure.
import type { NewDisk } from '../domain/disk-image.ts'
import type { Problem } from '../domain/problem.ts'

const MIB = 1_048_576
/** Left to the VMs: one that fills the datastore by itself is paused, and so are those beside it. */
export const ROOM_KEPT_BYTES = 64 * MIB

const CLUSTER_BYTES = 65_536
/** For a cluster of data: its entry in a table, and its count of references. */
const TABLE_BYTES_PER_CLUSTER = 8 + 2
const L1_BYTES_PER_CLUSTER_OF_TABLE = 8
/** Header, counts and the tables' first clusters. */
const SMALLEST_QCOW2_BYTES = 4 * CLUSTER_BYTES

/** What is taken at once; the rest is taken as a guest writes. @source QEMU docs/interop/qcow2.rst */
export function neededBytes({ format, sizeBytes, preallocation }: Omit<NewDisk, 'file'>): number {
  const data = preallocation === 'full' ? sizeBytes : 0
  if (format === 'raw') return data
  const clusters = Math.ceil(sizeBytes / CLUSTER_BYTES)
  const tables = preallocation === 'none' ? 0 : clusters * TABLE_BYTES_PER_CLUSTER
  const l1 = Math.ceil((clusters * 8) / CLUSTER_BYTES) * L1_BYTES_PER_CLUSTER_OF_TABLE
  return data + tables + l1 + SMALLEST_QCOW2_BYTES
}

/** Null when there is room. */
export function findLackOfRoom(needed: number, availableBytes: number): Problem | null {
  const max = Math.max(0, availableBytes - ROOM_KEPT_BYTES)
  if (needed <= max) return null
  const message = `needs ${needed} bytes; the datastore has ${availableBytes}, of which ${ROOM_KEPT_BYTES} are kept`
  return { code: 'datastore.full', field: '', message, got: needed, max }
}
