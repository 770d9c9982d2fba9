// What every account of what a machine is made of promises: parts that fit each other.
import { describe, expect, it } from 'vitest'
import type { HostTopology } from '../../control/src/domain/topology.ts'

const isAscending = (numbers: readonly number[]) => numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? number))

/** `read` gives the topology of one machine. */
export function topologyContract(read: () => HostTopology): void {
  describe('the topology', () => {
    it('has CPUs in order, at least one of them online', () => {
      const { cpus } = read()
      expect(isAscending(cpus.map(({ id }) => id))).toBe(true)
      expect(cpus.some(({ online }) => online)).toBe(true)
    })

    it('has threads of a core that agree on who they are', () => {
      const { cpus } = read()
      const byId = new Map(cpus.map((cpu) => [cpu.id, cpu]))
      for (const cpu of cpus) {
        expect(isAscending(cpu.siblings)).toBe(true)
        expect(cpu.siblings).toContain(cpu.id)
        if (!cpu.online) expect(cpu.siblings).toEqual([cpu.id])
        for (const id of cpu.siblings) {
          expect(byId.get(id)?.siblings).toEqual(cpu.siblings)
          expect([byId.get(id)?.socket, byId.get(id)?.die, byId.get(id)?.core]).toEqual([cpu.socket, cpu.die, cpu.core])
        }
      }
    })

    it('has nodes in order, with the CPUs that say that they are in them', () => {
      const { cpus, nodes } = read()
      expect(nodes.length).toBeGreaterThan(0)
      expect(isAscending(nodes.map(({ id }) => id))).toBe(true)
      for (const node of nodes) {
        const members = cpus.filter((cpu) => cpu.online && cpu.node === node.id).map(({ id }) => id)
        expect(node.cpus).toEqual(members)
        expect([0, nodes.length]).toContain(node.distances.length)
      }
      expect(nodes.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)).toBeGreaterThan(0)
    })

    it('has each cache once, for CPUs that are online', () => {
      const { cpus, caches } = read()
      const online = new Set(cpus.filter((cpu) => cpu.online).map(({ id }) => id))
      const seen = new Set<string>()
      for (const { level, kind, cpus: users } of caches) {
        expect(isAscending(users)).toBe(true)
        for (const id of users) {
          expect(online.has(id)).toBe(true)
          const name = `${level} ${kind} ${id}`
          expect(seen.has(name)).toBe(false)
          seen.add(name)
        }
      }
    })

    it('has huge pages in nodes that there are, and no more free ones than there are', () => {
      const { hugepages, nodes } = read()
      expect(isAscending(hugepages.map(({ sizeKiB }) => sizeKiB))).toBe(true)
      for (const { node, total, free } of hugepages.flatMap(({ perNode }) => perNode)) {
        expect(nodes.some(({ id }) => id === node)).toBe(true)
        expect(free).toBeLessThanOrEqual(total)
      }
    })

    it('has PCI devices that are told apart by their addresses', () => {
      const { pci, iommu } = read()
      const all = pci.map(({ address }) => address)
      expect([...new Set(all)].sort()).toEqual(all)
      for (const { iommuGroup, sriov } of pci) {
        if (iommuGroup !== null) expect(iommu.groups).toBeGreaterThan(0)
        if (sriov !== null && sriov.physicalFunction !== null) expect(all).toContain(sriov.physicalFunction)
      }
    })

    it('names each weakness of the processor once', () => {
      const names = read().mitigations.map(({ name }) => name)
      expect([...new Set(names)].sort()).toEqual(names)
    })
  })
}
