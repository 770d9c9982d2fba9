// What the appliance says of the machine that it runs on, held against the machine that QEMU was told to be.
import { describe, expect, it } from 'vitest'
import type { HostTopology } from '../../control/src/domain/topology.ts'
import { booted } from '../boot/booted.ts'
import { coreSchedulingOf } from '../boot/core-scheduling.ts'
import { topologyContract } from '../contract/topology.contract.ts'
import type { Hardware } from '../harness/outer-hardware.ts'
import { until } from '../harness/wait.ts'

/** Two sockets of one core with two threads, each with memory, a third node of memory alone, and a slot near to each of the first two. */
const HARDWARE: Hardware = {
  cpus: { sockets: 2, cores: 1, threads: 2 },
  nodes: [
    { cpus: '0-1', memoryMiB: 640, distances: [10, 21, 40] },
    { cpus: '2-3', memoryMiB: 512, distances: [21, 10, 40] },
    { memoryMiB: 256, distances: [40, 40, 10] },
  ],
  iommu: true,
  cards: [
    { slot: 1, device: 'e1000e,mac=52:54:00:aa:00:01,romfile=,netdev=card1', backend: ['-netdev', 'hubport,id=card1,hubid=1'], node: 0 },
    { slot: 2, device: 'e1000e,mac=52:54:00:aa:00:02,romfile=,netdev=card2', backend: ['-netdev', 'hubport,id=card2,hubid=2'], node: 1 },
    {
      slot: 7,
      device: 'nvme,serial=SCRATCH1,subsys=subsystem,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2',
      backend: ['-device', 'nvme-subsys,id=subsystem,nqn=scratch'],
    },
  ],
}

let topology: HostTopology
const host = booted({ name: 'topology', probe: true, hardware: HARDWARE }, async (appliance) => {
  await appliance.readyAndLoggedIn()
  topology = await appliance.api.call<HostTopology>('GET', '/v1/host/topology')
})

/** What of QEMU's nodes the kernel has; it keeps some for itself, most of it in the first. */
const isMostOf = (memoryMiB: number, given: number) => memoryMiB > given * 0.8 && memoryMiB <= given

describe('the appliance tells', () => {
  it('its CPUs', () => {
    expect(topology.cpus.map(({ id, online, socket, node, siblings }) => ({ id, online, socket, node, siblings }))).toEqual(
      [0, 1, 2, 3].map((id) => {
        const socket = id >> 1
        return { id, online: true, socket, node: socket, siblings: [2 * socket, 2 * socket + 1] }
      }),
    )
    expect(new Set(topology.cpus.map(({ socket, die, core }) => `${socket}/${die}/${core}`)).size).toBe(2)
  })

  it('its NUMA nodes, one of them without CPUs', () => {
    expect(topology.nodes.map(({ id, cpus, distances }) => ({ id, cpus, distances }))).toEqual([
      { id: 0, cpus: [0, 1], distances: [10, 21, 40] },
      { id: 1, cpus: [2, 3], distances: [21, 10, 40] },
      { id: 2, cpus: [], distances: [40, 40, 10] },
    ])
    const given = HARDWARE.nodes ?? []
    expect(topology.nodes.map(({ memoryMiB }, index) => isMostOf(memoryMiB, given[index]?.memoryMiB ?? 0))).toEqual([true, true, true])
  })

  it('its caches, each once for those who share it', () => {
    expect(topology.caches.filter(({ level }) => level < 3).map(({ level, kind, cpus }) => `${level} ${kind} ${cpus}`)).toEqual([
      ...['1 data 0,1', '1 data 2,3', '1 instruction 0,1', '1 instruction 2,3', '2 unified 0,1', '2 unified 2,3'],
    ])
  })

  it('that it has huge pages of 2 MiB, and keeps none', () => {
    expect(topology.hugepages.find(({ sizeKiB }) => sizeKiB === 2048)).toEqual({
      sizeKiB: 2048,
      perNode: [0, 1, 2].map((node) => ({ node, total: 0, free: 0 })),
    })
  })

  it('its cards with slot, serial number, driver, node and an IOMMU group that they share with nobody', () => {
    const cards = topology.pci.filter(({ slot }) => slot !== null)
    expect(cards.map(({ slot, serial, driver, className, node }) => ({ slot, serial, driver, className, node }))).toEqual(
      expect.arrayContaining([
        { slot: '1', serial: '52-54-00-ff-ff-aa-00-01', driver: 'e1000e', className: 'Ethernet controller', node: 0 },
        { slot: '2', serial: '52-54-00-ff-ff-aa-00-02', driver: 'e1000e', className: 'Ethernet controller', node: 1 },
        { slot: '7', serial: null, driver: 'nvme', className: 'NVMe controller', node: null },
      ]),
    )
    expect(cards).toHaveLength(3)
    expect(cards.map(({ sriov }) => sriov).filter((sriov) => sriov !== null)).toEqual([{ totalVfs: 2, numVfs: 0, physicalFunction: null }])
    for (const { iommuGroup } of cards) {
      expect(iommuGroup).not.toBeNull()
      expect(topology.pci.filter((device) => device.iommuGroup === iommuGroup)).toHaveLength(1)
    }
  })

  it('its IOMMU with all its groups', () => {
    const groups = new Set(topology.pci.map(({ iommuGroup }) => iommuGroup).filter((group) => group !== null))
    expect(topology.iommu).toEqual({ present: true, kind: 'intel', groups: groups.size })
  })

  it('what KVM uses', () => {
    expect(topology.kvm).toMatchObject({ available: true, nested: false, nestedPaging: true })
    if (host().accelerator.name === 'tcg') expect(topology.kvm).toMatchObject({ kind: 'amd', virtualInterrupts: false })
  })

  it('what is done about weaknesses of the processor', () => {
    expect(topology.mitigations.map(({ name }) => name)).toEqual(expect.arrayContaining(['meltdown', 'spectre_v1', 'spectre_v2']))
    for (const { detail } of topology.mitigations) expect(detail).not.toBe('')
  })
})

describe('a card', () => {
  it('that is unplugged is no longer told of, and is again, with slot and serial number, once it is back', async () => {
    const { api, machine, patience } = host()
    const inSlot = async (slot: string) => {
      const { pci } = await api.call<HostTopology>('GET', '/v1/host/topology')
      return pci.find((device) => device.slot === slot) ?? null
    }
    const options = { timeoutMs: patience(10_000), intervalMs: 500, signal: machine.died }
    await machine.qmp.run('device_del', { id: 'card2' })
    await until('an empty slot', async () => (await inSlot('2')) === null, options)
    await until('the end of the device', () => machine.qmp.events.some(({ event }) => event === 'DEVICE_DELETED'), options)
    await machine.qmp.run('device_add', {
      ...{ driver: 'e1000e', id: 'card2', bus: 'slot2', netdev: 'card2', mac: '52:54:00:aa:00:02', romfile: '' },
    })
    const isBack = async () => (await inSlot('2'))?.driver === 'e1000e'
    await until('the card with its driver', isBack, options)
    expect(await inSlot('2')).toMatchObject({ serial: '52-54-00-ff-ff-aa-00-02', className: 'Ethernet controller', node: 1 })
  })
})

describe('what it tells', () => topologyContract(() => topology))

coreSchedulingOf(host)
