// Makes a disk the mirror of one that runs: its table, all that boots, and its place in the arrays, whose content the kernel copies by itself from then on.
import { readHead } from 'hv:fs'
import { sync } from 'hv:system'
import { ISO_HEAD_BYTES, isoBytes } from '../codec/iso-size.ts'
import { DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import {
  BIOS_PARTITION,
  ESP_PARTITION,
  type LayoutPartition,
  layoutOf,
  MIN_INSTALL_BYTES,
  SLOT_A_PARTITION,
  SLOT_B_PARTITION,
} from '../domain/disk-layout.ts'
import type { MirrorDiskJob } from '../domain/mirror-disk.ts'
import type { Clock } from '../ports/clock.ts'
import { readBlocks, writeBlocks } from './disk-blocks.ts'
import { writeMark } from './disk-content.ts'
import { VmHostFailure } from './host-failure.ts'
import { RECEIPT_BLOCK, RECEIPT_BYTES } from './install-disks.ts'
import { copySlot, makeTable, partitionsOf, type Tell } from './installation.ts'
import { joinMirror, leaveMirror } from './mirrors.ts'
import { runTool } from './run-tool.ts'
import { namesIn, textOrNull } from './sysfs.ts'

const MIB = 1_048_576
const BLOCK = 4096
const SECTOR = 512
const PARTITIONS = { state: STATE_PARTITION, datastore: DATA_PARTITION }
/** Before the table of the MBR. */
const BOOT_CODE_BYTES = 440
/** Of 512 MiB at 2 MB/s. */
const COPY_MS = 300_000

/** Rejects in words. Until the disk boots it is nobody's, by its mark; the one that it is made from is only read. */
export async function addMirrorDisk(clock: Clock, { disk, from, arrays }: MirrorDiskJob, tell: Tell): Promise<void> {
  tell({ step: 'Looking at the disk', percent: 0 })
  const layout = layoutOn(from)
  const endMiB = Math.max(...layout.map(({ startMiB, sizeMiB }) => startMiB + sizeMiB))
  if (disk.sizeBytes < (endMiB + 1) * MIB) {
    const message = `${disk.device} is smaller than what ${from} uses: ${endMiB + 1} MiB.`
    throw new VmHostFailure('mirror.disk.too-small', 'mirror', message)
  }
  for (const { device } of arrays) await leaveMirror(device, disk.device)
  tell({ step: 'Making partitions', percent: 2 })
  await writeMark(disk.device, true)
  await makeTable(clock, disk, layout)
  const [source, target] = [partitionsOf(from), partitionsOf(disk.device)]
  await copyBlocks(source(BIOS_PARTITION), target(BIOS_PARTITION), 0)
  // Without its first blocks, firmware finds no file system on it.
  await writeBlocks(target(ESP_PARTITION), BLOCK, 0, new Uint8Array(BLOCK))
  await copyBlocks(source(ESP_PARTITION), target(ESP_PARTITION), 1)
  for (const [at, slot] of [SLOT_A_PARTITION, SLOT_B_PARTITION].entries()) {
    const bytes = isoBytes(readHead(source(slot), ISO_HEAD_BYTES))
    if (bytes !== null) await copySlot(source(slot), bytes, target(slot), { at, of: 2 }, tell)
  }
  tell({ step: 'Joining the mirrors', percent: 85 })
  for (const { device, holds } of arrays) await joinMirror(device, target(PARTITIONS[holds]))
  await writeBlocks(disk.device, RECEIPT_BYTES, RECEIPT_BLOCK, await readBlocks(from, RECEIPT_BYTES, RECEIPT_BLOCK, 1))
  sync()
  tell({ step: 'Writing the boot code', percent: 98 })
  await openBoot(from, disk.device)
  tell({ step: 'Done', percent: 100 })
}

/** All else of the other disk's is there: from here on it boots, and is no longer marked. */
export async function openBoot(from: string, to: string): Promise<void> {
  const [source, target] = [partitionsOf(from), partitionsOf(to)]
  await writeBlocks(target(ESP_PARTITION), BLOCK, 0, await readBlocks(source(ESP_PARTITION), BLOCK, 0, 1))
  await writeBlocks(to, BOOT_CODE_BYTES, 0, (await readBlocks(from, SECTOR, 0, 1)).subarray(0, BOOT_CODE_BYTES))
  sync()
  await writeMark(to, false)
}

/** Its partitions as they are, which a larger disk is given, too. */
function layoutOn(disk: string): readonly LayoutPartition[] {
  const base = `/sys/block/${disk.slice('/dev/'.length)}`
  const text = (path: string) => textOrNull(`${base}/${path}`) ?? ''
  const partitions = namesIn(base).filter((name) => text(`${name}/partition`) !== '')
  return layoutOf(MIN_INSTALL_BYTES).map(({ name, type }) => {
    const found = partitions.find((partition) => text(`${partition}/uevent`).includes(`\nPARTNAME=${name}\n`))
    const mib = (what: string) => (Number(text(`${found}/${what}`)) * SECTOR) / MIB
    if (found === undefined) throw new VmHostFailure('install.disk.no-partitions', 'mirror', `${disk} has no partition ${name}.`)
    return { name, type, startMiB: mib('start'), sizeMiB: mib('size') }
  })
}

/** From this block on. */
async function copyBlocks(source: string, target: string, first: number): Promise<void> {
  const places = [`if=${source}`, `of=${target}`, `bs=${BLOCK}`, `skip=${first}`, `seek=${first}`]
  await runTool(['/usr/bin/busybox', 'dd', ...places, 'conv=notrunc,fsync'], { timeoutMs: COPY_MS })
}
