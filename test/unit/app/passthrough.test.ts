// Devices of the host in the hands of VMs: who may have which, who has it, and where it is afterwards.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf, refusalOf } from './refused.ts'

const BY = 'administrator'
const CHANGE = { dryRun: false, by: BY }
const CARD = 'PCI0-1c.0-00.0'
const ADDRESS = '0000:01:00.0'
const PAIR = 'PCI0-1d.0-00.0'
const PAIRED = 'PCI0-1d.0-00.1'

describe('a device of the host', () => {
  let world: World
  let app: App
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
  })

  const create = (name: string, ...devices: readonly string[]) =>
    app.vms.create(
      draft(name, {
        ...{ cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }], boot: { from: 'cdrom' } },
        ...{ memoryMiB: 1024, onCrash: { action: 'stay-off' } },
        pciDevices: devices.map((device) => ({ device })),
      }),
      CHANGE,
    ).id
  const settle = () => world.clock.advance(60_000)
  const state = (id: string) => app.vms.get(id).status.powerState
  const seen = (device: string) => {
    const found = app.passthrough.list().find(({ id }) => id === device)
    if (found === undefined) throw new Error(`no ${device}`)
    return found
  }
  const { away } = { away: () => world.vmHost.kernel.pci.away() }
  async function run(id: string): Promise<void> {
    const task = app.power.powerOn(id, BY)
    await settle()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'succeeded' })
  }

  it('is named in a spec with what it is, and told with who wants it', () => {
    const id = create('web1', CARD)
    expect(app.vms.get(id).spec.pciDevices).toEqual([
      { slot: 0, device: CARD, vendorId: '8086', deviceId: '10d3', serial: `serial of ${CARD}` },
    ])
    expect(seen(CARD)).toMatchObject({ wantedBy: [id], vm: null, assignable: true })
  })

  it.each([
    ['PCI0-00.0', 'pci.guard.host-part'],
    ['PCI0-02.0', 'pci.guard.management'],
    ['PCI0-03.0', 'pci.guard.datastore'],
  ])('%s that the host needs is refused in a spec, dry run or not, and at a start', async (device, code) => {
    for (const dryRun of [true, false]) {
      expect(codeOf(() => app.vms.create(draft('web1', { pciDevices: [{ device }] }), { dryRun, by: BY }))).toBe(code)
    }
    expect(app.vms.list()).toEqual([])
    // It was free when the spec was made.
    const id = create('web1', CARD)
    const one = world.vmHost.kernel.pci.functions.get(ADDRESS)
    if (one !== undefined) one.seen = { ...one.seen, uses: [{ kind: 'uplink', what: 'eth1' }] }
    expect(refusalOf(() => app.power.powerOn(id, BY))).toMatchObject({ code: 'pci.guard.uplink', problems: [{ got: CARD }] })
    expect(away()).toEqual([])
    // What has nothing to do with it can be changed all the same.
    app.vms.patch(id, { description: 'x' }, () => true, CHANGE)
    expect(codeOf(() => app.vms.patch(id, { pciDevices: [{ device: CARD, slot: 3 }] }, () => true, CHANGE))).toBe('pci.guard.uplink')
  })

  it('is with its VM while that runs, and with the host again afterwards', async () => {
    const id = create('web1', CARD)
    await run(id)
    expect(seen(CARD)).toMatchObject({ driver: 'vfio-pci', vm: id })
    expect(world.vmHost.kernel.pci.nodes.get('/dev/vfio/10')).toBe(20_000)
    app.power.powerOff(id, BY)
    await settle()
    expect([seen(CARD).vm, away(), [...world.vmHost.kernel.pci.nodes]]).toEqual([null, [], []])
  })

  it('is with one VM at a time, its whole group', async () => {
    const [one, two, three] = [create('web1', PAIR), create('web2', PAIR), create('web3', PAIRED)]
    app.power.powerOn(one, BY)
    // While it is being started, too.
    expect(refusalOf(() => app.power.powerOn(two, BY))).toMatchObject({
      code: 'pci.device.in-use',
      problems: [{ message: 'is with the VM web1' }],
    })
    await settle()
    expect(codeOf(() => app.power.powerOn(two, BY))).toBe('pci.device.in-use')
    expect(codeOf(() => app.power.powerOn(three, BY))).toBe('pci.group.in-use')
    expect(away().length).toBe(2)
    app.power.powerOff(one, BY)
    await settle()
    await run(two)
    expect(seen(PAIR).vm).toBe(two)
  })

  it('that another one has taken the place of is not given, nor one that is gone', async () => {
    const id = create('web1', CARD)
    const { pci } = world.vmHost.kernel
    const one = pci.functions.get(ADDRESS)
    if (one === undefined) throw new Error('no card')
    one.seen = { ...one.seen, serial: 'another' }
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('pci.device.differs')
    pci.remove(ADDRESS)
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('pci.device.missing')
    // Wherever its bus is now.
    pci.add({ ...one.seen, address: '0000:07:00.0', serial: `serial of ${CARD}` })
    await run(id)
    expect(away()).toEqual(['0000:07:00.0'])
  })

  it('makes all of the memory reserved, and a suspension impossible', async () => {
    const id = create('web1', CARD)
    const before = app.resources.view().promised.memoryMiB
    await run(id)
    expect(app.resources.view().promised.memoryMiB - before).toBeGreaterThan(1024)
    expect(codeOf(() => app.power.suspend(id, BY))).toBe('vm.suspend.passthrough')
    // Whatever is wanted by now, it has the device until its next power-on.
    app.vms.patch(id, { pciDevices: [] }, () => true, CHANGE)
    expect(app.vms.get(id).status.pending).toEqual(['pciDevice0'])
    expect(codeOf(() => app.power.suspend(id, BY))).toBe('vm.suspend.passthrough')
    expect(seen(CARD)).toMatchObject({ vm: id, wantedBy: [] })
  })

  it('that no driver of VMs takes stays, and the start tells why', async () => {
    const id = create('web1', CARD)
    world.vmHost.kernel.pci.refusing.set(ADDRESS, 'vfio')
    const task = app.power.powerOn(id, BY)
    await settle()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'pci.bind.failed' } })
    expect([away(), state(id)]).toEqual([[], 'off'])
  })

  it('that was left behind is given back by the controld that comes next', async () => {
    const id = create('web1', CARD)
    await run(id)
    const { pci } = world.vmHost.kernel
    pci.refusing.set(ADDRESS, 'all')
    app.power.powerOff(id, BY)
    await settle()
    expect(away()).toEqual([ADDRESS])
    app = await world.boot()
    const message = `A device could not be given back to the host: ${ADDRESS} was not taken by e1000e again: no driver has it.`
    expect(world.store.latestEvents(5)).toContainEqual(expect.objectContaining({ code: 'host.device-not-given-back', message }))
    pci.refusing.clear()
    app = await world.boot()
    expect(away()).toEqual([])
  })
})
