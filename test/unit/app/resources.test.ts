// Pools and admission in use: what is promised is kept from others, what does not fit is told, and groups follow what runs.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { check } from '../../../control/src/domain/check.ts'
import { type PoolSpec, poolSpecSchema } from '../../../control/src/domain/pool.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { refusalOf } from './refused.ts'

const BY = 'operator'
const NOW = { dryRun: false, by: BY }
const fromKernel = { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }
const VM_GROUP = '/sys/fs/cgroup/corbel.vm'

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  // 4 threads of which 1 is kept, 16 GiB of which 847 MiB are.
  world.host.facts = { ...world.host.facts, memoryMiB: 16_384 }
  app = await world.boot()
})

const pass = () => world.clock.advance(0)
const any = () => true

function pool(spec: Partial<PoolSpec> & { readonly name: string }): PoolSpec {
  const checked = check(poolSpecSchema, spec, 'pool')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.value
}
const makePool = (spec: object) => app.pools.create(pool(spec as PoolSpec), NOW)
const makeVm = (name: string, spec: object = {}) => app.vms.create(draft(name, { ...fromKernel, ...spec }), NOW).id

async function running(name: string, spec: object = {}): Promise<string> {
  const id = makeVm(name, spec)
  app.power.powerOn(id, BY)
  await pass()
  expect(app.vms.get(id).status.powerState).toBe('running')
  return id
}

const fileOf = (path: string, name: string) => world.resourceGroups.files.get(`${VM_GROUP}${path}`)?.[name]
const cores = (reservationCores: number, rest: object = {}) => ({ vcpus: 4, cpuAllocation: { reservationCores, ...rest } })

describe('a power-on', () => {
  it('that does not fit beside what was promised is refused with the arithmetic, and nothing is begun', async () => {
    await running('a', cores(2))
    const b = makeVm('b', cores(2))
    expect(refusalOf(() => app.power.powerOn(b, BY))).toMatchObject({
      ...{ kind: 'conflict', code: 'admission.cpu-reservation' },
      message: 'b does not fit: 2 cores reserved are asked of the host, which has 4, 1 kept for itself, 2 given out and 1 left.',
      problems: [{ field: 'cpuAllocation.reservationCores', got: 2, max: 1 }],
    })
    expect(app.vms.get(b).status.powerState).toBe('off')
    expect(app.tasks.list()).toHaveLength(1)
  })

  it('that is only tried tells what it would be given, or is refused as it would be, and nothing is done', async () => {
    await running('a', cores(2))
    const [b, c] = [makeVm('b', cores(2)), makeVm('c', { memoryMiB: 512, memoryAllocation: { reservationMiB: 256 } })]
    expect(refusalOf(() => app.power.tryPowerOn(b)).code).toBe('admission.cpu-reservation')
    expect(app.power.tryPowerOn(c)).toEqual({ pool: 'host', vcpus: 1, memoryMiB: 584, reservedCores: 0, reservedMiB: 328 })
    expect([app.vms.get(c).status.powerState, app.tasks.list().length]).toEqual(['off', 1])
  })

  it('counts from when it is begun, and no more when it has failed', async () => {
    const [a, b] = [makeVm('a', { memoryMiB: 8192 }), makeVm('b', { memoryMiB: 8192 })]
    world.vmHost.failNextLaunch = new FakeFailure('host.ENOENT')
    app.power.powerOn(a, BY)
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
    await pass()
    expect(app.tasks.list()[0]?.state).toBe('failed')
    app.power.powerOn(b, BY)
    await pass()
    expect(app.vms.get(b).status.powerState).toBe('running')
  })

  it('is possible again when another VM has ended', async () => {
    const a = await running('a', { memoryMiB: 12_000 })
    const b = makeVm('b', { memoryMiB: 12_000 })
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
    app.power.powerOff(a, BY)
    await pass()
    app.power.powerOn(b, BY)
  })
})

