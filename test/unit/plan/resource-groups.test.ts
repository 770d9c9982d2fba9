// Control files of the host, pools and VMs: weights follow what each is entitled to, limits and protections are where they belong.
import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../../control/src/domain/host-resources.ts'
import type { ResourceGroup } from '../../../control/src/domain/resource-group.ts'
import { type PoolShare, planGroups, poolGroup, type VmShare } from '../../../control/src/plan/resource-groups.ts'

const HOST: Capacity = { cores: 8, memoryMiB: 16_384, reserve: { cores: 1, memoryMiB: 1024 }, overcommit: { memory: 1, vcpus: 8 } }
const MIB = 1_048_576

const vm = (id: string, rest: Partial<VmShare> = {}): VmShare => ({
  ...{ id, pool: 'host', vcpus: 8, cpu: { reservationCores: 0, limitCores: null, shares: 100 }, reservedMiB: 0, ceilingMiB: 600 },
  ...rest,
})
const cpu = (reservationCores: number, limitCores: number | null = null, shares = 100) => ({ reservationCores, limitCores, shares })
const pool = (name: string, rest: Partial<PoolShare> = {}): PoolShare => ({
  ...{ name, parent: 'host', cpu: cpu(0), memory: { reservationMiB: 0, limitMiB: null } },
  ...rest,
})

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
      ['corbel.host', { 'cpu.weight': '1429', 'memory.min': String(1024 * MIB) }],
      ['corbel.image', { 'cpu.weight': '500', 'memory.max': String(15_360 * MIB) }],
      ['corbel.vm', { 'cpu.weight': '10000', 'memory.max': String(15_360 * MIB), 'memory.min': '0' }],
    ])
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
      files: { 'memory.max': String(700 * MIB), 'memory.min': String(300 * MIB), 'memory.oom.group': '1', 'pids.max': '1024' },
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
