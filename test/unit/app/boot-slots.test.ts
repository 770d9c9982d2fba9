// The slot that runs is confirmed once the host does what it did before; one that failed is told of, once, and is not started again.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { BootSlotsSeen, SlotName } from '../../../control/src/domain/boot-slot.ts'
import { installedSlots } from '../../fakes/boot-slots.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { Client, World } from '../../fakes/world.ts'

const GOOD = { mark: 'good', tries: 3 } as const
const BOTH: BootSlotsSeen = installedSlots({
  environment: { order: ['a', 'b'], slots: { a: GOOD, b: GOOD }, once: null },
  versions: { a: '0.1.0', b: '0.2.0' },
})

let world: World
beforeEach(() => {
  world = new World()
  world.bootSlots.seen = BOTH
})

async function boot(): Promise<App> {
  const app = await world.boot()
  void app.systemSlots.start()
  await world.clock.advance(0)
  return app
}

const events = () => world.store.latestEvents(100).map(({ code, message }) => ({ code, message }))
const told = (code: string) => events().filter((event) => event.code === code)
const environment = () => world.bootSlots.seen?.environment

/** The machine restarts; slots that `fails` names do not come up. */
async function restart(fails: readonly SlotName[] = []): Promise<App> {
  world.powerCut()
  world.bootSlots.note = null
  world.bootSlots.boot((slot) => !fails.includes(slot))
  return boot()
}

describe('a slot that was good before', () => {
  it('has its tries again as soon as the API answers, whatever the network does', async () => {
    world.host.addresses = []
    world.bootSlots.boot(() => true)
    expect(environment()?.slots.a.tries).toBe(2)
    const app = await boot()
    expect(environment()?.slots.a).toEqual(GOOD)
    expect(await app.systemSlots.view()).toMatchObject({ running: 'a', confirmed: true, missing: [] })
    expect(events()).toEqual([])
  })

  it('is not confirmed while the API does not answer', async () => {
    world.selfTest.answers = false
    world.bootSlots.boot(() => true)
    const app = await boot()
    await world.clock.advance(10_000)
    expect(await app.systemSlots.view()).toMatchObject({ confirmed: false, missing: ['the API does not answer'] })
    world.selfTest.answers = true
    await world.clock.advance(2_000)
    expect(await app.systemSlots.view()).toMatchObject({ confirmed: true })
  })
})

