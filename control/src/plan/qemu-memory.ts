// A VM's memory on QEMU's command line: how much, of which pages, from and as which NUMA nodes. Pure.
// @source QEMU qapi/qom.json, MemoryBackendProperties; qemu-options.hx, -numa
import { HUGE_PAGE_KIB } from '../domain/placement-fields.ts'
import type { VmSpec } from '../domain/vm.ts'
import { placeOf } from './vm-layout.ts'

const MIB = 1_048_576
const KIB = 1024
/** As QEMU calls memory that nothing is said of, so that a suspended VM can be resumed on other nodes. */
export const RAM = 'pc.ram'

export interface MemoryPlace {
  /** NUMA nodes of the host; null: wherever. */
  readonly nodes: readonly number[] | null
  /** From nowhere else, even when they have none left. */
  readonly strict: boolean
}

/** Whether all memory is one object, about which something is said. */
export function hasBackend({ guestNumaNodes, hugePages }: VmSpec, { nodes }: MemoryPlace): boolean {
  return guestNumaNodes === 1 && (hugePages !== 'none' || nodes !== null)
}

export function memoryOptions(spec: VmSpec, bootMemoryMiB: number, memory: MemoryPlace): string[] {
  const most = spec.maxMemoryMiB === null || spec.maxMemoryMiB === bootMemoryMiB ? null : spec.maxMemoryMiB
  return [
    ...['-m', most === null ? `size=${bootMemoryMiB}M` : `size=${bootMemoryMiB}M,maxmem=${most}M`],
    ...(hasBackend(spec, memory) ? backend(spec, RAM, bootMemoryMiB, memory) : []),
    ...(spec.guestNumaNodes === 1 ? [] : guestNodes(spec, bootMemoryMiB, memory)),
    ...(most === null ? [] : hotMemory(spec, bootMemoryMiB, most)),
  ]
}

function backend({ hugePages }: VmSpec, id: string, sizeMiB: number, { nodes, strict }: MemoryPlace): string[] {
  const page = HUGE_PAGE_KIB[hugePages]
  const huge = page === null ? {} : { hugetlb: true, hugetlbsize: page * KIB, prealloc: true }
  const place = nodes === null ? {} : { 'host-nodes': nodes, policy: strict ? 'bind' : 'preferred' }
  const type = page === null ? 'memory-backend-ram' : 'memory-backend-memfd'
  return ['-object', JSON.stringify({ 'qom-type': type, id, size: sizeMiB * MIB, ...huge, ...place })]
}

/** Equal parts, each from the node of the host that is at its place. */
function guestNodes(spec: VmSpec, bootMemoryMiB: number, { nodes, strict }: MemoryPlace): string[] {
  const { guestNumaNodes: count } = spec
  const sockets = spec.topology?.sockets ?? count
  return Array.from({ length: count }, (_, node) => {
    const host = nodes?.[node]
    return [
      ...backend(spec, `node${node}`, bootMemoryMiB / count, { nodes: host === undefined ? null : [host], strict }),
      ...['-numa', `node,nodeid=${node},memdev=node${node}`],
      ...Array.from({ length: sockets / count }, (__, index) => [
        '-numa',
        `cpu,node-id=${node},socket-id=${(node * sockets) / count + index}`,
      ]).flat(),
    ]
  }).flat()
}

/** What is above the memory at start is in a device that the guest's driver fills as asked. @source QEMU docs/system/devices/virtio-mem */
function hotMemory(spec: VmSpec, bootMemoryMiB: number, mostMiB: number): string[] {
  const ram = { 'qom-type': 'memory-backend-ram', id: 'hot-memory-ram', size: (mostMiB - bootMemoryMiB) * MIB }
  const device = {
    ...{ driver: 'virtio-mem-pci', id: 'hot-memory', memdev: 'hot-memory-ram', ...placeOf(spec.chipset, 'hot-memory') },
    'requested-size': (spec.memoryMiB - bootMemoryMiB) * MIB,
  }
  return ['-object', JSON.stringify(ram), '-device', JSON.stringify(device)]
}
