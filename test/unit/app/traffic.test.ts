// Rates of NICs and pools: in force before a guest runs, changed while it does, taken back when that fails, and gone with the VM.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { check } from '../../../control/src/domain/check.ts'
import { type PoolSpec, poolSpecSchema } from '../../../control/src/domain/pool.ts'
import { vmSpecSchema } from '../../../control/src/domain/vm.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { refusalOf } from './refused.ts'

const BY = 'operator'
const NOW = { dryRun: false, by: BY }
const fromKernel = { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }
const limits = (receiveBytesPerSecond: number | null, rest: object = {}) => ({ receiveBytesPerSecond, ...rest })
const nic = (slot: number, rest: object = {}) => ({ network: 'nat', slot, mac: `52:54:00:00:00:1${slot}`, ...rest })

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

const pass = () => world.clock.advance(0)
const any = () => true
const makePool = (spec: object) => {
  const checked = check(poolSpecSchema, spec, 'pool')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return app.pools.create(checked.value as PoolSpec, NOW)
}
async function running(name: string, nics: readonly object[], rest: object = {}): Promise<string> {
  const { id } = app.vms.create(draft(name, { ...fromKernel, nics, ...rest }), NOW)
  app.power.powerOn(id, BY)
  await pass()
  expect(app.vms.get(id).status.powerState).toBe('running')
  return id
}
async function patch(id: string, fields: object) {
  app.vms.patch(id, fields, any, NOW)
  await pass()
  return app.vms.get(id)
}
const held = () =>
  Object.fromEntries([...world.traffic.shapes].map(([tap, { receive }]) => [tap, receive.map((one) => one.bytesPerSecond)]))
const lastTask = () => app.tasks.list()[0]

describe('a NIC with limits', () => {
  it('is held before its guest runs, and nothing is left when the VM has ended', async () => {
    const id = await running('a', [nic(0, { limits: limits(1_000_000) }), nic(1)])
    const plan = world.vmHost.launches[0]?.plan ?? []
    const steps = plan.map((effect) => (effect.kind === 'configure' ? effect.step.kind : effect.kind))
    expect(steps.indexOf('shape-nic')).toBeLessThan(steps.indexOf('continue'))
    expect(held()).toEqual({ vm0n0: [1_000_000] })
    app.power.powerOff(id, BY)
    await pass()
    expect([held(), world.traffic.tree.nics]).toEqual([{}, []])
  })

  it('that cannot be held does not start, and nothing stays of it', async () => {
    world.traffic.problem = 'tc: no such module'
    const { id } = app.vms.create(draft('a', { ...fromKernel, nics: [nic(0, { limits: limits(1_000_000) })] }), NOW)
    app.power.powerOn(id, BY)
    await pass()
    expect([lastTask()?.state, lastTask()?.error?.code]).toEqual(['failed', 'traffic.failed'])
    expect(world.vmHost.kernel.taps()).toEqual([])
    expect(app.resources.view().unkept).toEqual(['tc: no such module'])
  })

  it('changes while the VM runs, and waits for nothing', async () => {
    const id = await running('a', [nic(0)])
    expect(held()).toEqual({})
    const limited = await patch(id, { nics: [nic(0, { limits: limits(500_000, { burstFactor: 2 }) })] })
    expect([held(), limited.status.pending, lastTask()?.state]).toEqual([{ vm0n0: [1_000_000, 500_000] }, [], 'succeeded'])
    await patch(id, { nics: [nic(0)] })
    expect(held()).toEqual({})
  })

  it('comes and goes with it', async () => {
    const id = await running('a', [nic(0)])
    await patch(id, { nics: [nic(0), nic(3, { limits: limits(70_000) })] })
    expect(held()).toEqual({ vm0n3: [70_000] })
    await patch(id, { nics: [nic(0)] })
    expect([held(), world.traffic.tree.nics]).toEqual([{}, []])
  })

  it('is as it was when a change fails', async () => {
    const id = await running('a', [nic(0, { limits: limits(1_000_000) })])
    world.vmHost.machine(id).failNextStep = 'set-panic-action'
    app.vms.patch(id, { nics: [nic(0, { limits: limits(70_000) })], onPanic: 'pause' }, any, NOW)
    await pass()
    expect(lastTask()?.state).toBe('failed')
    expect([held(), app.vms.get(id).spec.nics.map((one) => one.limits?.receiveBytesPerSecond)]).toEqual([
      { vm0n0: [1_000_000] },
      [1_000_000],
    ])
  })

  it('is as it was under a new controld, whatever the kernel had', async () => {
    await running('a', [nic(0, { limits: limits(1_000_000) })], { pool: 'host' })
    world.traffic.shapes.clear()
    app = await world.boot()
    expect(held()).toEqual({ vm0n0: [1_000_000] })
  })

  it('cannot burst for longer than the kernel can remember', () => {
    const checked = check(
      vmSpecSchema,
      { name: 'a', nics: [nic(0, { limits: limits(70_000, { burstFactor: 3, burstSeconds: 31 }) })] },
      'vm',
    )
    expect(checked).toMatchObject({ ok: false, problems: [{ code: 'vm.nics.limits.burst-too-long', field: 'nics[0].limits' }] })
  })
})

describe('a pool with limits', () => {
  it('has all NICs of the VMs in it, and in pools inside, in its class', async () => {
    makePool({ name: 'out', network: { receiveBytesPerSecond: 2_000_000 } })
    makePool({ name: 'in', parent: 'out' })
    await running('a', [nic(0)], { pool: 'out' })
    await running('b', [{ network: 'nat' }, { network: 'nat' }], { pool: 'in' })
    const [outer] = world.traffic.tree.pools.receive
    expect([outer?.bytesPerSecond, world.traffic.tree.nics.map(({ receive }) => receive[0]?.parent)]).toEqual([
      2_000_000,
      [outer?.minor, outer?.minor, outer?.minor],
    ])
    expect(Object.keys(held())).toEqual(['vm0n0', 'vm1n0', 'vm1n1'])
  })

  it('changes at once, and VMs that start later are in it', async () => {
    makePool({ name: 'a' })
    await running('a', [nic(0)], { pool: 'a' })
    expect(held()).toEqual({})
    app.pools.patch('a', { network: { receiveBytesPerSecond: 900_000 } }, any, NOW)
    await running('b', [nic(1)], { pool: 'a' })
    expect(held()).toEqual({ vm0n0: [900_000], vm1n1: [900_000] })
    app.pools.patch('a', { network: { receiveBytesPerSecond: null } }, any, NOW)
    await pass()
    expect([held(), world.traffic.tree.pools.receive]).toEqual([{}, []])
  })

  it('is not in more of them than the kernel’s tree is deep', () => {
    const network = { transmitBytesPerSecond: 70_000 }
    for (let n = 0; n < 6; n++) makePool({ name: `p${n}`, parent: n === 0 ? 'host' : `p${n - 1}`, network })
    expect(refusalOf(() => makePool({ name: 'p6', parent: 'p5', network })).problems).toMatchObject([
      { code: 'pool.network.too-deep', field: 'network', max: 6 },
    ])
    makePool({ name: 'p6', parent: 'p5' })
    expect(refusalOf(() => app.pools.patch('p6', { network }, any, NOW)).problems).toMatchObject([{ code: 'pool.network.too-deep' }])
  })
})
