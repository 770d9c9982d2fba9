// Virtual functions: as many as were asked for, over restarts too, and none taken from a VM.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOfPromise } from './refused.ts'

const BY = 'administrator'
const CHANGE = { dryRun: false, by: BY }
const DEVICE = 'PCI0-1e.0-00.0'
const ADDRESS = '0000:03:00.0'

describe('the number of virtual functions', () => {
  let world: World
  let app: App
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
  })
  const list = () => app.passthrough.list()
  const vfs = () => list().flatMap(({ id }) => (id.startsWith(`${DEVICE}-vf`) ? [id] : []))
  const set = (count: number, dryRun = false) => app.virtualFunctions.set(DEVICE, count, { dryRun, by: BY })
  const messages = (code: string) =>
    world.store
      .latestEvents(50)
      .filter((event) => event.code === code)
      .map(({ message }) => message)

  it('is made so, and kept', async () => {
    expect(await set(2, true)).toMatchObject({ id: DEVICE, sriov: { numVfs: 0 }, wantedVfs: null })
    expect(await set(2)).toMatchObject({ id: DEVICE, sriov: { numVfs: 2 }, wantedVfs: 2 })
    expect(vfs()).toEqual([`${DEVICE}-vf0`, `${DEVICE}-vf1`])
    expect(messages('host.virtual-functions-changed')).toEqual([`The number of virtual functions of ${DEVICE} was set to 2 by ${BY}.`])
    world.powerCut()
    expect(world.vmHost.kernel.pci.observe().length).toBe(7)
    app = await world.boot()
    expect(vfs().length).toBe(2)
    await set(0)
    world.powerCut()
    app = await world.boot()
    expect(vfs()).toEqual([])
  })

  it('stays while a VM has one of them, which it may', async () => {
    await set(2)
    const spec = { boot: { from: 'cdrom' }, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }
    const { id } = app.vms.create(draft('web1', { ...spec, pciDevices: [{ device: `${DEVICE}-vf1` }] }), CHANGE)
    app.power.powerOn(id, BY)
    await world.clock.advance(60_000)
    expect(list().find((device) => device.vm === id)?.id).toBe(`${DEVICE}-vf1`)
    expect(await codeOfPromise(set(0))).toBe('pci.sriov.in-use')
    expect(await codeOfPromise(set(0, true))).toBe('pci.sriov.in-use')
    app.power.powerOff(id, BY)
    await world.clock.advance(60_000)
    await set(0)
    expect(vfs()).toEqual([])
  })

  it('is refused where it cannot be', async () => {
    expect(await codeOfPromise(set(3))).toBe('pci.sriov.too-many')
    expect(await codeOfPromise(app.virtualFunctions.set('PCI0-1c.0-00.0', 1, CHANGE))).toBe('pci.sriov.absent')
    expect(await codeOfPromise(app.virtualFunctions.set('PCI0-13.0', 1, CHANGE))).toBe('pci.device.unknown')
    world.vmHost.kernel.pci.refusing.set(ADDRESS, 'all')
    expect(await codeOfPromise(set(1))).toBe('pci.sriov.failed')
    expect(list().find(({ id }) => id === DEVICE)).toMatchObject({ wantedVfs: null, sriov: { numVfs: 0 } })
  })

  it('is not given to another device that is in the place', async () => {
    await set(2)
    world.powerCut()
    const { pci } = world.vmHost.kernel
    const one = pci.functions.get(ADDRESS)
    if (one !== undefined) one.seen = { ...one.seen, serial: 'another' }
    app = await world.boot()
    expect(vfs()).toEqual([])
    expect(messages('host.virtual-functions-failed')).toEqual([
      `${DEVICE} does not have its 2 virtual functions: it is another device now.`,
    ])
  })
})
