// Rules between the fields that say where a VM is on the host: what no single field can tell.
import { HUGE_PAGE_KIB } from './placement-fields.ts'
import type { Problem } from './problem.ts'
import type { VmSpec } from './vm.ts'
import { mostVcpus, refuse } from './vm-rules.ts'

const KIB_PER_MIB = 1024

type Rule = (spec: VmSpec) => readonly Problem[]

const RULES: readonly Rule[] = [
  ({ cpuPlacement: { mode, cpus } }) =>
    refuse(mode !== 'pinned' || cpus !== null, 'vm.cpuPlacement.cpus-missing', 'cpuPlacement.cpus', 'must name the CPUs to pin to'),
  ({ guestNumaNodes, numaNodes }) =>
    refuse(
      guestNumaNodes === 1 || numaNodes?.length === guestNumaNodes,
      'vm.guestNumaNodes.not-as-host',
      'guestNumaNodes',
      'must be 1 or as many as numaNodes names',
      guestNumaNodes,
    ),
  (spec) => {
    const most = mostVcpus(spec)
    const message = `must divide the ${most} vCPUs that there can be`
    return refuse(most % spec.guestNumaNodes === 0, 'vm.guestNumaNodes.vcpus', 'guestNumaNodes', message, spec.guestNumaNodes)
  },
  ({ guestNumaNodes, topology }) =>
    refuse(
      topology === null || topology.sockets % guestNumaNodes === 0,
      'vm.guestNumaNodes.sockets',
      'topology.sockets',
      'must be a multiple of guestNumaNodes: no socket is on two nodes',
      topology?.sockets,
    ),
  ({ guestNumaNodes, memoryMiB }) =>
    refuse(
      memoryMiB % guestNumaNodes === 0,
      'vm.guestNumaNodes.memory',
      'memoryMiB',
      `must be a multiple of ${guestNumaNodes}, for the guest’s NUMA nodes`,
      memoryMiB,
    ),
  ({ hugePages, memoryMiB, guestNumaNodes }) => {
    const page = HUGE_PAGE_KIB[hugePages]
    const part = (memoryMiB * KIB_PER_MIB) / guestNumaNodes
    const message = `must be a multiple of ${hugePages} on each of its NUMA nodes`
    return refuse(page === null || part % page === 0, 'vm.hugePages.uneven', 'memoryMiB', message, memoryMiB)
  },
  ({ hugePages, maxMemoryMiB }) =>
    refuse(
      hugePages === 'none' || maxMemoryMiB === null,
      'vm.hugePages.hot-memory',
      'maxMemoryMiB',
      'must be null with huge pages',
      maxMemoryMiB,
    ),
  ({ hugePages, memoryTargetMiB }) =>
    refuse(
      hugePages === 'none' || memoryTargetMiB === null,
      'vm.hugePages.balloon',
      'memoryTargetMiB',
      'must be null with huge pages',
      memoryTargetMiB,
    ),
]

/** Every broken rule. */
export function checkPlacementRules(spec: VmSpec): readonly Problem[] {
  return RULES.flatMap((rule) => rule(spec))
}
