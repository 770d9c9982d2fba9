// What the machine is made of: processors, memory nodes, caches, PCI devices, and what it can do for VMs. Facts alone; holds no use of them.

/** One thread of a processor, a CPU as Linux counts them. */
export interface HostCpu {
  /** Linux's number, from 0; gaps are possible. */
  readonly id: number
  /** An offline one runs nothing, and the kernel tells little of it. */
  readonly online: boolean
  /** Number of the package. Null, as the two below, of an offline CPU and where the kernel does not say. */
  readonly socket: number | null
  /** Number of the die, unique in its socket at least. */
  readonly die: number | null
  /** Number of the core, unique in its die at least; gaps are usual. */
  readonly core: number | null
  /** Of {@link HostTopology.nodes}; null when it belongs to none. */
  readonly node: number | null
  /** Online threads of the same core, itself included, ascending. Of an offline CPU itself alone. */
  readonly siblings: readonly number[]
}

/** A part of the memory with the CPUs that are near to it. */
export interface NumaNode {
  /** Gaps are possible. */
  readonly id: number
  /** Online CPUs, ascending; none in a node of memory alone. */
  readonly cpus: readonly number[]
  /** What the kernel has of it, rounded; 0 in a node of CPUs alone. Memory that the firmware keeps is not in it. */
  readonly memoryMiB: number
  /** How far away the nodes are, in their order; 10 is the node itself. Empty where the kernel does not say. @source ACPI 6.5, 5.2.17 SLIT */
  readonly distances: readonly number[]
}

export const CACHE_KINDS = ['data', 'instruction', 'unified'] as const

/** Each cache of the machine is there once, whoever shares it. */
export interface Cache {
  /** From 1, nearest to the core. */
  readonly level: number
  readonly kind: (typeof CACHE_KINDS)[number]
  readonly sizeKiB: number
  /** Online CPUs that share it, ascending. */
  readonly cpus: readonly number[]
}

export interface HugepageSize {
  readonly sizeKiB: number
  /** Pages of this size that the kernel keeps, in use or free; nodes without memory are left out. */
  readonly perNode: readonly { readonly node: number; readonly total: number; readonly free: number }[]
}

export const IOMMU_KINDS = ['intel', 'amd', 'arm'] as const

export interface Iommu {
  /** Whether the kernel drives one, which passing a device on needs. */
  readonly present: boolean
  /** Null when there is none, or one of another kind. */
  readonly kind: (typeof IOMMU_KINDS)[number] | null
  /** Number of groups: what is in one can only be given away together. */
  readonly groups: number
}

export interface PciSriov {
  /** Virtual functions that there can be; 0 of one that is virtual itself. */
  readonly totalVfs: number
  /** Those that there are now. */
  readonly numVfs: number
  /** Of a virtual function the address of its physical one. */
  readonly physicalFunction: string | null
}

/** One function of a PCI device. Identifiers are hexadecimal digits in lower case, without prefix. */
export interface PciDevice {
  /** `0000:03:00.0`: domain, bus, device, function. Another boot can number buses otherwise; slot and serial stay. */
  readonly address: string
  /** Four digits; null, as all below, where the kernel does not say. */
  readonly vendorId: string | null
  readonly deviceId: string | null
  readonly subsystemVendorId: string | null
  readonly subsystemDeviceId: string | null
  /** Six digits: base class, subclass, programming interface. */
  readonly class: string | null
  /** The class in words, as far as it has a name: `Ethernet controller`. */
  readonly className: string
  /** Name of the Linux driver that has it; null when none has. */
  readonly driver: string | null
  readonly iommuGroup: number | null
  /** The NUMA node that it is near to; null where the firmware does not say. */
  readonly node: number | null
  /** Name of the physical slot that it, or what it is on, is plugged into; else the firmware's label, for devices on the board. */
  readonly slot: string | null
  /** `xx-xx-xx-xx-xx-xx-xx-xx`, the Device Serial Number; all functions of a card share it. @source PCI Express 6.0, 7.9.3 */
  readonly serial: string | null
  /** Null of a device without SR-IOV. */
  readonly sriov: PciSriov | null
}

/** Null in the last three: KVM is not there, or does not say. */
export interface KvmFeatures {
  readonly available: boolean
  readonly kind: 'intel' | 'amd' | null
  /** Guests' page tables are walked by the processor: EPT, NPT. */
  readonly nestedPaging: boolean | null
  /** VMs can have VMs. */
  readonly nested: boolean | null
  /** Interrupts reach guests without a detour over the host: APICv, AVIC. */
  readonly virtualInterrupts: boolean | null
}

export const MITIGATION_STATES = ['not-affected', 'mitigated', 'vulnerable', 'unknown'] as const

/** What the kernel does about one weakness of the processor. */
export interface Mitigation {
  /** As the kernel calls it: `spectre_v2`. */
  readonly name: string
  /** The worst that is said of any part of it. */
  readonly state: (typeof MITIGATION_STATES)[number]
  /** The kernel's own words. */
  readonly detail: string
}

export interface HostTopology {
  /** All that there are, offline ones included, by number. */
  readonly cpus: readonly HostCpu[]
  /** By number; at least one. A kernel without NUMA counts as one node 0. */
  readonly nodes: readonly NumaNode[]
  /** By level, kind and first CPU. */
  readonly caches: readonly Cache[]
  /** Sizes that the processor has, smallest first. */
  readonly hugepages: readonly HugepageSize[]
  readonly iommu: Iommu
  /** By address. */
  readonly pci: readonly PciDevice[]
  readonly kvm: KvmFeatures
  /** By name. */
  readonly mitigations: readonly Mitigation[]
}
