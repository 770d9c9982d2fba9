// Disks with the system on them: a made-up sysfs, a directory in place of each EFI file system, and a file in place of each slot.
import { mkdir, readHead, symlink, writeFileAtomic } from 'hv:fs'
import { decodeUtf8 } from 'hv:text'
import type { SystemPlaces } from '../../control/src/adapters/system-disks.ts'
import { makeTree } from './sysfs-tree.ts'

const NAMES = ['corbel-bios', 'corbel-esp', 'corbel-a', 'corbel-b', 'corbel-state', 'corbel-data']
export const NEW_ENVIRONMENT = '# GRUB Environment Block\norder=a b\na_tries=3\na_state=good\nb_tries=0\nb_state=empty\nonce=\n'.padEnd(
  1024,
  '#',
)
/** On the EFI file system. */
export const GRUB_ENVIRONMENT = 'EFI/debian/grubenv'

/** A disk with the layout of an installation, and 0.1.0 in its slot a. */
export function addSystemDisk(root: string, disk: string): void {
  mkdir(`${root}/sys/class/block`, { recursive: true })
  for (const [index, name] of NAMES.entries()) {
    const partition = `${disk}${index + 1}`
    const at = `${root}/sys/devices/pci0/block/${disk}/${partition}`
    makeTree(root, {
      [`sys/devices/pci0/block/${disk}/${partition}/uevent`]: `DEVNAME=${partition}\nPARTNAME=${name}\n`,
      [`sys/devices/pci0/block/${disk}/${partition}/partition`]: `${index + 1}\n`,
      [`sys/devices/pci0/block/${disk}/${partition}/size`]: '4194304\n',
    })
    symlink(at, `${root}/sys/class/block/${partition}`)
  }
  mkdir(`${root}/sys/block`, { recursive: true })
  symlink(`${root}/sys/devices/pci0/block/${disk}`, `${root}/sys/block/${disk}`)
  makeTree(root, { [`dev/${disk}2/${GRUB_ENVIRONMENT}`]: NEW_ENVIRONMENT, [`dev/${disk}3`]: 'Corbel 0.1.0\n', [`dev/${disk}4`]: '' })
}

/** An array of these partitions, as the kernel shows it. */
export function addArray(root: string, array: string, level: string, members: Readonly<Record<string, string>>): void {
  makeTree(root, { [`sys/block/${array}/md/level`]: `${level}\n` })
  for (const [partition, state] of Object.entries(members)) {
    mkdir(`${root}/sys/block/${array}/slaves/${partition}`, { recursive: true })
    makeTree(root, { [`sys/block/${array}/md/dev-${partition}/state`]: `${state}\n` })
  }
}

/** A slot's version is its first line. `medium` is what the system was booted from. */
export function systemPlaces(root: string, medium: string): SystemPlaces {
  writeFileAtomic(`${root}/medium`, `${medium}\n`)
  return {
    ...{ sys: `${root}/sys`, medium: `${root}/medium` },
    withEsp: (device, _, use) => Promise.resolve(use(`${root}${device}`)),
    versionIn: (device) => /^Corbel (\S+)$/m.exec(decodeUtf8(readHead(`${root}${device}`, 64)))?.[1] ?? null,
  }
}
