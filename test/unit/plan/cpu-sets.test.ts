// Who runs on which CPUs: what is somebody’s own is nobody else’s, and everybody is somewhere, on thousands of hosts.
import { describe, expect, it } from 'vitest'
import { type CpuPlan, type CpuSetInput, type CpuWish, planCpuSets } from '../../../control/src/plan/cpu-sets.ts'
import type { SetPool } from '../../../control/src/plan/pool-sets.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { TWO_NODES } from '../../fakes/topology.ts'

const wish = (id: string, values: Partial<CpuWish> = {}): CpuWish => ({
  ...{ id, pool: 'host', mode: 'shared', cpus: null, nodes: null, guestNodes: 1, vcpus: 2, reservedCores: 0 },
  ...values,
})
const pool = (name: string, values: Partial<SetPool> = {}): SetPool => ({
  ...{ name, parent: 'host', cpus: null, dedicated: false, nodes: null },
  ...values,
})
const plan = (wishes: readonly CpuWish[], values: Partial<CpuSetInput> = {}): CpuPlan =>
  planCpuSets({ topology: TWO_NODES, memoryNodes: [0, 1], reserveCores: 1, pools: [], current: new Map(), ...values, wishes })
const ALL = [0, 1, 2, 3, 4, 5, 6, 7]

describe('a VM', () => {
  it('that says nothing runs wherever its pool does', () => {
    expect(plan([wish('a')])).toMatchObject({ everybody: ALL, shortages: [] })
    expect(plan([wish('a')]).vms.get('a')).toEqual({ shared: ALL, vcpus: null, own: [], nodes: null })
  })

  it('that is pinned has one CPU for each vCPU, in turn', () => {
    const { vms } = plan([wish('a', { mode: 'pinned', cpus: [3, 6], vcpus: 3 })])
    expect(vms.get('a')).toMatchObject({ shared: [3, 6], vcpus: [[3], [6], [3]], own: [] })
  })

  it('with dedicated CPUs has whole cores that nobody else is on, and all else of it runs beside them on the same node', () => {
    const { vms, everybody } = plan([wish('a', { mode: 'dedicated', vcpus: 2 }), wish('b')])
    expect(vms.get('a')).toEqual({ shared: [0, 4], vcpus: [[1], [5]], own: [1, 5], nodes: [0] })
    expect([everybody, vms.get('b')?.shared]).toEqual([
      [0, 2, 3, 4, 6, 7],
      [0, 2, 3, 4, 6, 7],
    ])
  })

  it('keeps its CPUs whoever comes and goes', () => {
    const current = new Map([['b', [3, 7]]])
    const both = [wish('a', { mode: 'dedicated', nodes: [1] }), wish('b', { mode: 'dedicated' })]
    expect([...plan(both, { current }).vms.values()].map(({ own }) => own)).toEqual([
      [2, 6],
      [3, 7],
    ])
    // More than it wants now, or somebody else's by now: it is placed anew.
    const lost = new Map([['b', [2, 3, 6, 7]]])
    expect(plan([both[1] ?? wish('b')], { current: lost }).vms.get('b')?.own).toEqual([1, 5])
  })

  it('whose guest sees nodes has its vCPUs on them', () => {
    const nodes = { nodes: [1, 0], guestNodes: 2, vcpus: 4 }
    expect(plan([wish('a', nodes)]).vms.get('a')?.vcpus).toEqual([
      [2, 3, 6, 7],
      [2, 3, 6, 7],
      [0, 1, 4, 5],
      [0, 1, 4, 5],
    ])
    expect(plan([wish('a', { ...nodes, mode: 'dedicated' })]).vms.get('a')).toMatchObject({
      own: [1, 2, 5, 6],
      vcpus: [[2], [6], [1], [5]],
    })
  })

  it('that cannot have what it wants is told what there is', () => {
    const { shortages, vms } = plan([wish('a', { mode: 'dedicated', vcpus: 4 }), wish('b', { mode: 'dedicated', vcpus: 3 })])
    expect(shortages).toEqual([{ kind: 'dedicated', subject: { kind: 'vm', id: 'b' }, asked: 3, total: 8, kept: 2, taken: 4, free: 2 }])
    expect(vms.get('b')).toMatchObject({ shared: [0, 1, 4, 5], own: [] })
    expect(plan([wish('a', { cpus: [9] })]).shortages).toMatchObject([{ kind: 'nowhere', subject: { id: 'a' } }])
  })

  it('or a pool that names a node without memory is told which have some, and is where its pool is', () => {
    const { shortages, vms } = plan([wish('a', { nodes: [0, 7], pool: 'p' })], { pools: [pool('p', { nodes: [1, 5] })] })
    expect(shortages).toEqual([
      { kind: 'no-node', subject: { kind: 'pool', id: 'p' }, named: [1, 5], there: [0, 1] },
      { kind: 'no-node', subject: { kind: 'vm', id: 'a' }, named: [0, 7], there: [0, 1] },
    ])
    expect(vms.get('a')?.nodes).toEqual([1])
  })

  it('takes no CPU from one that has no other', () => {
    const { shortages } = plan([wish('a', { cpus: [3] }), wish('b', { mode: 'dedicated', cpus: [3, 7] })])
    expect(shortages).toMatchObject([{ kind: 'nowhere', subject: { id: 'a' }, asked: 1 }])
  })

  it('is not promised more of a few CPUs than they can do', () => {
    const held = (id: string) => wish(id, { cpus: [2, 3], reservedCores: 1.5 })
    expect(plan([held('a')]).shortages).toEqual([])
    expect(plan([held('a'), wish('b', { cpus: [2], reservedCores: 0.6 })]).shortages).toMatchObject([
      { kind: 'overdrawn', asked: 2.1, total: 2, kept: 0, free: 2 },
    ])
  })
})

