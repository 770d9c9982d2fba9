// What is read of machines that are made up in a folder, and of the one that this runs on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHostTopology } from '../../control/src/adapters/host-topology.ts'
import type { HostTopology } from '../../control/src/domain/topology.ts'
import { topologyContract } from '../contract/topology.contract.ts'
import { CPU, NODE, pciTree, readMachine, type Tree, TWO_SOCKETS } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))
const read = (...trees: readonly Tree[]) => readMachine(root, ...trees)

describe('KVM', () => {
  it.each<[string, Tree, HostTopology['kvm']]>([
    [
      'on Intel',
      {
        'dev/kvm': '',
        'sys/module/kvm_intel/parameters/ept': 'Y\n',
        'sys/module/kvm_intel/parameters/nested': 'N\n',
        'sys/module/kvm_intel/parameters/enable_apicv': 'Y\n',
      },
      { available: true, kind: 'intel', nestedPaging: true, nested: false, virtualInterrupts: true },
    ],
    [
      'on AMD, whose nesting is a number',
      {
        'dev/kvm': '',
        'sys/module/kvm_amd/parameters/npt': 'Y\n',
        'sys/module/kvm_amd/parameters/nested': '1\n',
        'sys/module/kvm_amd/parameters/avic': 'N\n',
      },
      { available: true, kind: 'amd', nestedPaging: true, nested: true, virtualInterrupts: false },
    ],
    [
      'whose module says nothing',
      { 'sys/module/kvm_amd/uevent': '' },
      { available: false, kind: 'amd', nestedPaging: null, nested: null, virtualInterrupts: null },
    ],
    ['that is not there', {}, { available: false, kind: null, nestedPaging: null, nested: null, virtualInterrupts: null }],
  ])('%s', (_name, tree, kvm) => {
    expect(read(CPU, NODE, tree).kvm).toEqual(kvm)
  })
})

describe('weaknesses of the processor', () => {
  it('are told by name', () => {
    const folder = 'sys/devices/system/cpu/vulnerabilities'
    expect(read(CPU, NODE, { [`${folder}/mds`]: 'Vulnerable\n', [`${folder}/l1tf`]: 'Not affected\n' }).mitigations).toEqual([
      { name: 'l1tf', state: 'not-affected', detail: 'Not affected' },
      { name: 'mds', state: 'vulnerable', detail: 'Vulnerable' },
    ])
  })
})

describe('a machine that tells', () => {
  it('nothing gives an empty account', () => {
    expect(read()).toMatchObject({
      cpus: [],
      nodes: [{ id: 0, cpus: [], memoryMiB: 0 }],
      caches: [],
      hugepages: [],
      pci: [],
      mitigations: [],
    })
  })

  it('nonsense gives what sense there is', () => {
    const folder = 'sys/devices/system'
    const { cpus, nodes, caches, hugepages } = read(CPU, NODE, {
      [`${folder}/cpu/cpufreq/boost`]: '1\n',
      [`${folder}/cpu/cpu9000/online`]: '1\n',
      [`${folder}/cpu/cpu0/topology/thread_siblings_list`]: 'ff\n',
      [`${folder}/cpu/cpu0/topology/core_id`]: '-1\n',
      [`${folder}/cpu/cpu0/cache/index0/level`]: '1\n',
      [`${folder}/node/node0/cpulist`]: 'all\n',
      [`${folder}/node/node0/meminfo`]: new Uint8Array([0xff, 0xfe]),
      [`${folder}/node/node0/distance`]: '\n',
      [`${folder}/node/node0/hugepages/hugepages-2048kB/nr_hugepages`]: 'many\n',
    })
    expect(cpus).toEqual([{ id: 0, online: true, socket: 0, die: 0, core: null, node: 0, siblings: [0] }])
    expect(nodes).toEqual([{ id: 0, cpus: [], memoryMiB: 0, distances: [] }])
    expect([caches, hugepages]).toEqual([[], []])
  })
})

describe('the machine of two sockets', () => {
  topologyContract(() => read(TWO_SOCKETS, pciTree('0000:00:02.0', { class: '0x020000\n' })))
})

describe('the machine that this runs on', () => topologyContract(createHostTopology()))
