// What the host uses its PCI functions for, found by walking from file systems, disks, network interfaces and the screen up to them. Changes nothing.
import { readHead } from 'hv:fs'
import { parseMountinfo } from '../codec/mountinfo.ts'
import { functionAbove } from '../codec/pci-path.ts'
import type { DeviceUse } from '../domain/pci-device.ts'
import type { PciDevice } from '../domain/topology.ts'
import { linkOrNull, namesIn, textOrNull } from './sysfs.ts'

export interface UsesInput {
  /** Put before /sys and /proc and /dev; empty on the appliance. */
  readonly root: string
  /** The adapter that the management network is on; null while it is on none. */
  readonly management: string | null
  readonly pci: readonly Pick<PciDevice, 'address' | 'class'>[]
}

/** Uses, and names of interfaces and disks, by address. */
export interface Found {
  readonly uses: ReadonlyMap<string, readonly DeviceUse[]>
  readonly interfaces: ReadonlyMap<string, readonly string[]>
}

export function findUses({ root, management, pci }: UsesInput): Found {
  const uses = new Map<string, DeviceUse[]>()
  const interfaces = new Map<string, string[]>()
  const add = (address: string | null, kind: DeviceUse['kind'], what: string) => {
    if (address === null) return
    const known = uses.get(address) ?? []
    if (!known.some((use) => use.kind === kind && use.what === what)) uses.set(address, [...known, { kind, what }])
  }
  const note = (address: string | null, name: string) => {
    if (address !== null) interfaces.set(address, [...(interfaces.get(address) ?? []), name])
  }

  for (const { address, class: code } of pci) {
    const part = code === null ? null : partOfTheMachine(code)
    if (part !== null) add(address, 'host-part', part)
    if (textOrNull(`${root}/sys/bus/pci/devices/${address}/boot_vga`)?.trim() === '1') add(address, 'console', 'the screen')
  }

  const label = mediaLabel(root)
  for (const name of namesIn(`${root}/sys/class/block`)) {
    const address = functionOf(root, `block/${name}`)
    if (address === null) continue
    // The medium's first partition can begin where the disk does.
    if (isPartition(root, name)) continue
    note(address, name)
    if (label !== null && volumeLabel(`${root}/dev/${name}`) === label) add(address, 'boot-medium', name)
  }
  for (const { device, target } of parseMountinfo(textOrNull(`${root}/proc/self/mountinfo`) ?? '')) {
    const name = blockName(root, device)
    for (const disk of name === null ? [] : [...below(root, 'block', 'slaves', name)]) {
      add(functionOf(root, `block/${disk}`), kindOfMount(target), `${target} on ${disk}`)
    }
  }

  const adapters = namesIn(`${root}/sys/class/net`)
  const managing = management === null ? null : below(root, 'net', 'lower_', management)
  for (const name of adapters) {
    const address = functionOf(root, `net/${name}`)
    note(address, name)
    // While the network is on none, any of them may be the one that it comes back on.
    if (managing === null || managing.has(name)) add(address, 'management', name)
    if (linkOrNull(`${root}/sys/class/net/${name}/master`) !== null) add(address, 'uplink', name)
  }
  return { uses, interfaces }
}

/** In words, of classes that are no card but the board: memory, bridges, interrupt controllers, IOMMUs. @source PCI Code and ID Assignment Specification 1.15 */
function partOfTheMachine(code: string): string | null {
  if (code.startsWith('06')) return 'bridge'
  if (code.startsWith('05')) return 'memory controller'
  if (code.startsWith('08')) return 'system peripheral'
  if (code.startsWith('0c05')) return 'SMBus'
  return null
}

/** Where a device of a class is, by its link; null when it is not PCI. */
function functionOf(root: string, entry: string): string | null {
  return functionAbove(linkOrNull(`${root}/sys/class/${entry}`) ?? '')
}

function isPartition(root: string, name: string): boolean {
  return textOrNull(`${root}/sys/class/block/${name}/partition`) !== null
}

/** `254:17` is the name of the last part of where its link leads. */
function blockName(root: string, device: string): string | null {
  return device.startsWith('0:') ? null : (linkOrNull(`${root}/sys/dev/block/${device}`)?.split('/').at(-1) ?? null)
}

/** Itself and all that it is made of: members of a bond, disks of a mapped device. */
function below(root: string, kind: 'block' | 'net', how: 'slaves' | 'lower_', name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const folder = `${root}/sys/class/${kind}/${name}`
  const parts =
    how === 'slaves'
      ? namesIn(`${folder}/slaves`)
      : namesIn(folder).flatMap((entry) => (entry.startsWith('lower_') ? [entry.slice('lower_'.length)] : []))
  for (const part of parts) below(root, kind, how, part, seen)
  return seen
}

function kindOfMount(target: string): DeviceUse['kind'] {
  if (target === '/state') return 'state'
  return target.startsWith('/datastores/') ? 'datastore' : 'mounted'
}

/** The initramfs leaves no path to the medium, so it is known as it was found there: by its label. */
function mediaLabel(root: string): string | null {
  return /(?:^|\s)corbel\.media=(\S+)/.exec(textOrNull(`${root}/proc/cmdline`) ?? '')?.[1] ?? null
}

const LABEL_OFFSET = 32_808
const LABEL_BYTES = 32

/** Of an ISO 9660 volume, padded with blanks; null where there is none, or no medium in the drive. @source ECMA-119, 8.4.8 */
function volumeLabel(path: string): string | null {
  try {
    const bytes = readHead(path, LABEL_OFFSET + LABEL_BYTES).subarray(LABEL_OFFSET)
    return bytes.length < LABEL_BYTES ? null : String.fromCharCode(...bytes).trimEnd()
  } catch {
    return null
  }
}