describe('a pool', () => {
  it('has its VMs on its CPUs, or on those of its nodes', () => {
    const pools = [pool('a', { cpus: [2, 3] }), pool('b', { nodes: [0] })]
    const { vms } = plan([wish('x', { pool: 'a' }), wish('y', { pool: 'b' }), wish('z')], { pools })
    expect([...vms.values()].map(({ shared }) => shared)).toEqual([[2, 3], [0, 1, 4, 5], ALL])
    expect(vms.get('y')?.nodes).toEqual([0])
  })

  it('that is dedicated is alone on its CPUs, but for those that stay everybody’s', () => {
    const pools = [pool('a', { cpus: [0, 2, 6], dedicated: true }), pool('b', { parent: 'a' })]
    const { vms, everybody } = plan([wish('x', { pool: 'a' }), wish('y', { pool: 'b' }), wish('z')], { pools })
    expect([...vms.values()].map(({ shared }) => shared)).toEqual([
      [2, 6],
      [2, 6],
      [0, 1, 3, 4, 5, 7],
    ])
    expect(everybody).toEqual([0, 1, 3, 4, 5, 7])
  })

  it('whose CPUs are gone has its parent’s, and says so', () => {
    const { shortages, pools } = plan([], { pools: [pool('a', { cpus: [9] })] })
    expect([shortages[0]?.kind, pools.get('a')]).toEqual(['nowhere', ALL])
  })

  it('leaves something to everything else of its VMs with CPUs of their own', () => {
    const pools = [pool('a', { cpus: [2, 3, 6, 7], dedicated: true })]
    const all = plan([wish('x', { pool: 'a', mode: 'dedicated', vcpus: 4 })], { pools })
    expect(all.shortages).toMatchObject([{ kind: 'dedicated', free: 2 }])
    expect(plan([wish('x', { pool: 'a', mode: 'dedicated' })], { pools }).vms.get('x')).toMatchObject({ own: [3, 7], shared: [2, 6] })
  })
})

describe('whatever is wanted', () => {
  it('what is somebody’s own is nobody else’s, and everybody is somewhere', () => {
    const random = new FakeRandom(7)
    const below = (count: number) => random.below(count)
    const some = (of: readonly number[]) => of.filter(() => below(2) === 0)
    const orNull = (cpus: readonly number[]) => (cpus.length === 0 || below(2) === 0 ? null : cpus)
    for (let round = 0; round < 2_000; round++) {
      const pools = ['p', 'q', 'r'].slice(0, below(4)).map((name, index) =>
        pool(name, {
          parent: index > 0 && below(2) === 0 ? 'p' : 'host',
          cpus: orNull(some(ALL)),
          dedicated: below(2) === 0,
          nodes: orNull(some([0, 1])),
        }),
      )
      const wishes = Array.from({ length: below(7) }, (_, index) => {
        const mode = (['shared', 'pinned', 'dedicated'] as const)[below(3)] ?? 'shared'
        return wish(`vm${index}`, { pool: ['host', 'p', 'q', 'r'][below(4)] ?? 'host', mode, cpus: orNull(some(ALL)), vcpus: 1 + below(4) })
      })
      const reserveCores = below(3)
      const first = plan(wishes, { pools, reserveCores })
      checkPlan(first, wishes)
      // Whoever leaves moves nobody.
      const current = new Map([...first.vms].map(([id, { own }]) => [id, own]))
      const left = wishes.slice(1)
      const second = plan(left, { pools, reserveCores, current })
      checkPlan(second, left)
      for (const { id } of left) {
        const before = first.vms.get(id)?.own ?? []
        if (before.length > 0) expect(second.vms.get(id)?.own).toEqual(before)
      }
    }
  })
})

function checkPlan({ vms, everybody, shortages }: CpuPlan, wishes: readonly CpuWish[]): void {
  const owned = [...vms.values()].flatMap(({ own }) => own)
  expect(new Set(owned).size).toBe(owned.length)
  for (const { mode, id, vcpus } of wishes) {
    const place = vms.get(id)
    if (place === undefined) throw new Error(`${id} is nowhere`)
    for (const cpu of place.own) expect(everybody).not.toContain(cpu)
    const isLacking = shortages.some(({ subject }) => subject.id === id)
    if (!isLacking) expect(place.shared.length).toBeGreaterThan(0)
    for (const cpu of place.shared) expect(owned).not.toContain(cpu)
    if (mode === 'dedicated' && !isLacking) {
      expect(new Set(place.vcpus?.flat()).size).toBe(vcpus)
      for (const cpu of place.vcpus?.flat() ?? []) expect(place.own).toContain(cpu)
    }
  }
}