describe('groups', () => {
  it('are where their pools are, and weigh what each VM is entitled to', async () => {
    makePool({ name: 'gold', cpu: { reservationCores: 2 } })
    const a = await running('a', { ...cores(0), pool: 'gold' })
    const b = await running('b', cores(0))
    const plan = world.vmHost.launches.find(({ vmId }) => vmId === a)?.plan
    expect(plan?.find(({ kind }) => kind === 'make-cgroup')).toMatchObject({
      path: `${VM_GROUP}/pool.gold/${a}`,
      files: { 'pids.max': '132' },
    })
    // Of 3 cores 2 are gold's; the third is divided.
    expect([fileOf('/pool.gold', 'cpu.weight'), fileOf(`/${b}`, 'cpu.weight')]).toEqual(['10000', '2000'])
    app.power.powerOff(b, BY)
    await pass()
    expect(fileOf('/pool.gold', 'cpu.weight')).toBe('10000')
  })

  it('follow a change of a running VM at once', async () => {
    const a = await running('a', cores(0))
    await running('b', cores(0))
    app.vms.patch(a, { cpuAllocation: { shares: 300, limitCores: 1.5 } }, any, NOW)
    expect([fileOf(`/${a}`, 'cpu.max'), app.vms.get(a).status.pending]).toEqual(['150000 100000', []])
    expect(Number(fileOf(`/${a}`, 'cpu.weight'))).toBe(10_000)
  })

  it('say of a VM how soon it is given up when memory is at an end: at its start, and when its priority is changed', async () => {
    const a = await running('a', { priority: 'high' })
    const plan = world.vmHost.launches.find(({ vmId }) => vmId === a)?.plan
    expect(plan?.find(({ kind }) => kind === 'start-process')).toMatchObject({ oomScoreAdj: 200 })
    app.vms.patch(a, { priority: 'low' }, any, NOW)
    expect([world.resourceGroups.oomScores.get(`${VM_GROUP}/${a}`), app.vms.get(a).status.pending]).toEqual([800, []])
  })

  it('that the kernel does not have are told once', async () => {
    world.resourceGroups.missing.add('cpu.weight')
    await running('a')
    await running('b')
    expect(world.logged.filter((line) => line.includes('corbel.host/cpu.weight'))).toHaveLength(1)
  })

  it('of a VM that goes on under a new controld are as they were', async () => {
    const a = await running('a', cores(1))
    const before = { ...world.resourceGroups.files.get(`${VM_GROUP}/${a}`) }
    world.resourceGroups.files.clear()
    app = await world.boot()
    expect(world.resourceGroups.files.get(`${VM_GROUP}/${a}`)).toEqual(before)
  })
})

describe('a running VM', () => {
  it('is not promised what is not there', async () => {
    await running('a', cores(2))
    const b = await running('b', cores(1))
    expect(refusalOf(() => app.vms.patch(b, { cpuAllocation: { reservationCores: 1.5 } }, any, NOW)).code).toBe('admission.cpu-reservation')
    expect(app.vms.get(b).spec.cpuAllocation.reservationCores).toBe(1)
  })

  it('may give back, and be changed otherwise, on a host that has lost memory', async () => {
    const a = await running('a', { memoryMiB: 8192, memoryAllocation: { reservationMiB: 8192 } })
    world.host.facts = { ...world.host.facts, memoryMiB: 4096 }
    app = await world.boot()
    expect(app.resources.view().broken.map(({ code }) => code)).toEqual(['admission.memory-reservation', 'admission.memory'])
    app.vms.patch(a, { description: 'x' }, any, NOW)
    app.vms.patch(a, { memoryAllocation: { reservationMiB: 1024 } }, any, NOW)
    expect(app.resources.view().broken.map(({ code }) => code)).toEqual(['admission.memory'])
  })
})

describe('a change of a running VM that is under way', () => {
  const growable = { memoryMiB: 4096, maxMemoryMiB: 12_288, maxVcpus: 4 }

  it('takes what it is going to have from the moment that it is admitted', async () => {
    const a = await running('a', growable)
    const b = makeVm('b', { memoryMiB: 6000 })
    expect(app.vms.patch(a, { memoryMiB: 10_240 }, any, NOW).task?.kind).toBe('vm.reconfigure')
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
    await pass()
    expect(app.vms.get(a).status.pending).toEqual([])
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
  })

  it('is refused beside a power-on that is under way, and the other way round', async () => {
    const a = await running('a', growable)
    const b = makeVm('b', { memoryMiB: 6000 })
    app.power.powerOn(b, BY)
    expect(refusalOf(() => app.vms.patch(a, { memoryMiB: 10_240 }, any, NOW)).code).toBe('admission.memory')
    await pass()
    app.power.powerOff(b, BY)
    await pass()
    app.vms.patch(a, { memoryMiB: 10_240 }, any, NOW)
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
  })

  it('takes no more when it has failed, and gives back nothing before it is done', async () => {
    const a = await running('a', growable)
    const b = makeVm('b', { memoryMiB: 6000 })
    world.vmHost.machine(a).failNextStep = 'set-hot-memory'
    app.vms.patch(a, { memoryMiB: 10_240 }, any, NOW)
    expect(app.resources.view().used.memoryMiB).toBeGreaterThan(10_240)
    await pass()
    expect(app.tasks.list()[0]).toMatchObject({ kind: 'vm.reconfigure', state: 'failed' })
    expect(app.resources.view().used.memoryMiB).toBeLessThan(5000)
    app.vms.patch(a, { memoryMiB: 10_240 }, any, NOW)
    await pass()
    app.vms.patch(a, { memoryMiB: 4096 }, any, NOW)
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
    await pass()
    app.power.powerOn(b, BY)
  })
})