describe('a system that is not as it was written', () => {
  const DAY_MS = 86_400_000

  it('runs on, but has its tries back no more, so that the other one is started where it cannot', async () => {
    world.bootSlots.damage.set('a of /dev/vda', ['corbel/root.img'])
    world.bootSlots.boot(() => true)
    const app = await boot()
    await world.clock.advance(60_000)
    expect(environment()?.slots.a.tries).toBe(2)
    const view = await app.systemSlots.view()
    expect(view).toMatchObject({ confirmed: false, missing: ['damaged: corbel/root.img'] })
    expect(view.items[0]?.damaged).toEqual(['corbel/root.img on /dev/vda'])
    expect(told('slot.damaged')).toMatchObject([{ message: expect.stringMatching(/Slot A on \/dev\/vda.*Slot B is started instead/) }])
    expect(app.consoleStatus().health).toMatchObject([{ severity: 'error', message: expect.stringContaining('corbel/root.img') }])
    await restart()
    await restart()
    await restart()
    expect(world.bootSlots.seen?.running).toBe('b')
    expect(told('slot.fell-back')).toHaveLength(1)
  })

  it('where there is no other one, says how it is mended', async () => {
    world.bootSlots.seen = installedSlots()
    world.bootSlots.damage.set('a of /dev/vda', ['corbel/root.img'])
    await boot()
    expect(told('slot.damaged')).toMatchObject([{ message: expect.stringContaining('have the installer write this one anew') }])
  })

  it('is not confirmed after an update', async () => {
    const app = await boot()
    await app.systemSlots.activate('b', 'anna')
    world.bootSlots.damage.set('b of /dev/vda', ['boot/initrd'])
    await restart()
    await world.clock.advance(60_000)
    expect(world.bootSlots.note).toEqual({ trying: true, confirmed: false, missing: ['damaged: boot/initrd'] })
  })

  it('is found though it does not run, within a day, and told of once', async () => {
    const app = await boot()
    world.bootSlots.damage.set('b of /dev/vda', ['corbel/root.img'])
    await world.clock.advance(DAY_MS + 1_000)
    expect(told('slot.damaged')).toMatchObject([{ message: expect.stringContaining('no use to fall back on') }])
    expect(await app.systemSlots.view()).toMatchObject({
      confirmed: true,
      items: [{ damaged: [] }, { damaged: ['corbel/root.img on /dev/vda'] }],
    })
    await world.clock.advance(8 * DAY_MS)
    expect(told('slot.damaged')).toHaveLength(1)
    world.bootSlots.damage.clear()
    await world.clock.advance(8 * DAY_MS)
    expect(await app.systemSlots.view()).toMatchObject({ items: [{ damaged: [] }, { damaged: [] }] })
  })

  it('is found when somebody asks', async () => {
    const app = await boot()
    const task = await app.systemSlots.check('anna')
    await world.clock.advance(0)
    expect(app.tasks.get(task.id)).toMatchObject({ kind: 'host.check', state: 'succeeded' })
    expect(told('slot.checked')).toMatchObject([{ message: 'The system slots were checked, asked by anna. All is as it was written.' }])
    world.bootSlots.damage.set('b of /dev/vda', ['boot/vmlinuz'])
    await app.systemSlots.check('anna')
    await world.clock.advance(0)
    expect(told('slot.checked').at(-1)?.message).toContain('The system in Slot B on /dev/vda is damaged: boot/vmlinuz.')
  })

  it('that could not be read is asked about again', async () => {
    const app = await boot()
    world.bootSlots.failure = new FakeFailure('host.EIO')
    await world.clock.advance(DAY_MS + 1_000)
    world.bootSlots.failure = null
    world.bootSlots.damage.set('b of /dev/vda', ['boot/vmlinuz'])
    await world.clock.advance(3_600_000)
    expect((await app.systemSlots.view()).items[1]?.damaged).toEqual(['boot/vmlinuz on /dev/vda'])
  })

  it('on a host that is not installed is not looked for', async () => {
    world.bootSlots.seen = null
    const app = await boot()
    await expect(app.systemSlots.check('anna')).rejects.toMatchObject({ code: 'slots.not-installed' })
  })
})

