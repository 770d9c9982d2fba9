// CPUs and pages in use: who has some for itself keeps them, from start to end and across a restart of controld, and all others are elsewhere.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { poolDraft } from './pool-draft.ts'
import { refusalOf } from './refused.ts'

const BY = 'operator'
const NOW = { dryRun: false, by: BY }
const fromKernel = { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }
const VM_GROUP = '/sys/fs/cgroup/corbel.vm'
const dedicated = (rest: object = {}) => ({ vcpus: 2, cpuPlacement: { mode: 'dedicated', ...rest } })

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  // 8 threads of 4 cores, of which 1 is kept.
  world.host.facts = { ...world.host.facts, cpu: { ...world.host.facts.cpu, threads: 8 } }
  app = await world.boot()
})

const pass = () => world.clock.advance(0)
const makeVm = (name: string, spec: object = {}) => app.vms.create(draft(name, { ...fromKernel, ...spec }), NOW).id
const fileOf = (path: string, name: string) => world.resourceGroups.files.get(path)?.[name]
const own = (id: string) => fileOf(`${VM_GROUP}/${id}/vcpus`, 'cpuset.cpus')
const placed = (id: string) => world.resourceGroups.placed.get(app.vms.get(id).status.pid ?? 0)
const change = async (id: string, patch: object) => {
  app.vms.patch(id, patch, () => true, NOW)
  await pass()
}

async function running(name: string, spec: object = {}): Promise<string> {
  const id = makeVm(name, spec)
  app.power.powerOn(id, BY)
  await pass()
  expect(app.vms.get(id).status.powerState).toBe('running')
  return id
}

describe('CPUs of one’s own', () => {
  it('are the VM’s from its start to its end, and nobody else’s', async () => {
    const id = await running('a', dedicated())
    expect(own(id)).toBe('1,5')
    expect(placed(id)).toMatchObject({ group: `${VM_GROUP}/${id}`, apart: true, cpus: [[1], [5]] })
    expect(fileOf('/sys/fs/cgroup/corbel.host', 'cpuset.cpus')).toBe('0,2-4,6-7')
    expect(world.resourceGroups.steered).toEqual([0, 2, 3, 4, 6, 7])
    expect(app.resources.view().cpus.vms).toEqual([{ id, name: 'a', shared: '0,4', own: '1,5', vcpus: ['1', '5'], nodes: [0] }])
    app.power.powerOff(id, BY)
    await pass()
    expect([own(id), fileOf('/sys/fs/cgroup/corbel.host', 'cpuset.cpus')]).toEqual([undefined, '0-7'])
    expect(world.resourceGroups.steered).toHaveLength(8)
  })

  it('are the same after a restart of controld, whoever would come first now', async () => {
    const first = await running('a', dedicated())
    const second = await running('b', dedicated())
    app.power.powerOff(first, BY)
    await pass()
    app = await world.boot()
    expect(own(second)).toBe('2,6')
  })

  it('are given and taken while the VM runs', async () => {
    const id = await running('a', { vcpus: 2 })
    expect([own(id), placed(id)?.cpus]).toEqual([undefined, null])
    await change(id, dedicated({ cpus: '3,7' }))
    expect([own(id), placed(id)?.cpus, app.vms.get(id).status.pending]).toEqual(['3,7', [[3], [7]], []])
    await change(id, { cpuPlacement: { mode: 'pinned', cpus: '2,3' } })
    expect([own(id), placed(id)]).toMatchObject([undefined, { apart: false, cpus: [[2], [3]] }])
    await change(id, { cpuPlacement: null })
    expect(placed(id)).toMatchObject({ apart: false, cpus: null })
  })

  it('are refused with the arithmetic where there are not enough, and then nothing has changed', async () => {
    const a = await running('a', dedicated())
    const b = await running('b', { vcpus: 4 })
    const five = makeVm('c', { ...dedicated(), vcpus: 5 })
    expect(refusalOf(() => app.power.powerOn(five, BY))).toMatchObject({ code: 'admission.cpu-reservation' })
    const here = makeVm('d', dedicated({ cpus: '0-1,4-5' }))
    expect(refusalOf(() => app.power.powerOn(here, BY))).toMatchObject({
      code: 'admission.dedicated-cpus',
      problems: [{ field: 'cpuPlacement', got: 2, max: 0 }],
    })
    expect(refusalOf(() => app.vms.patch(b, { cpuPlacement: { mode: 'dedicated', cpus: '2-3' } }, () => true, NOW)).code).toBe(
      'admission.dedicated-cpus',
    )
    expect([own(a), own(b)]).toEqual(['1,5', undefined])
  })

  it('are there from the start for vCPUs that are added live, which are put on them', async () => {
    const id = await running('a', { ...dedicated(), vcpus: 1, maxVcpus: 3 })
    expect(own(id)).toBe('2-3,6-7')
    world.resourceGroups.placed.clear()
    await change(id, { vcpus: 2 })
    expect(placed(id)).toMatchObject({ apart: true, cpus: [[2], [6], [3]] })
  })
})

describe('a NUMA node that the host lacks', () => {
  it('is refused to a VM at its start and to a pool at once, with those that there are', async () => {
    const problems = [{ code: 'admission.numa-nodes', field: 'numaNodes', allowed: ['0', '1'] }]
    const id = makeVm('a', { numaNodes: [7] })
    expect(refusalOf(() => app.power.powerOn(id, BY))).toMatchObject({ problems })
    expect(refusalOf(() => app.pools.create(poolDraft('far', { numaNodes: [7] }), NOW))).toMatchObject({ problems })
    await change(id, { numaNodes: [1] })
    app.power.powerOn(id, BY)
    await pass()
    expect(app.vms.get(id).status.powerState).toBe('running')
  })
})

describe('a pool that is to be alone', () => {
  it('says on which CPUs, also where it is only asked what would be', () => {
    const spec = poolDraft('gold', { cpuSet: { cpus: null, dedicated: true } })
    const problems = [{ code: 'pool.cpuSet.cpus-missing', field: 'cpuSet.cpus' }]
    expect(refusalOf(() => app.pools.create(spec, NOW))).toMatchObject({ problems })
    expect(app.whatIf([{ do: 'make-pool', spec }]).steps).toMatchObject([{ outcome: 'refused', problems }])
  })
})

describe('huge pages', () => {
  it('are set aside when the VM starts and given back when it has ended', async () => {
    const id = await running('a', { memoryMiB: 1024, hugePages: '2MiB', numaNodes: [1] })
    expect(world.hugePages.aside).toEqual([{ sizeKiB: 2048, node: 1, pages: 512, found: 512 }])
    expect(fileOf(`${VM_GROUP}/${id}`, 'hugetlb.2MB.rsvd.max')).toBe(String(1024 * 1_048_576))
    app.power.powerOff(id, BY)
    await pass()
    expect(world.hugePages.aside).toEqual([])
  })

  it('that cannot be had are told, and nothing is begun', async () => {
    world.hugePages.most = 100
    const id = makeVm('a', { memoryMiB: 1024, hugePages: '2MiB' })
    expect(refusalOf(() => app.power.powerOn(id, BY))).toMatchObject({
      code: 'admission.huge-pages',
      problems: [{ field: 'hugePages', got: 256, max: 100 }, { got: 256 }],
    })
    expect([app.tasks.list(), world.hugePages.aside]).toEqual([[], []])
    // Asked for the same again, the host looks again.
    world.hugePages.most = 1000
    app.power.powerOn(id, BY)
    await pass()
    expect(app.vms.get(id).status.powerState).toBe('running')
  })
})
