// Control files of the host, pools and VMs: weights follow what each is entitled to, limits and protections are where they belong.
import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../../control/src/domain/host-resources.ts'
import type { ResourceGroup } from '../../../control/src/domain/resource-group.ts'
import type { CpuPlan } from '../../../control/src/plan/cpu-sets.ts'
import { type PoolShare, planGroups as planAll, poolGroup, type VmShare } from '../../../control/src/plan/resource-groups.ts'

const HOST: Capacity = {
  cores: 8,
  memoryMiB: 16_384,
  reserve: { cores: 1, memoryMiB: 1024 },
  overcommit: { memory: 1, vcpus: 8 },
  threadsPerCore: 2,
}
const MIB = 1_048_576

const vm = (id: string, rest: Partial<VmShare> = {}): VmShare => ({
  ...{ id, pool: 'host', vcpus: 8, cpu: { reservationCores: 0, limitCores: null, shares: 100 } },
  ...{ reservedMiB: 0, ceilingMiB: 600, hugeMiB: 0, pageKiB: null, oomScoreAdj: 500, processes: 136 },
  ...rest,
})
const cpu = (reservationCores: number, limitCores: number | null = null, shares = 100) => ({ reservationCores, limitCores, shares })
const pool = (name: string, rest: Partial<PoolShare> = {}): PoolShare => ({
  ...{ name, parent: 'host', cpu: cpu(0), memory: { reservationMiB: 0, limitMiB: null } },
  cpuSet: { cpus: null, dedicated: false },
  ...rest,
})

const cpuPlan = (rest: Partial<CpuPlan> = {}): CpuPlan => ({
  ...{
    present: [0, 1, 2, 3, 4, 5, 6, 7, 8],
    online: [0, 1, 2, 3, 4, 5, 6, 7],
    everybody: [0, 1, 2, 3, 4, 5, 6, 7],
    pools: new Map(),
    vms: new Map(),
    shortages: [],
  },
  ...rest,
})
const planGroups = (host: Capacity, pools: readonly PoolShare[], vms: readonly VmShare[], cpus = cpuPlan()) =>
  planAll(host, pools, vms, cpus)

function file(groups: readonly ResourceGroup[], end: string, name: string): string {
  const group = groups.find(({ path }) => path.endsWith(end))
  if (group === undefined) throw new Error(`no group ${end}`)
  return group.files[name] ?? `no ${name}`
}
const weight = (groups: readonly ResourceGroup[], end: string) => Number(file(groups, end, 'cpu.weight'))

describe('the top', () => {
  it('keeps the host its cores and its memory from everything that is a VM', () => {
    const groups = planGroups(HOST, [], [])
    expect(groups.map(({ path, files }) => [path.split('/').at(-1), files])).toEqual([
      ['corbel.host', { 'cpu.weight': '1429', 'memory.min': String(1024 * MIB), 'cpuset.cpus': '0-8' }],
      ['corbel.image', { 'cpu.weight': '500', 'memory.max': String(15_360 * MIB), 'cpuset.cpus': '0-8' }],
      [
        'corbel.vm',
        {
          ...{ 'cpu.weight': '10000', 'memory.max': String(15_360 * MIB), 'memory.min': '0' },
          'cpuset.cpus': '0-8',
          'cpuset.cpus.exclusive': '',
        },
      ],
    ])
  })
})

describe('CPUs of one’s own', () => {
  const place = { shared: [0, 4], vcpus: [[2], [6]], own: [2, 6], nodes: [0] }
  const everybody = [0, 1, 3, 4, 5, 7]
  const plan = cpuPlan({ everybody, pools: new Map([['a', [0, 1, 3, 4]]]), vms: new Map([['x', place]]) })
  const groups = planGroups(HOST, [pool('a')], [vm('x', { pool: 'a', vcpus: 2 }), vm('y', { pool: 'a', cpu: cpu(1) })], plan)

  it('are in a group within the VM’s, which the pools around it reach and nothing else does', () => {
    expect(groups.find(({ path }) => path.endsWith('/x/vcpus'))).toEqual({
      ...{ path: '/sys/fs/cgroup/corbel.vm/pool.a/x/vcpus', kind: 'vcpus' },
      files: { 'cpu.weight': '1', 'cpuset.cpus': '2,6', 'cpuset.cpus.exclusive': '2,6', 'cpuset.cpus.partition': 'isolated' },
    })
    expect(['corbel.vm', 'pool.a', '/x'].map((end) => file(groups, end, 'cpuset.cpus.exclusive'))).toEqual(['2,6', '2,6', '2,6'])
    expect(['corbel.host', 'corbel.image', 'pool.a', '/x'].map((end) => file(groups, end, 'cpuset.cpus'))).toEqual([
      ...['0-1,3-5,7', '0-1,3-5,7', '0-4,6', '0,2,4,6'],
    ])
  })

  it('are not among those that the others divide, and what little their VM has there is beside them', () => {
    // 8 cores without 2 and the host's one: of 5, half of one for the VM's other threads at most.
    expect([weight(groups, '/x'), weight(groups, '/y')]).toEqual([1111, 10_000])
    expect(weight(groups, 'corbel.host') / weight(groups, 'corbel.vm')).toBeCloseTo(1 / 5, 3)
  })

  it('of a pool leave what is in it to its VMs alone', () => {
    const walled = pool('w', { cpuSet: { cpus: '2,6', dedicated: true } })
    const all = planGroups(HOST, [walled], [vm('x', { pool: 'w' }), vm('y')], cpuPlan({ everybody, pools: new Map([['w', [2, 6]]]) }))
    expect(file(all, 'pool.w', 'cpuset.cpus')).toBe('2,6')
    expect([weight(all, 'pool.w'), weight(all, '/y'), weight(all, '/x')]).toEqual([1111, 10_000, 10_000])
  })
})

