// Cores for one VM: whole, near to each other, one CPU for each vCPU.
import { describe, expect, it } from 'vitest'
import { coresOf, keptCpus, threadsPerCore } from '../../../control/src/plan/cpu-cores.ts'
import { assignVcpus, type Block, chooseCores } from '../../../control/src/plan/cpu-placement.ts'
import { TWO_NODES } from '../../fakes/topology.ts'

/** CPUs 0 and 4, 1 and 5 share the cores of node 0; 2 and 6, 3 and 7 those of node 1. */
const cores = coresOf(TWO_NODES)
const cpus = (chosen: ReturnType<typeof chooseCores>) => chosen?.flatMap((core) => core.cpus) ?? null
const anywhere = (vcpus: number): readonly Block[] => [{ vcpus, node: null }]

describe('cores', () => {
  it('are those that are online, with their threads', () => {
    const offline = TWO_NODES.cpus.map((cpu) => (cpu.id === 3 || cpu.id === 7 ? { ...cpu, online: false, siblings: [cpu.id] } : cpu))
    expect(coresOf({ cpus: offline }).map((core) => core.cpus)).toEqual([
      [0, 4],
      [1, 5],
      [2, 6],
    ])
    expect(threadsPerCore(cores)).toBe(2)
  })

  it('stay everybody’s for as much as the host keeps, a whole one at least', () => {
    expect([...keptCpus(cores, 0.25)]).toEqual([0, 4])
    expect([...keptCpus(cores, 3)]).toEqual([0, 4, 1, 5])
  })
})

describe('cores of one’s own', () => {
  it('are whole, so that nobody’s neighbour is felt', () => {
    expect(cpus(chooseCores(cores, anywhere(1)))).toEqual([0, 4])
    expect(cpus(chooseCores(cores, anywhere(3)))).toEqual([0, 4, 1, 5])
  })

  it('are of the node that fits best', () => {
    const without0 = cores.slice(1)
    expect(cpus(chooseCores(without0, anywhere(2)))).toEqual([1, 5])
    expect(cpus(chooseCores(without0, anywhere(3)))).toEqual([2, 6, 3, 7])
  })

  it('are of several nodes only when none is large enough', () => {
    expect(cpus(chooseCores(cores.slice(1), anywhere(5)))).toEqual([2, 6, 3, 7, 1, 5])
    expect(chooseCores(cores.slice(1), anywhere(7))).toBeNull()
  })

  it('are on the nodes of the guest’s nodes', () => {
    const blocks = [
      { vcpus: 2, node: 1 },
      { vcpus: 2, node: 0 },
    ]
    const chosen = chooseCores(cores, blocks)
    expect(cpus(chosen)).toEqual([2, 6, 0, 4])
    expect(assignVcpus(chosen ?? [], blocks)).toEqual([2, 6, 0, 4])
    expect(chooseCores(cores.slice(1), [{ vcpus: 3, node: 0 }])).toBeNull()
  })

  it('have one CPU for each vCPU', () => {
    expect(assignVcpus(cores.slice(1, 3), anywhere(3))).toEqual([1, 5, 2])
  })
})
