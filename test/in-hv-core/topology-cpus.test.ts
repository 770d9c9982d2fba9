// Processors, caches and memory as they are read of machines that are made up in a folder.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHostTopology } from '../../control/src/adapters/host-topology.ts'
import { at, cpuTree, makeTree, NODE, nodeTree, readMachine, type Tree, TWO_SOCKETS } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))
const read = (...trees: readonly Tree[]) => readMachine(root, ...trees)

describe('processors', () => {
  it('of two sockets with two threads a core are told', () => {
    const { cpus, nodes, caches } = read(TWO_SOCKETS)
    expect(cpus[6]).toEqual({ id: 6, online: true, socket: 1, die: 0, core: 0, node: 1, siblings: [2, 6] })
    expect(nodes).toEqual([
      { id: 0, cpus: [0, 1, 4, 5], memoryMiB: 128_799, distances: [10, 21] },
      { id: 1, cpus: [2, 3, 6, 7], memoryMiB: 129_022, distances: [21, 10] },
    ])
    // Four cores with three caches each, and one of either socket.
    expect(caches.length).toBe(14)
    expect(caches.slice(-2)).toEqual([
      { level: 3, kind: 'unified', sizeKiB: 22_528, cpus: [0, 1, 4, 5] },
      { level: 3, kind: 'unified', sizeKiB: 22_528, cpus: [2, 3, 6, 7] },
    ])
  })

  it('of one socket with two dies, each with a cache of its own, are told', () => {
    const dies = [0, 1, 2, 3].map((id) => {
      const die = id >> 1
      return { id, node: 0, place: at(0, die, id, `${id}`), caches: [`3 Unified 32768K ${die === 0 ? '0-1' : '2-3'}`] }
    })
    const { cpus, caches } = read(cpuTree(dies), NODE)
    expect(cpus.map(({ socket, die, core }) => [socket, die, core])).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 1, 2],
      [0, 1, 3],
    ])
    expect(caches.map((cache) => cache.cpus)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('of two kinds are told: fast ones with two threads, slow ones with one that share a cache', () => {
    const fast = [0, 1].map((id) => ({ id, node: 0, place: at(0, 0, 0, '0-1'), caches: ['2 Unified 1280K 0-1'] }))
    const slow = [2, 3, 4, 5].map((id) => ({ id, node: 0, place: at(0, 0, 2 * id, `${id}`), caches: ['2 Unified 2M 2-5'] }))
    const { cpus, caches } = read(cpuTree([...fast, ...slow]), NODE)
    expect(cpus.map(({ siblings }) => siblings)).toEqual([[0, 1], [0, 1], [2], [3], [4], [5]])
    expect(caches).toEqual([
      { level: 2, kind: 'unified', sizeKiB: 1280, cpus: [0, 1] },
      { level: 2, kind: 'unified', sizeKiB: 2048, cpus: [2, 3, 4, 5] },
    ])
  })

  it('that are offline are there, with nothing known of them but their node', () => {
    const { cpus } = read(
      cpuTree([
        { id: 0, node: 0, place: at(0, 0, 0, '0') },
        { id: 1, node: 0, place: null },
      ]),
      NODE,
    )
    expect(cpus[1]).toEqual({ id: 1, online: false, socket: null, die: null, core: null, node: 0, siblings: [1] })
  })

  it('go offline and come back while the program runs', () => {
    const topology = () => observe().cpus.map(({ online, siblings }) => [online, siblings])
    const smt = (second: boolean): Tree =>
      cpuTree([
        { id: 0, node: 0, place: at(0, 0, 0, second ? '0-1' : '0') },
        { id: 1, node: 0, place: second ? at(0, 0, 0, '0-1') : null },
      ])
    makeTree(root, { ...smt(true), ...NODE })
    const observe = createHostTopology(root)
    expect(topology()).toEqual([
      [true, [0, 1]],
      [true, [0, 1]],
    ])
    removeDirectory(`${root}/sys/devices/system/cpu/cpu1`)
    makeTree(root, smt(false))
    expect(topology()).toEqual([
      [true, [0]],
      [false, [1]],
    ])
  })

  it('are not read again as long as nothing has changed', () => {
    makeTree(root, TWO_SOCKETS)
    const observe = createHostTopology(root)
    const first = observe()
    expect(observe().cpus === first.cpus).toBe(true)
    expect(observe().pci === first.pci).toBe(true)
  })
})

describe('memory', () => {
  it('in nodes without CPUs, and CPUs in nodes without memory, are told', () => {
    const { cpus, nodes, hugepages } = read(
      cpuTree([
        { id: 0, node: 0, place: at(0, 0, 0, '0') },
        { id: 1, node: 1, place: at(1, 0, 0, '1') },
      ]),
      nodeTree({
        0: { cpus: '0', memoryKiB: 4_194_304, distances: '10 20 40', hugepages: { 2048: [8, 8] } },
        1: { cpus: '1', memoryKiB: 0, distances: '20 10 40' },
        4: { cpus: '', memoryKiB: 8_388_608, distances: '40 40 10', hugepages: { 2048: [0, 0] } },
      }),
    )
    expect(cpus.map(({ node }) => node)).toEqual([0, 1])
    expect(nodes).toEqual([
      { id: 0, cpus: [0], memoryMiB: 4096, distances: [10, 20, 40] },
      { id: 1, cpus: [1], memoryMiB: 0, distances: [20, 10, 40] },
      { id: 4, cpus: [], memoryMiB: 8192, distances: [40, 40, 10] },
    ])
    expect(hugepages).toEqual([
      {
        sizeKiB: 2048,
        perNode: [
          { node: 0, total: 8, free: 8 },
          { node: 4, total: 0, free: 0 },
        ],
      },
    ])
  })

  it('of a kernel without NUMA is one node', () => {
    const { nodes, hugepages } = read(
      cpuTree([
        { id: 0, place: at(0, 0, 0, '0') },
        { id: 1, place: null },
      ]),
      {
        'proc/meminfo': 'MemTotal:        2097152 kB\nMemAvailable:    1048576 kB\n',
        'sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '2\n',
        'sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '1\n',
      },
    )
    expect(nodes).toEqual([{ id: 0, cpus: [0], memoryMiB: 2048, distances: [10] }])
    expect(hugepages).toEqual([{ sizeKiB: 2048, perNode: [{ node: 0, total: 2, free: 1 }] }])
  })

  it('has its huge pages counted each time', () => {
    makeTree(root, TWO_SOCKETS)
    const observe = createHostTopology(root)
    expect(observe().hugepages.map(({ sizeKiB, perNode }) => [sizeKiB, perNode[0]?.free])).toEqual([
      [2048, 500],
      [1_048_576, 0],
    ])
    makeTree(root, { 'sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages': '7\n' })
    expect(observe().hugepages[0]?.perNode[0]).toEqual({ node: 0, total: 512, free: 7 })
  })
})
