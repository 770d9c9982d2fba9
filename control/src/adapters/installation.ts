// Writes Corbel to a disk. What boots goes last, so that a power cut leaves what was there before, or a disk that does not boot and is taken again; never half a system.

import { open } from 'hv:copy'
import { closeFd, mkdir, mount, openFd, readFile, readHead, rmdir, unlink, unmount, writeControl, writeFileAtomic } from 'hv:fs'
import { signalPid, spawn } from 'hv:process'
import { fromFd, pipe } from 'hv:socket'
import { sync } from 'hv:system'
import { decodeUtf8, encodeUtf8, toHex } from 'hv:text'
import { patchBootSector, patchCore } from '../codec/boot-code.ts'
import { type InstallReceipt, renderInstallReceipt } from '../codec/install-receipt.ts'
import { ISO_HEAD_BYTES, isoBytes } from '../codec/iso-size.ts'
import { renderPartitionTable } from '../codec/sfdisk.ts'
import { DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import { BIOS_PARTITION, ESP_PARTITION, LAYOUT_NAMES, type LayoutPartition, layoutOf, SLOT_A_PARTITION } from '../domain/disk-layout.ts'
import type { InstallProgress } from '../domain/install.ts'
import type { InstallJob, JobDisk } from '../domain/install-job.ts'
import type { MirroredPartition } from '../domain/mirror.ts'
import type { Clock } from '../ports/clock.ts'
import { listPartitions } from './block-disks.ts'
import { writeBlocks } from './disk-blocks.ts'
import { writeMark } from './disk-content.ts'
import { makeExt4 } from './ext4.ts'
import { VmHostFailure } from './host-failure.ts'
import { RECEIPT_BLOCK, RECEIPT_BYTES } from './install-disks.ts'
import { createMirror, stopMirror } from './mirrors.ts'
import { runTool } from './run-tool.ts'
import { sizeOf as bytesOf } from './state-care.ts'
import { waitUntil } from './wait.ts'

const MIB = 1_048_576
const SECTOR = 512
const BLOCK = 4096
const COPY_STEP = 8 * MIB
const PARTITIONS_MS = 10_000
/** Reading 2 GiB at 5 MB/s. */
const VERIFY_MS = 400_000
const MEDIUM_MOUNT = '/run/corbel/install-medium'
const STATE_FILES = '/run/corbel/install-state'
/** In the root of the new state: what the first boot takes over as its seed. */
const FIRST_BOOT = 'first-boot.json'

interface BootFiles {
  readonly bootSector: Uint8Array
  readonly core: Uint8Array
  readonly esp: Uint8Array
}

export type Tell = (progress: InstallProgress) => void

function failed(code: string, message: string): VmHostFailure {
  return new VmHostFailure(code, 'install', message)
}

/** Rejects in words. Everything that can be wrong with the medium is found before anything is written. */
export async function install(clock: Clock, job: InstallJob, tell: Tell): Promise<void> {
  tell({ step: 'Looking at the medium', percent: 0 })
  const medium = `/dev/${job.medium}`
  const bytes = isoBytes(readHead(medium, ISO_HEAD_BYTES))
  const layout = layoutOf(roomOf(job))
  const coreSector = ((layout.find(({ name }) => name === BIOS_PARTITION)?.startMiB ?? 1) * MIB) / SECTOR
  if (bytes === null) throw failed('install.medium.not-iso', `The medium ${job.medium} holds no ISO 9660 image.`)
  if (bytes > sizeOf(layout, SLOT_A_PARTITION)) throw failed('install.medium.too-large', 'The image on the medium is larger than a slot.')
  const files = readBootFiles(medium, coreSector)

  if (job.action === 'fresh') await makeTables(clock, job, layout, tell)
  else await closeBoot(job, tell)
  for (const [at, { device }] of job.disks.entries()) {
    const partition = partitionsOf(device)
    await writeBlocks(partition(BIOS_PARTITION), SECTOR, 0, files.core)
    // Without its first blocks, firmware finds no file system on it.
    await writeBlocks(partition(ESP_PARTITION), BLOCK, 0, new Uint8Array(BLOCK))
    await writeBlocks(partition(ESP_PARTITION), BLOCK, 1, files.esp.subarray(BLOCK))
    await copySlot(medium, bytes, partition(SLOT_A_PARTITION), { at, of: job.disks.length }, tell)
  }
  // Nobody may find a disk that boots and does not say by which seed: it would be installed on once more. Of a disk with a mark no receipt counts.
  if (job.action === 'fresh') {
    await makeFileSystems(job, layout, tell)
    for (const { device } of job.disks) await writeReceipt(device, job)
    sync()
  }
  tell({ step: 'Writing the boot code', percent: 98 })
  for (const { device } of job.disks) {
    await writeBlocks(partitionsOf(device)(ESP_PARTITION), BLOCK, 0, files.esp.subarray(0, BLOCK))
    await writeBlocks(device, SECTOR, 0, files.bootSector)
  }
  sync()
  for (const { device } of job.disks) {
    // To write a system anew twice loses nothing; a receipt of one that does not boot would keep it from being written.
    await (job.action === 'fresh' ? writeMark(device, false) : writeReceipt(device, job))
  }
  tell({ step: 'Done', percent: 100 })
}

/** What all of them have. */
function roomOf({ disks }: InstallJob): number {
  return Math.min(...disks.map(({ sizeBytes }) => sizeBytes))
}

function sizeOf(layout: readonly LayoutPartition[], name: string): number {
  return (layout.find((partition) => partition.name === name)?.sizeMiB ?? 0) * MIB
}

function readBootFiles(medium: string, coreSector: number): BootFiles {
  mkdir(MEDIUM_MOUNT, { mode: 0o700, recursive: true })
  mount(medium, MEDIUM_MOUNT, 'iso9660', ['ro', 'nosuid', 'nodev', 'noexec'])
  try {
    const bootSector = patchBootSector(readFile(`${MEDIUM_MOUNT}/corbel/boot/boot.img`), coreSector)
    const core = patchCore(readFile(`${MEDIUM_MOUNT}/corbel/boot/core.img`), coreSector)
    const esp = readFile(`${MEDIUM_MOUNT}/corbel/boot/esp.img`, 64 * MIB)
    if (bootSector === null || core === null || core.length > MIB || esp[510] !== 0x55 || esp[511] !== 0xaa) {
      throw failed('install.medium.boot-files', 'The boot files on the medium are not what they should be.')
    }
    return { bootSector, core, esp }
  } finally {
    unmount(MEDIUM_MOUNT)
    rmdir(MEDIUM_MOUNT)
  }
}

/** The marks, then whatever booted before goes, then the tables. */
async function makeTables(clock: Clock, { disks }: InstallJob, layout: readonly LayoutPartition[], tell: Tell): Promise<void> {
  tell({ step: 'Making partitions', percent: 2 })
  for (const { device } of disks) await writeMark(device, true)
  for (const disk of disks) await makeTable(clock, disk, layout)
}

/** Of a disk that is marked. */
export async function makeTable(clock: Clock, { device, sizeBytes }: JobDisk, layout: readonly LayoutPartition[]): Promise<void> {
  await writeBlocks(device, BLOCK, 0, new Uint8Array(MIB - BLOCK))
  await writeBlocks(device, SECTOR, Math.floor(sizeBytes / SECTOR) - MIB / SECTOR, new Uint8Array(MIB))
  const argv = ['/usr/sbin/sfdisk', '--quiet', '--wipe', 'always', '--wipe-partitions', 'always', device]
  await runTool(argv, { stdin: renderPartitionTable(layout), timeoutMs: 60_000 })
  const names = () => listPartitions(device.slice('/dev/'.length), []).map(({ name }) => name)
  const areThere = () => LAYOUT_NAMES.every((name) => names().includes(name))
  if (!(await waitUntil(clock, areThere, PARTITIONS_MS)))
    throw failed('install.disk.no-partitions', 'The kernel does not show the new partitions.')
}

/** Of an installation that stays: it does not boot until its system is whole again. */
async function closeBoot({ disks }: InstallJob, tell: Tell): Promise<void> {
  tell({ step: 'Closing the old system', percent: 2 })
  for (const { device } of disks) {
    await writeBlocks(device, SECTOR, 0, new Uint8Array(440))
    await writeBlocks(partitionsOf(device)(ESP_PARTITION), BLOCK, 0, new Uint8Array(BLOCK))
  }
}

export function partitionsOf(disk: string): (name: string) => string {
  const partitions = listPartitions(disk.slice('/dev/'.length), [])
  return (name) => {
    const found = partitions.find((partition) => partition.name === name)
    if (found === undefined) throw failed('install.disk.no-partitions', `${disk} has no partition ${name}.`)
    return found.device
  }
}

/** Copies, then reads back what is really on the disk. */
export async function copySlot(
  medium: string,
  bytes: number,
  slot: string,
  turn: { readonly at: number; readonly of: number },
  tell: Tell,
): Promise<void> {
  const percent = (done: number) => 5 + Math.floor((75 * (turn.at + done)) / turn.of)
  const source = openFd(medium, 'r')
  const target = openFd(slot, 'w')
  let copied = 0
  const copy = open(source, target)
  try {
    while (copied < bytes) {
      tell({ step: 'Copying the system', percent: percent((0.85 * copied) / bytes) })
      // What tells of progress is sent in between.
      await new Promise<void>((resolve) => setTimeout(resolve, 0))
      const step = copy.step(Math.min(COPY_STEP, bytes - copied))
      if (step === 0) throw failed('install.medium.short', `The medium ended after ${copied} of ${bytes} bytes.`)
      copied += step
    }
  } finally {
    closeFd(source)
    closeFd(target)
  }
  tell({ step: 'Checking the copy', percent: percent(0.85) })
  writeControl('/proc/sys/vm/drop_caches', '1\n')
  const wanted = toHex(copy.sha256())
  const found = await hashOf(slot, bytes)
  if (found !== wanted) throw failed('install.copy.differs', `What was read back has the SHA-256 ${found}, not ${wanted}.`)
}

/** Of the device's first bytes. */
export async function hashOf(device: string, bytes: number): Promise<string> {
  const between = pipe()
  const output = pipe()
  const head = ['/usr/bin/busybox', 'head', '-c', String(bytes), device]
  const read = spawn({ argv: head, fds: { 1: between.writeFd }, parentDeathSignal: 9 })
  const digest = ['/usr/bin/openssl', 'dgst', '-sha256', '-r']
  const hash = spawn({ argv: digest, fds: { 0: between.readFd, 1: output.writeFd }, parentDeathSignal: 9 })
  for (const fd of [between.readFd, between.writeFd, output.writeFd]) closeFd(fd)
  const said = fromFd(output.readFd)
  let text = ''
  said.onData((chunk) => {
    text += decodeUtf8(chunk)
  })
  const told = new Promise<void>((resolve) => said.onClose(() => resolve()))
  // The one that reads ends the other one, too; one that has gone already needs no end.
  const deadline = setTimeout(() => signalPid(read.pid, 9), VERIFY_MS)
  const [{ code }] = await Promise.all([read.exited, hash.exited, told])
  clearTimeout(deadline)
  return code === 0 ? (/^[0-9a-f]{64}/.exec(text)?.[0] ?? 'unknown') : 'unreadable'
}

async function makeFileSystems(job: InstallJob, layout: readonly LayoutPartition[], tell: Tell): Promise<void> {
  tell({ step: 'Making the file systems', percent: 85 })
  const files = job.firstBoot === null ? [] : ['-d', STATE_FILES]
  mkdir(STATE_FILES, { mode: 0o700, recursive: true })
  try {
    if (job.firstBoot !== null) writeFileAtomic(`${STATE_FILES}/${FIRST_BOOT}`, job.firstBoot, { mode: 0o600 })
    // As `prepareDisk` makes them.
    await makeFileSystem(job, layout, STATE_PARTITION, ['-m', '1', '-J', 'size=64', ...files])
    await makeFileSystem(job, layout, DATA_PARTITION, ['-m', '0', '-i', String(MIB)])
  } finally {
    if (job.firstBoot !== null) unlink(`${STATE_FILES}/${FIRST_BOOT}`)
    rmdir(STATE_FILES)
  }
}

/** On the partition, or on a mirror of two. */
async function makeFileSystem(
  { disks }: InstallJob,
  layout: readonly LayoutPartition[],
  name: MirroredPartition,
  options: readonly string[],
): Promise<void> {
  const [first, ...others] = disks.map(({ device }) => partitionsOf(device)(name))
  if (first === undefined) return
  const make = (device: string, bytes: number) => makeExt4(device, { label: name, offsetMiB: 0, sizeMiB: Math.floor(bytes / MIB), options })
  if (others.length === 0) return make(first, sizeOf(layout, name))
  const array = await createMirror(name, [first, ...others])
  try {
    await make(array, bytesOf(array))
    sync()
  } finally {
    await stopMirror(array)
  }
}

async function writeReceipt(device: string, { version, seedSha256, at }: InstallJob): Promise<void> {
  const receipt: InstallReceipt = { version, seedSha256, at }
  const block = new Uint8Array(RECEIPT_BYTES)
  block.set(encodeUtf8(renderInstallReceipt(receipt)).subarray(0, RECEIPT_BYTES))
  await writeBlocks(device, RECEIPT_BYTES, RECEIPT_BLOCK, block)
}
