// Consoles of VMs: who gets in, by which ticket, how often.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf, codeOfPromise } from './refused.ts'

const may = () => true

describe('consoles', () => {
  let world: World
  let app: App
  let id: string
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    id = app.vms.create(draft('web1', { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }, serialPorts: 2 }), {
      dryRun: false,
      by: 'x',
    }).id
  })
  const start = async () => {
    app.power.powerOn(id, 'x')
    await world.clock.advance(0)
  }

  it('need a VM that runs', async () => {
    expect(codeOf(() => app.consoles.attachSerial(id, 0))).toBe('vm.power.wrong-state')
    expect(codeOf(() => app.consoles.issueTicket(id, 'vnc', 0, 'a', may))).toBe('vm.power.wrong-state')
    expect(await codeOfPromise(app.consoles.screenshot(id))).toBe('vm.power.wrong-state')
    expect(await codeOfPromise(app.consoles.attachVnc('none'))).toBe('vm.not-found')
    await start()
    expect(await app.consoles.attachVnc(id)).toBe(1200)
    expect([...(await app.consoles.screenshot(id))]).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  it('have as many serial ports as the VM was started with', async () => {
    await start()
    expect([app.consoles.attachSerial(id, 0), app.consoles.attachSerial(id, 1)]).toEqual([1100, 1101])
    expect(codeOf(() => app.consoles.attachSerial(id, 2))).toBe('vm.serial.no-such-port')
    expect(codeOf(() => app.consoles.issueTicket(id, 'serial', 2, 'a', may))).toBe('vm.serial.no-such-port')
  })

  it('have no screen where the VM was started without', async () => {
    app.vms.patch(id, { display: 'none' }, () => true, { dryRun: false, by: 'x' })
    await start()
    expect(await codeOfPromise(app.consoles.attachVnc(id))).toBe('vm.display.none')
    expect(await codeOfPromise(app.consoles.screenshot(id))).toBe('vm.display.none')
    expect(codeOf(() => app.consoles.issueTicket(id, 'vnc', 0, 'a', may))).toBe('vm.display.none')
  })

  it('let a ticket in once', async () => {
    await start()
    const { ticket, path } = app.consoles.issueTicket(id, 'vnc', 0, 'a', may)
    expect(path).toBe(`/v1/consoles/${ticket}`)
    expect(await app.consoles.useTicket(ticket)).toEqual({ descriptor: 1200, may })
    expect(await codeOfPromise(app.consoles.useTicket(ticket))).toBe('console.ticket-invalid')
    const serial = app.consoles.issueTicket(id, 'serial', 1, 'a', may)
    expect((await app.consoles.useTicket(serial.ticket)).descriptor).toBe(1101)
  })

  it('let a ticket in for half a minute, and say no more of a bad one', async () => {
    await start()
    const { ticket } = app.consoles.issueTicket(id, 'vnc', 0, 'a', may)
    await world.clock.advance(30_000)
    expect(await codeOfPromise(app.consoles.useTicket(ticket))).toBe('console.ticket-invalid')
    expect(await codeOfPromise(app.consoles.useTicket('x'))).toBe('console.ticket-invalid')
  })

  it('use a ticket up also where the VM has ended meanwhile', async () => {
    await start()
    const { ticket } = app.consoles.issueTicket(id, 'vnc', 0, 'a', may)
    world.vmHost.machine(id).crash()
    await world.clock.advance(0)
    expect(await codeOfPromise(app.consoles.useTicket(ticket))).toBe('vm.power.wrong-state')
    expect(await codeOfPromise(app.consoles.useTicket(ticket))).toBe('console.ticket-invalid')
  })

  it('have few tickets waiting for one user, and forget those that nobody used', async () => {
    await start()
    for (let count = 0; count < 64; count++) app.consoles.issueTicket(id, 'vnc', 0, 'a', may)
    expect(codeOf(() => app.consoles.issueTicket(id, 'vnc', 0, 'a', may))).toBe('console.too-many-tickets')
    expect(app.consoles.issueTicket(id, 'vnc', 0, 'b', may).validSeconds).toBe(30)
    await world.clock.advance(30_000)
    expect(app.consoles.issueTicket(id, 'vnc', 0, 'a', may).validSeconds).toBe(30)
  })

  it('press keys together, and type text one key after the other', async () => {
    await start()
    await app.consoles.pressKeys(id, { keys: ['ctrl', 'alt', 'delete'], text: '', holdMs: 100 })
    await app.consoles.pressKeys(id, { keys: [], text: 'aB', holdMs: 100 })
    expect(world.vmHost.machine(id).pressed).toEqual(['ctrl+alt+delete', 'a', 'shift+b'])
  })
})