describe('pools', () => {
  it('are kept across a restart', async () => {
    makePool({ name: 'gold', cpu: { reservationCores: 2 } })
    app = await world.boot()
    expect(app.pools.get('gold')).toMatchObject({ revision: 1, spec: { parent: 'host', cpu: { reservationCores: 2, shares: 100 } } })
  })

  it('are not promised more than there is', () => {
    makePool({ name: 'gold', cpu: { reservationCores: 2 } })
    expect(refusalOf(() => makePool({ name: 'silver', cpu: { reservationCores: 2 } })).code).toBe('admission.cpu-reservation')
    expect(refusalOf(() => app.pools.patch('gold', { cpu: { reservationCores: 4 } }, any, NOW)).code).toBe('admission.cpu-reservation')
    expect(app.pools.list().map(({ spec }) => spec.name)).toEqual(['gold'])
  })

  it.each<[string, object, string]>([
    ['of a name that is taken', { name: 'gold' }, 'pool.name.in-use'],
    ['of the host’s name', { name: 'host' }, 'pool.name.in-use'],
    ['in a pool that is not there', { name: 'x', parent: 'none' }, 'request.invalid'],
    ['with more promised than allowed', { name: 'x', cpu: { reservationCores: 2, limitCores: 1 } }, 'request.invalid'],
  ])('%s are refused', (_name, spec, code) => {
    makePool({ name: 'gold' })
    expect(refusalOf(() => makePool(spec)).code).toBe(code)
  })

  it('are never inside themselves', () => {
    makePool({ name: 'a' })
    makePool({ name: 'b', parent: 'a' })
    expect(refusalOf(() => app.pools.patch('a', { parent: 'b' }, any, NOW)).problems).toMatchObject([{ code: 'pool.parent.inside' }])
  })

  it('are moved only with their VMs off, and deleted only when nothing is in them', async () => {
    makePool({ name: 'a' })
    makePool({ name: 'b', parent: 'a' })
    const vm = await running('vm', { pool: 'b' })
    expect(refusalOf(() => app.pools.patch('b', { parent: 'host' }, any, NOW)).code).toBe('pool.busy')
    expect(refusalOf(() => app.pools.remove('a', any, NOW)).message).toContain('the pool b')
    expect(refusalOf(() => app.pools.remove('b', any, NOW)).message).toContain('vm')
    app.power.powerOff(vm, BY)
    await pass()
    app.pools.patch('b', { parent: 'host' }, any, NOW)
    app.vms.patch(vm, { pool: 'host' }, any, NOW)
    app.pools.remove('b', any, NOW)
    app.pools.remove('a', any, NOW)
    expect(world.resourceGroups.files.has(`${VM_GROUP}/pool.a`)).toBe(false)
  })

  it('are changed by who has seen the latest of them', () => {
    makePool({ name: 'a' })
    app.pools.patch('a', { description: 'x' }, (revision) => revision === 1, NOW)
    expect(refusalOf(() => app.pools.patch('a', { description: 'y' }, (revision) => revision === 1, NOW)).code).toBe(
      'pool.revision-changed',
    )
  })

  it('must be there for a VM to be put in them', () => {
    expect(refusalOf(() => makeVm('vm', { pool: 'none' })).problems).toMatchObject([
      { code: 'vm.pool.not-found', field: 'pool', got: 'none' },
    ])
  })

  it('with a dry run are only checked', () => {
    app.pools.create(pool({ name: 'a' }), { dryRun: true, by: BY })
    expect(app.pools.list()).toEqual([])
  })
})

