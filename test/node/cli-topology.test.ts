// What a host is made of, as the command line shows it.
import { describe, expect, it } from 'vitest'
import { renderTopology } from '../../control/src/cli/topology-view.ts'
import { TWO_NODES } from '../fakes/topology.ts'
import { TestHost } from './cli/host.ts'
import { corbel } from './cli/program.ts'

describe('corbel host topology', () => {
  it('shows all of a host', async () => {
    const host = await TestHost.start()
    try {
      expect(await corbel(['host', 'topology'], { env: host.env })).toEqual({ exit: 0, errors: '', output: renderTopology(TWO_NODES) })
      expect(JSON.parse((await corbel(['host', 'topology', '--json'], { env: host.env })).output)).toEqual(TWO_NODES)
    } finally {
      await host.stop()
    }
  })

  it('is a summary and three tables', () => {
    expect(renderTopology(TWO_NODES)).toBe(
      `CPU     2 sockets, 2 dies, 4 cores, 8 threads
Caches  L1 data 32 KiB × 4, L1 instruction 32 KiB × 4, L2 512 KiB × 4, L3 16 MiB × 2
Memory  8 GiB in 2 NUMA nodes
IOMMU   amd, 3 groups
KVM     amd; nested paging: yes, VMs in VMs: no, virtual interrupts: no

NODE  MEMORY  CORES  CPUS     DISTANCES  PAGES OF 2 MiB  PAGES OF 1 GiB
   0   4 GiB      2  0-1,4-5  10 21      0 (0 free)      0 (0 free)
   1   4 GiB      2  2-3,6-7  21 10      0 (0 free)      0 (0 free)

PCI ADDRESS   CLASS                ID         DRIVER  IOMMU GROUP  NODE  SLOT  SERIAL                   VIRTUAL FUNCTIONS
0000:01:00.0  Ethernet controller  8086:10d3  e1000e            1     0  1     52-54-00-ff-ff-00-00-01  -
0000:02:00.0  Ethernet controller  8086:10d3  e1000e            2     1  2     52-54-00-ff-ff-00-00-02  -

WEAKNESS    STATE         THE KERNEL SAYS
meltdown    not-affected  Not affected
spectre_v2  mitigated     Mitigation: Retpolines; IBPB: conditional; STIBP: always-on; RSB filling
`,
    )
  })

  const [nic] = TWO_NODES.pci
  it.each<[string, Partial<typeof TWO_NODES>, string]>([
    [
      'a CPU that is offline',
      {
        cpus: TWO_NODES.cpus.map((cpu) =>
          cpu.id === 7 ? { ...cpu, online: false, siblings: [7] } : { ...cpu, siblings: cpu.siblings.filter((id) => id !== 7) },
        ),
      },
      '2 sockets, 2 dies, 4 cores, 7 threads, offline: 7\n',
    ],
    ['one node', { nodes: TWO_NODES.nodes.slice(0, 1) }, 'Memory  4 GiB in 1 NUMA node\n'],
    [
      'a node of memory alone',
      { nodes: [{ id: 2, cpus: [], memoryMiB: 1024, distances: [10] }] },
      '   2   1 GiB      0  -     10         -               -\n',
    ],
    ['no caches', { caches: [] }, 'Caches  not known\n'],
    ['no IOMMU', { iommu: { present: false, kind: null, groups: 0 } }, 'IOMMU   none\n'],
    ['an IOMMU of another kind', { iommu: { present: true, kind: null, groups: 1 } }, 'IOMMU   of another kind, 1 group\n'],
    ['no KVM', { kvm: { ...TWO_NODES.kvm, available: false } }, 'KVM     none\n'],
    [
      'a physical function',
      { pci: nic === undefined ? [] : [{ ...nic, serial: null, slot: null, sriov: { totalVfs: 7, numVfs: 2, physicalFunction: null } }] },
      '     1     0  -     -       2 of 7\n',
    ],
    [
      'a virtual function',
      { pci: nic === undefined ? [] : [{ ...nic, sriov: { totalVfs: 0, numVfs: 0, physicalFunction: '0000:01:00.0' } }] },
      '  of 0000:01:00.0\n',
    ],
  ])('shows %s', (_name, change, line) => {
    expect(renderTopology({ ...TWO_NODES, ...change })).toContain(line)
  })
})