describe('a slot that is tried', () => {
  beforeEach(async () => {
    const app = await boot()
    await app.systemSlots.activate('b', 'anna')
  })

  it('is confirmed once everything is in order, with an event, and stays first', async () => {
    await restart()
    expect(environment()).toEqual({ order: ['b', 'a'], slots: { a: GOOD, b: GOOD }, once: null })
    expect(told('slot.confirmed')).toMatchObject([{ message: expect.stringContaining('Slot B with Corbel 0.2.0') }])
    expect(world.bootSlots.note).toEqual({ trying: false, confirmed: true, missing: [] })
  })

  it.each([
    ['without an address', (w: World) => (w.host.addresses = []), 'the management network has no address'],
    [
      'without its state',
      (w: World) => (w.host.bootOutcome = { ...w.host.bootOutcome, state: 'volatile' }),
      'the state is not on its disk',
    ],
    ['without its datastore', (w: World) => (w.datastores.contents = null), 'the datastore is not mounted'],
    ['with an API that is silent', (w: World) => (w.selfTest.answers = false), 'the API does not answer'],
  ])('is not confirmed %s, and the guard is told', async (_, spoil, words) => {
    spoil(world)
    await restart()
    await world.clock.advance(60_000)
    expect(environment()?.slots.b.mark).toBe('trying')
    expect(world.bootSlots.note).toEqual({ trying: true, confirmed: false, missing: [words] })
  })

  it('that is not yet restarted into has not failed', async () => {
    await boot()
    expect(told('slot.fell-back')).toEqual([])
    expect(environment()?.order).toEqual(['b', 'a'])
  })

  it('that did not come up is given up, with what is known of why', async () => {
    world.bootSlots.left = { slot: 'b', version: '0.2.0', reason: 'the API does not answer' }
    await restart(['b'])
    expect(told('slot.fell-back')).toMatchObject([
      { message: 'Slot B with Corbel 0.2.0 was given up: the API does not answer. The host runs Slot A with Corbel 0.1.0.' },
    ])
    expect(environment()).toEqual({ order: ['a', 'b'], slots: { a: GOOD, b: { mark: 'bad', tries: 0 } }, once: null })
    expect(world.bootSlots.left).toBeNull()
    await boot()
    expect(told('slot.fell-back')).toHaveLength(1)
  })

  it('is not told of twice, and the host stays with the other one', async () => {
    await restart(['b'])
    await restart()
    expect(world.bootSlots.seen?.running).toBe('a')
    expect(told('slot.fell-back')).toHaveLength(1)
  })

  it('waits for the VMs that ran before and start with the host', async () => {
    const client = await Client.open(world)
    const kernel = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
    const { body } = await client.call({
      method: 'POST',
      path: '/v1/vms',
      body: { name: 'web1', boot: kernel, autostart: { enabled: true } },
    })
    const { id } = body as { id: string }
    client.app.power.powerOn(id, 'x')
    await world.clock.advance(5_000)
    void client.app.systemSlots.start()
    await world.clock.advance(0)
    await client.app.systemSlots.activate('b', 'anna')
    world.datastores.contents?.delete('vmlinuz')
    await restart()
    await world.clock.advance(60_000)
    expect(world.bootSlots.note?.missing).toEqual(['VMs that ran before do not run: web1'])
  })
})

describe('choosing a slot', () => {
  it('once changes nothing but the next restart', async () => {
    const app = await boot()
    const view = await app.systemSlots.bootOnce('b', 'anna')
    expect(view.items).toMatchObject([
      { slot: 'a', running: true, next: false },
      { slot: 'b', running: false, next: true },
    ])
    await restart()
    expect(world.bootSlots.seen?.running).toBe('b')
    await restart()
    expect(world.bootSlots.seen?.running).toBe('a')
  })

  it('that runs takes back what was chosen before', async () => {
    const app = await boot()
    await app.systemSlots.activate('b', 'anna')
    await app.systemSlots.activate('a', 'anna')
    await restart()
    expect(world.bootSlots.seen?.running).toBe('a')
    expect(told('slot.fell-back')).toEqual([])
  })

  it.each([
    ['c', BOTH, 'slots.unknown'],
    ['b', installedSlots(), 'slots.not-good'],
    ['b', null, 'slots.not-installed'],
  ])('%s is refused where that cannot be', async (slot, seen, code) => {
    world.bootSlots.seen = seen
    const app = await boot()
    await expect(app.systemSlots.activate(slot, 'anna')).rejects.toMatchObject({ code })
    await expect(app.systemSlots.bootOnce(slot, 'anna')).rejects.toMatchObject({ code })
  })
})

describe('a host that is not installed', () => {
  it('has no slots, and that is no fault', async () => {
    world.bootSlots.seen = null
    const app = await boot()
    expect(await app.systemSlots.view()).toEqual({ running: null, confirmed: false, missing: [], disks: 0, items: [] })
    expect(app.consoleStatus().system.slot).toBeNull()
  })
})

describe('a disk that cannot be read', () => {
  it('is asked again, and then its slot is confirmed', async () => {
    world.bootSlots.failure = new FakeFailure('host.EIO')
    const app = await boot()
    world.bootSlots.failure = null
    await world.clock.advance(10_000)
    expect(app.consoleStatus().system.slot).toEqual({ name: 'a', confirmed: true })
  })
})
