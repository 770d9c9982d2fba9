// The answer about what the machine is made of, as a schema.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import {
  CACHE_KINDS,
  type Cache,
  type HostCpu,
  type HostTopology,
  type HugepageSize,
  IOMMU_KINDS,
  type Iommu,
  type KvmFeatures,
  MITIGATION_STATES,
  type Mitigation,
  type NumaNode,
  type PciDevice,
} from '../domain/topology.ts'

/** A schema whose output is a T. */
type Of<T> = v.GenericSchema<unknown, T>

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const maybeCount = (what: string) => v.pipe(v.nullable(count), v.description(what))
const cpuNumbers = (what: string) => v.pipe(v.array(count), v.readonly(), v.description(what))
const maybeText = (what: string) => v.pipe(v.nullable(v.string()), v.description(what))
const feature = (what: string) => v.pipe(v.nullable(v.boolean()), v.description(`${what}. Null where that is not known.`))
const hex = (digits: number) =>
  v.pipe(v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]+$/), v.length(digits))), v.description('Hexadecimal.'))

const cpuSchema = closed({
  id: v.pipe(count, v.description('Linux’s number.')),
  online: v.boolean(),
  socket: maybeCount('Null, as die and core, of an offline CPU.'),
  die: maybeCount('Unique in its socket at least.'),
  core: maybeCount('Unique in its die at least; gaps are usual.'),
  node: maybeCount('The NUMA node that it belongs to.'),
  siblings: cpuNumbers('Online threads of the same core, itself included.'),
}) satisfies Of<HostCpu>

const nodeSchema = closed({
  id: count,
  cpus: cpuNumbers('Online CPUs; none in a node of memory alone.'),
  memoryMiB: v.pipe(count, v.description('What the kernel has of it; 0 in a node of CPUs alone.')),
  distances: v.pipe(v.array(count), v.readonly(), v.description('To the nodes, in their order; 10 is the node itself.')),
}) satisfies Of<NumaNode>

const cacheSchema = closed({
  level: v.pipe(count, v.minValue(1)),
  kind: v.picklist(CACHE_KINDS),
  sizeKiB: count,
  cpus: cpuNumbers('Online CPUs that share it.'),
}) satisfies Of<Cache>

const hugepagesSchema = closed({
  sizeKiB: count,
  perNode: v.pipe(
    v.array(closed({ node: count, total: count, free: count })),
    v.readonly(),
    v.description('Pages that the kernel keeps, in use or free.'),
  ),
}) satisfies Of<HugepageSize>

const iommuSchema = closed({
  present: v.pipe(v.boolean(), v.description('Whether the kernel drives one.')),
  kind: v.nullable(v.picklist(IOMMU_KINDS)),
  groups: count,
}) satisfies Of<Iommu>

export const pciSchema = closed({
  address: v.pipe(v.string(), v.description('`0000:03:00.0`; another boot can number buses otherwise, slot and serial stay.')),
  vendorId: hex(4),
  deviceId: hex(4),
  subsystemVendorId: hex(4),
  subsystemDeviceId: hex(4),
  class: hex(6),
  className: v.pipe(v.string(), v.description('The class in words.')),
  driver: maybeText('The Linux driver that has it.'),
  iommuGroup: maybeCount('What is in one group can only be given away together.'),
  node: maybeCount('The NUMA node that it is near to.'),
  slot: maybeText('The physical slot that it, or what it is on, is plugged into; else the firmware’s label for it.'),
  serial: maybeText('The Device Serial Number, `xx-xx-xx-xx-xx-xx-xx-xx`.'),
  sriov: v.pipe(
    v.nullable(
      closed({
        totalVfs: v.pipe(count, v.description('Virtual functions that there can be.')),
        numVfs: v.pipe(count, v.description('Those that there are.')),
        physicalFunction: maybeText('Of a virtual function the address of its physical one.'),
      }),
    ),
    v.description('Null of a device without SR-IOV.'),
  ),
}) satisfies Of<PciDevice>

const kvmSchema = closed({
  available: v.boolean(),
  kind: v.nullable(v.picklist(['intel', 'amd'])),
  nestedPaging: feature('EPT or NPT'),
  nested: feature('VMs can have VMs'),
  virtualInterrupts: feature('APICv or AVIC'),
}) satisfies Of<KvmFeatures>

const mitigationSchema = closed({
  name: v.pipe(v.string(), v.description('As the kernel calls it: `spectre_v2`.')),
  state: v.pipe(v.picklist(MITIGATION_STATES), v.description('The worst that is said of any part of it.')),
  detail: v.pipe(v.string(), v.description('The kernel’s own words.')),
}) satisfies Of<Mitigation>

const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.readonly())

export const hostTopologySchema = closed({
  cpus: list(cpuSchema),
  nodes: list(nodeSchema),
  caches: list(cacheSchema),
  hugepages: list(hugepagesSchema),
  iommu: iommuSchema,
  pci: list(pciSchema),
  kvm: kvmSchema,
  mitigations: list(mitigationSchema),
}) satisfies Of<HostTopology>
