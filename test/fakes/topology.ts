// The machine of tests: two sockets of two cores with two threads each, a node and a network card for either.
import type { HostTopology, PciDevice } from '../../control/src/domain/topology.ts'

const CPU_IDS = [0, 1, 2, 3, 4, 5, 6, 7] as const
/** Linux counts first threads first, then second ones: CPUs 0 and 4 share a core. */
const socketOf = (id: number) => (id % 4 < 2 ? 0 : 1)
const siblingsOf = (id: number) => [id % 4, (id % 4) + 4]
const SOCKETS = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
] as const

const card = (node: number): PciDevice => ({
  address: `0000:0${node + 1}:00.0`,
  vendorId: '8086',
  deviceId: '10d3',
  subsystemVendorId: '8086',
  subsystemDeviceId: '0000',
  class: '020000',
  className: 'Ethernet controller',
  driver: 'e1000e',
  iommuGroup: node + 1,
  node,
  slot: `${node + 1}`,
  serial: `52-54-00-ff-ff-00-00-0${node + 1}`,
  sriov: null,
})

export const TWO_NODES: HostTopology = {
  cpus: CPU_IDS.map((id) => ({
    id,
    online: true,
    socket: socketOf(id),
    die: 0,
    core: id % 2,
    node: socketOf(id),
    siblings: siblingsOf(id),
  })),
  nodes: SOCKETS.map((cpus, id) => ({ id, cpus, memoryMiB: 4096, distances: id === 0 ? [10, 21] : [21, 10] })),
  caches: [
    ...(['data', 'instruction'] as const).flatMap((kind) =>
      [0, 1, 2, 3].map((cpu) => ({ level: 1, kind, sizeKiB: 32, cpus: siblingsOf(cpu) })),
    ),
    ...[0, 1, 2, 3].map((cpu) => ({ level: 2, kind: 'unified' as const, sizeKiB: 512, cpus: siblingsOf(cpu) })),
    ...SOCKETS.map((cpus) => ({ level: 3, kind: 'unified' as const, sizeKiB: 16_384, cpus })),
  ],
  hugepages: [2048, 1_048_576].map((sizeKiB) => ({ sizeKiB, perNode: [0, 1].map((node) => ({ node, total: 0, free: 0 })) })),
  iommu: { present: true, kind: 'amd', groups: 3 },
  pci: [card(0), card(1)],
  kvm: { available: true, kind: 'amd', nestedPaging: true, nested: false, virtualInterrupts: false },
  mitigations: [
    { name: 'meltdown', state: 'not-affected', detail: 'Not affected' },
    { name: 'spectre_v2', state: 'mitigated', detail: 'Mitigation: Retpolines; IBPB: conditional; STIBP: always-on; RSB filling' },
  ],
}