describe('huge pages', () => {
  it('are no VM’s but those that it asked for, and the memory they take is nobody else’s', () => {
    const groups = planGroups(HOST, [], [vm('x', { hugeMiB: 512, pageKiB: 2048 }), vm('y')])
    const limits = (end: string) => ['2MB', '1GB'].map((size) => file(groups, end, `hugetlb.${size}.rsvd.max`))
    expect([limits('/x'), limits('/y')]).toEqual([
      [String(512 * MIB), '0'],
      ['0', '0'],
    ])
    expect(file(groups, 'corbel.vm', 'memory.max')).toBe(String((15_360 - 512) * MIB))
  })
})

describe('VMs', () => {
  it('have weights by what is promised to each, and of the rest by shares', () => {
    const groups = planGroups(HOST, [], [vm('a', { cpu: cpu(4) }), vm('b', { cpu: cpu(0, null, 200) }), vm('c')])
    // 7 cores: 4 are promised, 3 divided 1 : 2 : 1.
    expect([weight(groups, '/a'), weight(groups, '/b'), weight(groups, '/c')]).toEqual([10_000, 3158, 1579])
  })

  it('count for no more than they have vCPUs or may use', () => {
    const groups = planGroups(HOST, [], [vm('a', { vcpus: 1, cpu: cpu(0, null, 10_000) }), vm('b', { cpu: cpu(0, 2) }), vm('c')])
    expect([weight(groups, '/a'), weight(groups, '/b'), weight(groups, '/c')]).toEqual([2500, 5000, 10_000])
    expect([file(groups, '/a', 'cpu.max'), file(groups, '/b', 'cpu.max')]).toEqual(['max 100000', '200000 100000'])
  })

  it('end alone and whole when they take more memory than anything explains', () => {
    const groups = planGroups(HOST, [], [vm('a', { ceilingMiB: 700, reservedMiB: 300 })])
    expect(groups.at(-1)).toMatchObject({
      kind: 'vm',
      files: { 'memory.max': String(700 * MIB), 'memory.min': String(300 * MIB), 'memory.oom.group': '1', 'pids.max': '136' },
    })
    expect(file(groups, 'corbel.vm', 'memory.min')).toBe(String(300 * MIB))
  })

  it('of a pool that is not there are in the host’s', () => {
    expect(planGroups(HOST, [], [vm('a', { pool: 'gone' })]).at(-1)?.path).toBe('/sys/fs/cgroup/corbel.vm/a')
  })
})

describe('pools', () => {
  const pools = [
    pool('a', { cpu: cpu(4, 6), memory: { reservationMiB: 2048, limitMiB: 4096 } }),
    pool('inner', { parent: 'a', cpu: cpu(1), memory: { reservationMiB: 3000, limitMiB: null } }),
    pool('idle', { cpu: cpu(2) }),
  ]

  it('are groups in one another, each before what is in it', () => {
    const paths = planGroups(HOST, pools, [vm('x', { pool: 'inner' }), vm('y')]).map(({ path }) => path.replace('/sys/fs/cgroup/', ''))
    expect(paths.slice(3)).toEqual([
      ...['corbel.vm/pool.a', 'corbel.vm/pool.a/pool.inner', 'corbel.vm/pool.a/pool.inner/x', 'corbel.vm/pool.idle', 'corbel.vm/y'],
    ])
    expect(poolGroup('inner', pools)).toBe('/sys/fs/cgroup/corbel.vm/pool.a/pool.inner')
    expect(poolGroup('host', pools)).toBe('/sys/fs/cgroup/corbel.vm')
  })

  it('weigh what their VMs can use, and nothing where none runs', () => {
    const groups = planGroups(HOST, pools, [vm('x', { pool: 'inner' }), vm('y')])
    // 7 cores: 4 are the pool's; of the other 3 it gets 1.5, within its limit of 6.
    expect([weight(groups, 'pool.a'), weight(groups, '/y'), weight(groups, 'pool.idle')]).toEqual([10_000, 2727, 1])
    expect(file(groups, 'pool.a', 'cpu.max')).toBe('600000 100000')
  })

  it('protect what is reserved in them, also beyond their own', () => {
    const groups = planGroups(HOST, pools, [])
    expect(['pool.a', 'pool.inner', 'corbel.vm'].map((end) => file(groups, end, 'memory.min'))).toEqual(
      [3000, 3000, 3000].map((mib) => String(mib * MIB)),
    )
    expect(file(groups, 'pool.a', 'memory.max')).toBe(String(4096 * MIB))
    expect(file(groups, 'pool.inner', 'memory.max')).toBe('max')
  })

  it('that name each other end somewhere', () => {
    expect(poolGroup('x', [pool('x', { parent: 'y' }), pool('y', { parent: 'x' })])).toBe('/sys/fs/cgroup/corbel.vm/pool.y/pool.x')
  })
})
