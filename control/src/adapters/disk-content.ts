// Finds out whether a disk holds anything at all, and marks one that is being prepared. Never writes anything else.
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { parseBlkid } from '../codec/blkid.ts'
import type { DiskContent } from '../domain/block-disk.ts'
import { LAYOUT_NAMES } from '../domain/disk-layout.ts'
import { readBlocks, writeBlocks } from './disk-blocks.ts'
import { runTool } from './run-tool.ts'

const MIB = 1_048_576
const BLOCK = 4096
/** The last 4 KiB of the first MiB: behind the partition table, before the first partition, on disks of either sector size. */
const MARK_BLOCK = MIB / BLOCK - 1
/** Whole in the first sector of its block, so that it is there or not, never by half. */
const MARK = 'CORBEL-PREPARING 1\n'
const NOTHING_FOUND = 2
const AMBIVALENT = 8

/** Puts the mark there, or zeros in its place; on disk when this returns. */
export async function writeMark(device: string, present: boolean): Promise<void> {
  const block = new Uint8Array(BLOCK)
  if (present) block.set(encodeUtf8(MARK))
  await writeBlocks(device, BLOCK, MARK_BLOCK, block)
}

/** True when a preparation of this disk has begun and not ended. */
export async function hasMark(device: string): Promise<boolean> {
  return isMark(await readBlocks(device, BLOCK, MARK_BLOCK, 1))
}

function isMark(block: Uint8Array): boolean {
  const mark = encodeUtf8(MARK)
  return block.length >= mark.length && mark.every((byte, index) => byte === block[index])
}

/**
 * What a disk without Corbel's finished partitions holds. Blank means: no signature that util-linux knows, and zeros in its first and last MiB,
 * where partition tables, RAID, ZFS and boot code are. `partitionNames` are those of its table, if the kernel found one.
 */
export async function examineDisk(device: string, sizeBytes: number, partitionNames: readonly (string | null)[]): Promise<DiskContent> {
  const signature = await probe(device)
  const head = await readBlocks(device, MIB, 0, 1)
  const ours = partitionNames.every((name) => LAYOUT_NAMES.includes(name ?? ''))
  const tableOnly = signature === null || signature === 'gpt' || signature === 'PMBR'
  // With the mark the disk was blank when it was written; anything but our own table since then is someone else's.
  if (isMark(head.subarray(MARK_BLOCK * BLOCK)) && ours && tableOnly) return { kind: 'unfinished' }
  if (signature !== null) return { kind: 'used', what: `a signature of ${signature}` }
  if (partitionNames.length > 0) return { kind: 'used', what: 'partitions' }
  const tail = await readBlocks(device, 512, Math.floor(sizeBytes / 512) - 2048, 2048)
  return isZero(head) && isZero(tail) ? { kind: 'blank' } : { kind: 'used', what: 'data of an unknown kind' }
}

/** The type of what is on the whole device, or null for nothing. */
async function probe(device: string): Promise<string | null> {
  const argv = ['/usr/sbin/blkid', '-p', '-o', 'export', device]
  const { code, stdout } = await runTool(argv, { successCodes: [0, NOTHING_FOUND, AMBIVALENT] })
  if (code === AMBIVALENT) return 'several kinds'
  if (code === NOTHING_FOUND) return null
  const [found] = parseBlkid(decodeUtf8(stdout))
  return found?.type ?? found?.tableType ?? 'an unknown kind'
}

/** Four bytes at a time: a MiB takes the interpreter some milliseconds that way. */
function isZero(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4))
  return words.every((word) => word === 0) && aligned.subarray(words.length * 4).every((byte) => byte === 0)
}