describe('what is given out', () => {
  it('is told against what there is, for the host and each pool', async () => {
    makePool({ name: 'gold', cpu: { reservationCores: 1, limitCores: 2 }, memory: { limitMiB: 4096 } })
    makePool({ name: 'bars', parent: 'gold', memory: { reservationMiB: 1024 } })
    app.resources.change({ overcommit: { memory: 2 } }, BY)
    await running('a', { ...cores(0.5), pool: 'bars', memoryMiB: 4000 })
    await running('b', { memoryMiB: 12_000, memoryAllocation: { reservationMiB: 2000 } })
    const { overcommitted, free, pools } = app.resources.view()
    // Of 16384 MiB 847 are kept; a has 4112 with QEMU's own, b 12186; 1024 are promised to bars, 2186 to b.
    expect(overcommitted).toEqual({ memory: 1.05, vcpus: 1.25 })
    expect(free).toEqual({ cores: 2, memoryMiB: 16_384 - 847 - 1024 - 2186 })
    expect(pools).toEqual([
      {
        ...{ name: 'gold', parent: 'host', vcpus: 4, overcommitted: { memory: 1, vcpus: 2 } },
        cpu: { promisedCores: 1, keptCores: 1, givenCores: 0.5, freeCores: 1.5 },
        memory: { promisedMiB: 0, keptMiB: 0, givenMiB: 1024, freeMiB: 3072, usedMiB: 4112 },
      },
      {
        ...{ name: 'bars', parent: 'gold', vcpus: 4, overcommitted: { memory: 1, vcpus: 2 } },
        cpu: { promisedCores: 0, keptCores: 0, givenCores: 0.5, freeCores: 1.5 },
        memory: { promisedMiB: 1024, keptMiB: 1024, givenMiB: 0, freeMiB: 4096, usedMiB: 4112 },
      },
    ])
  })
})

describe('what the host keeps', () => {
  it('is a default until somebody says otherwise, and never less than it needs', () => {
    expect(app.resources.view().capacity).toMatchObject({ cores: 4, memoryMiB: 16_384, reserve: { cores: 1, memoryMiB: 847 } })
    expect(app.resources.change({ reserve: { memoryMiB: 2048 } }, BY).capacity.reserve).toEqual({ cores: 1, memoryMiB: 2048 })
    expect(refusalOf(() => app.resources.change({ reserve: { memoryMiB: 1 } }, BY)).problems).toMatchObject([
      { code: 'resources.reserve.memoryMiB.below-minimum' },
    ])
    expect(world.resourceGroups.files.get(VM_GROUP)?.['memory.max']).toBe(String((16_384 - 2048) * 1_048_576))
  })

  it('is not raised over what was promised', async () => {
    await running('a', cores(2))
    expect(refusalOf(() => app.resources.change({ reserve: { cores: 2.5 } }, BY)).code).toBe('admission.cpu-reservation')
    expect(app.resources.view().capacity.reserve.cores).toBe(1)
  })

  it('and how far more may be given out, is for others to see', async () => {
    await running('a', { memoryMiB: 12_000 })
    const b = makeVm('b', { memoryMiB: 6000 })
    expect(refusalOf(() => app.power.powerOn(b, BY)).code).toBe('admission.memory')
    app.resources.change({ overcommit: { memory: 1.5 } }, BY)
    app.power.powerOn(b, BY)
    await pass()
    expect(app.resources.view().used).toEqual({ memoryMiB: 12_000 + 186 + 6000 + 126, vcpus: 2 })
  })
})

describe('the datastore’s disk', () => {
  it('is divided by shares and limited for pools, both changed at once', async () => {
    makePool({ name: 'a', io: { readIops: 50 } })
    const vm = await running('vm', { pool: 'a' })
    const other = await running('other', { pool: 'a', ioAllocation: { shares: 400 } })
    expect(fileOf('/pool.a', 'io.max')).toBe('254:16 rbps=max wbps=max riops=50 wiops=max')
    expect([fileOf(`/pool.a/${vm}`, 'io.bfq.weight'), fileOf(`/pool.a/${other}`, 'io.bfq.weight')]).toEqual(['250', '1000'])
    app.vms.patch(vm, { ioAllocation: { shares: 800 } }, any, NOW)
    app.pools.patch('a', { io: { readIops: null } }, any, NOW)
    expect([fileOf(`/pool.a/${vm}`, 'io.bfq.weight'), fileOf('/pool.a', 'io.max'), app.vms.get(vm).status.pending]).toEqual([
      '1000',
      '254:16 rbps=max wbps=max riops=max wiops=max',
      [],
    ])
  })

  it('that is none, or has nobody who divides it, is told of', async () => {
    world.resourceGroups.disk = { device: null, weights: false }
    app = await world.boot()
    makePool({ name: 'a', io: { readIops: 50, shares: 300 } })
    await running('vm', { pool: 'a' })
    expect(app.resources.view().unkept).toEqual([
      expect.stringContaining('limits of disks of a are not kept'),
      expect.stringContaining('I/O shares are not kept'),
    ])
    expect(fileOf('/pool.a', 'io.max')).toBeUndefined()
  })
})
