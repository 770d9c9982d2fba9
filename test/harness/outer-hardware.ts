// How the outer machine is made where a test cares: its CPUs, NUMA nodes, IOMMU, and cards in slots. Renders QEMU's argv, starts nothing.

export interface Hardware {
  /** Linux counts threads of a core, cores of a die, dies of a socket in a row: with two threads a core CPUs 0 and 1 share one. */
  readonly cpus?: { readonly sockets: number; readonly dies?: number; readonly cores: number; readonly threads: number }
  /** The machine's memory is theirs in sum. */
  readonly nodes?: readonly OuterNode[]
  /**
   * What the cards see of memory is what the appliance gives them; virtio devices go past it. It is Intel's, which Linux takes with AMD's processors, too: with
   * QEMU's AMD one (7.2) cards get no memory at all.
   */
  readonly iommu?: boolean
  readonly cards?: readonly Card[]
}

export interface OuterNode {
  /** `0-1`; none in a node of memory alone. */
  readonly cpus?: string
  readonly memoryMiB: number
  /** To all nodes, in their order, itself (10) included; QEMU makes it 20 to each other one. */
  readonly distances?: readonly number[]
}

/** A PCI Express card, alone in a slot, and so in an IOMMU group of its own. To QEMU it is `cardN`, its slot `slotN`: it can be unplugged, and another put there. */
export interface Card {
  /** From 1, no two the same; Linux names the slot by it. */
  readonly slot: number
  /** A `-device` without its bus; a card with a MAC address of 52:54:00:aa:bb:cc and a serial number has 52-54-00-ff-ff-aa-bb-cc. */
  readonly device: string
  /** Other arguments, before those of the device. */
  readonly backend?: readonly string[]
  /** Index of the NUMA node that the slot is near to; default: none that the firmware names. */
  readonly node?: number
}

/**
 * AMD's processors tell of their threads only with this. Emulation can do it, and says so only when it is forced to; Intel's under KVM have another way,
 * and ignore it with a warning.
 */
const TELL_OF_THREADS = [
  ...['topoext=on', 'x-force-features=on', 'xlevel=0x8000001E'].map((property) => `max-x86_64-cpu.${property}`),
  'host-x86_64-cpu.topoext=on',
].flatMap((setting) => ['-global', setting])

/** With what the machine has where the hardware does not say otherwise. */
export function renderProcessors(hardware: Hardware, cpus: number, memoryMiB: number): string[] {
  const { nodes = [] } = hardware
  const memory = nodes.length === 0 ? memoryMiB : nodes.reduce((sum, node) => sum + node.memoryMiB, 0)
  return [
    ...['-smp', smp(hardware, cpus), '-m', String(memory)],
    ...((hardware.cpus?.threads ?? 1) > 1 ? TELL_OF_THREADS : []),
    ...nodes.flatMap(nodeArgv),
    ...nodes.flatMap(distanceArgv),
  ]
}

function smp({ cpus: shape }: Hardware, cpus: number): string {
  if (shape === undefined) return String(cpus)
  const { sockets, dies = 1, cores, threads } = shape
  return `${sockets * dies * cores * threads},sockets=${sockets},dies=${dies},cores=${cores},threads=${threads}`
}

function nodeArgv({ cpus, memoryMiB }: OuterNode, node: number): string[] {
  return [
    ...['-object', `memory-backend-ram,id=node${node},size=${memoryMiB}M`],
    ...['-numa', `node,nodeid=${node},memdev=node${node}${cpus === undefined ? '' : `,cpus=${cpus}`}`],
  ]
}

/** After all nodes: QEMU knows none that comes later. */
function distanceArgv({ distances = [] }: OuterNode, node: number): string[] {
  return distances.flatMap((distance, to) => (to === node ? [] : ['-numa', `dist,src=${node},dst=${to},val=${distance}`]))
}

/** To come before all other devices: an IOMMU sees none that were there before it. */
export function renderIommu({ iommu = false }: Hardware): string[] {
  return iommu ? ['-device', 'intel-iommu'] : []
}

/** The bus numbers that a node's slots have for themselves. */
const BUSES_OF_A_NODE = 0x20

export function renderCards({ cards = [] }: Hardware): string[] {
  const near = [...new Set(cards.flatMap(({ node }) => (node === undefined ? [] : [node])))]
  return [
    // The slots' own hot-plugging, as in real servers; ACPI's would name all of them 0.
    ...(cards.length === 0 ? [] : ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off']),
    // A host bridge of the node's own is what ties a device to it.
    ...near.flatMap((node, index) => [
      '-device',
      `pxb-pcie,id=bridge${node},bus=pcie.0,bus_nr=${0x40 + index * BUSES_OF_A_NODE},numa_node=${node}`,
    ]),
    ...cards.flatMap(({ slot, device, backend = [], node }) => [
      ...backend,
      ...['-device', `pcie-root-port,id=slot${slot},bus=${node === undefined ? 'pcie.0' : `bridge${node}`},chassis=${slot},slot=${slot}`],
      ...['-device', `${device},id=card${slot},bus=slot${slot}`],
    ]),
  ]
}
