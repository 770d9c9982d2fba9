// What a host is made of, for people: a summary, then tables of NUMA nodes, PCI devices, and weaknesses of the processor.
import { renderCpuList } from '../domain/cpu-list.ts'
import type { Cache, HostTopology, KvmFeatures, Mitigation, NumaNode, PciDevice } from '../domain/topology.ts'
import { formatBytes } from './quantity.ts'
import { type Column, renderPairs, renderTable } from './table.ts'

type Pair = readonly [string, string]

const kib = (count: number) => formatBytes(count * 1024)
const mib = (count: number) => kib(count * 1024)
const distinct = (values: readonly string[]) => new Set(values).size
/** `1 socket`, `2 sockets`. */
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

export function renderTopology(topology: HostTopology): string {
  const parts = [
    renderPairs(summary(topology)),
    renderTable(nodeColumns(topology), topology.nodes),
    renderTable(PCI_COLUMNS, topology.pci),
    renderTable(MITIGATION_COLUMNS, topology.mitigations),
  ]
  return parts.join('\n')
}

function summary({ cpus, nodes, caches, iommu, kvm }: HostTopology): readonly Pair[] {
  return [
    ['CPU', cpuText(cpus)],
    ['Caches', cacheText(caches)],
    ['Memory', `${mib(nodes.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0))} in ${counted(nodes.length, 'NUMA node')}`],
    ['IOMMU', iommu.present ? `${iommu.kind ?? 'of another kind'}, ${counted(iommu.groups, 'group')}` : 'none'],
    ['KVM', kvmText(kvm)],
  ]
}

function cpuText(cpus: HostTopology['cpus']): string {
  const online = cpus.filter((cpu) => cpu.online)
  const offline = cpus.filter((cpu) => !cpu.online).map(({ id }) => id)
  const counts = [
    counted(distinct(online.map(({ socket }) => `${socket}`)), 'socket'),
    counted(distinct(online.map(({ socket, die }) => `${socket}/${die}`)), 'die'),
    counted(distinct(online.map(({ siblings }) => siblings.join())), 'core'),
    counted(online.length, 'thread'),
    ...(offline.length === 0 ? [] : [`offline: ${renderCpuList(offline)}`]),
  ]
  return counts.join(', ')
}

function cacheText(caches: readonly Cache[]): string {
  const counts = new Map<string, number>()
  for (const { level, kind, sizeKiB } of caches) {
    const name = `L${level}${kind === 'unified' ? '' : ` ${kind}`} ${kib(sizeKiB)}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts.size === 0 ? 'not known' : [...counts].map(([name, count]) => `${name} × ${count}`).join(', ')
}

function kvmText({ available, kind, nestedPaging, nested, virtualInterrupts }: KvmFeatures): string {
  if (!available) return 'none'
  const said = (feature: boolean | null) => (feature === null ? 'not known' : feature ? 'yes' : 'no')
  return `${kind ?? 'not known'}; nested paging: ${said(nestedPaging)}, VMs in VMs: ${said(nested)}, virtual interrupts: ${said(virtualInterrupts)}`
}

function nodeColumns({ hugepages, cpus }: HostTopology): readonly Column<NumaNode>[] {
  const cores = (node: NumaNode) => distinct(cpus.filter(({ id }) => node.cpus.includes(id)).map(({ siblings }) => siblings.join()))
  return [
    { title: 'NODE', value: ({ id }) => id, align: 'right' },
    { title: 'MEMORY', value: ({ memoryMiB }) => mib(memoryMiB), align: 'right' },
    { title: 'CORES', value: cores, align: 'right' },
    { title: 'CPUS', value: (node) => renderCpuList(node.cpus) },
    { title: 'DISTANCES', value: ({ distances }) => distances.join(' ') },
    ...hugepages.map(
      ({ sizeKiB, perNode }): Column<NumaNode> => ({
        title: `PAGES OF ${kib(sizeKiB)}`,
        value(node) {
          const pages = perNode.find((each) => each.node === node.id)
          return pages === undefined ? null : `${pages.total} (${pages.free} free)`
        },
      }),
    ),
  ]
}

function virtualFunctions({ sriov }: PciDevice): string | null {
  if (sriov === null) return null
  return sriov.physicalFunction === null ? `${sriov.numVfs} of ${sriov.totalVfs}` : `of ${sriov.physicalFunction}`
}

const PCI_COLUMNS: readonly Column<PciDevice>[] = [
  { title: 'PCI ADDRESS', value: ({ address }) => address },
  { title: 'CLASS', value: ({ className }) => className },
  { title: 'ID', value: ({ vendorId, deviceId }) => `${vendorId ?? '?'}:${deviceId ?? '?'}` },
  { title: 'DRIVER', value: ({ driver }) => driver },
  { title: 'IOMMU GROUP', value: ({ iommuGroup }) => iommuGroup, align: 'right' },
  { title: 'NODE', value: ({ node }) => node, align: 'right' },
  { title: 'SLOT', value: ({ slot }) => slot },
  { title: 'SERIAL', value: ({ serial }) => serial },
  { title: 'VIRTUAL FUNCTIONS', value: virtualFunctions },
]

const MITIGATION_COLUMNS: readonly Column<Mitigation>[] = [
  { title: 'WEAKNESS', value: ({ name }) => name },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'THE KERNEL SAYS', value: ({ detail }) => detail },
]
