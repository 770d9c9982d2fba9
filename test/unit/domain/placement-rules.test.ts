// Rules of where a VM is: each broken alone, with its code.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { checkPlacementRules } from '../../../control/src/domain/placement-rules.ts'
import { vmSpecSchema } from '../../../control/src/domain/vm.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const codes = (values: object) => checkPlacementRules({ ...spec(ID, { name: 'a' }), ...values }).map(({ code }) => code)
const socketed = { vcpus: 4, topology: { sockets: 1, cores: 4, threads: 1 } }

describe('where a VM is', () => {
  it.each<[string, object, readonly string[]]>([
    ['is anywhere by default', {}, []],
    ['needs the CPUs to pin to', { cpuPlacement: { mode: 'pinned', cpus: null } }, ['vm.cpuPlacement.cpus-missing']],
    ['may be any CPUs of its own', { cpuPlacement: { mode: 'dedicated', cpus: null } }, []],
    ['shows as many nodes as there are', { guestNumaNodes: 2, numaNodes: [0], vcpus: 2 }, ['vm.guestNumaNodes.not-as-host']],
    ['shows none by default, on however many it is', { numaNodes: [0, 1] }, []],
    ['divides the vCPUs that there can be', { guestNumaNodes: 2, numaNodes: [0, 1], vcpus: 2, maxVcpus: 3 }, ['vm.guestNumaNodes.vcpus']],
    ['divides no socket', { guestNumaNodes: 2, numaNodes: [0, 1], ...socketed }, ['vm.guestNumaNodes.sockets']],
    ['divides the memory', { guestNumaNodes: 2, numaNodes: [0, 1], vcpus: 2, memoryMiB: 513 }, ['vm.guestNumaNodes.memory']],
    ['is whole pages', { hugePages: '2MiB', memoryMiB: 513 }, ['vm.hugePages.uneven']],
    [
      'is whole pages on each node',
      { hugePages: '1GiB', memoryMiB: 3072, guestNumaNodes: 2, numaNodes: [0, 1], vcpus: 2 },
      ['vm.hugePages.uneven'],
    ],
    [
      'stays as it is with huge pages',
      { hugePages: '2MiB', maxMemoryMiB: 1024, memoryTargetMiB: 256 },
      ['vm.hugePages.hot-memory', 'vm.hugePages.balloon'],
    ],
  ])('%s', (_, values, expected) => {
    expect(codes(values)).toEqual(expected)
  })

  it.each([
    ['cpuPlacement', { cpus: '3-1' }, 'vm.cpuPlacement.cpus.malformed'],
    ['cpuPlacement', { cpus: '' }, 'vm.cpuPlacement.cpus.malformed'],
    ['cpuPlacement', { mode: 'mine' }, 'vm.cpuPlacement.mode.not-allowed'],
    ['numaNodes', [1, 1], 'vm.numaNodes.duplicate'],
    ['numaNodes', [], 'vm.numaNodes.too-few'],
    ['hugePages', '4MiB', 'vm.hugePages.not-allowed'],
  ])('is refused as %s %j', (name, value, code) => {
    const checked = check(vmSpecSchema, { name: 'a', [name]: value }, 'vm')
    expect(checked.ok ? [] : checked.problems.map((problem) => problem.code)).toEqual([code])
  })
})
