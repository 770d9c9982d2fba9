// What the host uses its PCI functions for, found by walking from file systems, disks, network interfaces and the screen up to them. Changes nothing.
import { parseMountinfo } from '../codec/mountinfo.ts'
import { functionAbove } from '../codec/pci-path.ts'
import type { DeviceUse } from '../domain/pci-device.ts'
import type { PciDevice } from '../domain/topology.ts'
import { linkOrNull, namesIn, textOrNull } from './sysfs.ts'

/** Names the disk that the image is on; left by the initramfs, as nothing of that disk is mounted any more. */
const MEDIUM = '/dev/corbel-medium'

/** Partitions of ours, by their names in the GPT. */
const OWN_PARTITIONS: Readonly<Record<string, DeviceUse['kind']>> = { 'corbel-state': 'state', 'corbel-data': 'datastore' }

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

  const disks = namesIn(`${root}/sys/class/block`)
  for (const name of disks)
    if (textOrNull(`${root}/sys/class/block/${name}/partition`) === null) note(functionOf(root, `block/${name}`), name)
  const medium = textOrNull(`${root}${MEDIUM}`)?.trim() ?? ''
  if (medium !== '') add(functionOf(root, `block/${medium}`), 'boot-medium', medium)
  for (const { device, target } of parseMountinfo(textOrNull(`${root}/proc/self/mountinfo`) ?? '')) {
    const name = blockName(root, device)
    for (const disk of name === null ? [] : [...below(root, 'block', 'slaves', name)]) {
      add(functionOf(root, `block/${disk}`), kindOfMount(target), `${target} on ${disk}`)
    }
  }
  // Also when they could not be mounted: they are not lost yet.
  for (const name of disks) {
    const own = OWN_PARTITIONS[/^PARTNAME=(.*)$/m.exec(textOrNull(`${root}/sys/class/block/${name}/uevent`) ?? '')?.[1] ?? '']
    const address = functionOf(root, `block/${name}`)
    if (own !== undefined && !(uses.get(address ?? '') ?? []).some(({ kind }) => kind === own)) add(address, own, `kept on ${name}`)
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
