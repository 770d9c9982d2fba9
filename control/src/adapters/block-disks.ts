// Finds the machine's disks, their partitions and the signatures on them, from sysfs and blkid. Changes nothing.
import { readDir, readFile, readLink, readText, statOrNull } from 'hv:fs'
import { decodeUtf8 } from 'hv:text'
import { type BlockSignature, parseBlkid } from '../codec/blkid.ts'
import { byPathName } from '../codec/by-path.ts'
import type { BlockDisk, Partition } from '../domain/block-disk.ts'
import { runTool } from './run-tool.ts'

const SYSFS = '/sys/block'
/** blkid found nothing at all. */
const NOTHING_FOUND = 2

/** What blkid sees on every block device, media of CD drives included. */
export async function scanSignatures(): Promise<readonly BlockSignature[]> {
  const argv = ['/usr/sbin/blkid', '-c', '/dev/null', '-o', 'export']
  const { stdout } = await runTool(argv, { successCodes: [0, NOTHING_FOUND], timeoutMs: 8_000 })
  return parseBlkid(decodeUtf8(stdout))
}

/** Whole disks with a medium, in the order of their names; no CD drives, floppies, loop devices or other virtual ones. */
export function listDisks(signatures: readonly BlockSignature[]): readonly BlockDisk[] {
  return readDir(SYSFS).flatMap((name) => {
    const sysfsPath = readLink(`${SYSFS}/${name}`)
    const sectors = Number(textOf(`${SYSFS}/${name}/size`))
    if (/\/virtual\//.test(sysfsPath) || /^(sr|fd|mmcblk\d+(boot|rpmb))/.test(name) || !(sectors > 0)) return []
    const device = `/dev/${name}`
    return [
      {
        device,
        serial: serialOf(name, sysfsPath),
        byPath: byPathName(sysfsPath),
        // The kernel counts in 512 bytes whatever the disk's own sector is.
        sizeBytes: sectors * 512,
        readOnly: textOf(`${SYSFS}/${name}/ro`) === '1',
        partitions: listPartitions(name, signatures),
        content: { kind: 'unexamined' as const },
      },
    ]
  })
}

/** Partitions that the kernel has found on a disk by now; in the place of one that belongs to an array that runs, that array. */
export function listPartitions(disk: string, signatures: readonly BlockSignature[]): readonly Partition[] {
  const base = `${SYSFS}/${disk}`
  const names = readDir(base).filter((entry) => entry.startsWith(disk) && statOrNull(`${base}/${entry}/partition`) !== null)
  return names.map((entry) => {
    const device = `/dev/${arrayOver(`${base}/${entry}`) ?? entry}`
    const name = /^PARTNAME=(.*)$/m.exec(textOf(`${base}/${entry}/uevent`))?.[1] ?? null
    return { device, name, fileSystem: signatures.find((signature) => signature.device === device)?.type ?? null }
  })
}

/** Of two copies. @source Linux Documentation/admin-guide/md.rst */
function arrayOver(partition: string): string | null {
  const holders = statOrNull(`${partition}/holders`) === null ? [] : readDir(`${partition}/holders`)
  return holders.find((name) => /^md\d+$/.test(name) && textOf(`${SYSFS}/${name}/md/level`) === 'raid1') ?? null
}

/** virtio and NVMe have a file for it, SCSI and SATA a page of vital product data, USB disks their device's. */
function serialOf(name: string, sysfsPath: string): string | null {
  const base = `${SYSFS}/${name}`
  const plain = textOf(`${base}/serial`) || textOf(`${base}/device/serial`)
  if (plain !== '') return plain
  const page = pageText(`${base}/device/vpd_pg80`)
  if (page !== '') return page
  const usb = /^(.*\/\d+-\d+(?:\.\d+)*)\/\d+-[\d.]+:\d+\.\d+\//.exec(sysfsPath)?.[1]
  return (usb === undefined ? '' : textOf(`${SYSFS}/${usb}/serial`)) || null
}

/** The text of a unit serial number page after its header of 4 bytes. @source SCSI SPC-4, vital product data page 80h */
function pageText(path: string): string {
  try {
    return decodeUtf8(readFile(path, 4096).subarray(4)).replaceAll('\u0000', '').trim()
  } catch {
    return ''
  }
}

/** Empty for attributes that are not there or that the driver refuses to read. */
function textOf(path: string): string {
  try {
    return readText(path, 65_536).trim()
  } catch {
    return ''
  }
}
