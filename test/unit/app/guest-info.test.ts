// What is shown of guests: heard in the background, as their own claim; and what agents are asked for without anybody asking.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { AgentBehaviour, FakeGuest } from '../../fakes/guest-agent.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const BY = 'administrator'
const DISK = { datastore: 'local', file: 'a.qcow2', format: 'qcow2' }

let world: World
let app: App
let id: string
let guest: FakeGuest

const pass = (ms = 0) => world.clock.advance(ms)
const status = () => app.vms.get(id).status.guest

async function start(name: string, disk: object = DISK): Promise<string> {
  const made = app.vms.create(draft(name, { disks: [disk] }), { dryRun: false, by: BY }).id
  app.power.powerOn(made, BY)
  await pass()
  return made
}

async function open(): Promise<void> {
  guest.isOpen = true
  await pass(1_000)
}

beforeEach(async () => {
  world = new World()
  app = await world.boot()
  id = await start('web1')
  guest = world.vmHost.machine(id).guest
})

describe('the agent of a guest', () => {
  it('is absent until something opens the channel, and costs nothing until then', async () => {
    await pass(3_600_000)
    expect(status()).toEqual({ agent: 'absent' })
    expect([guest.observed, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('is heard soon after it has come, and every 15 s from then on', async () => {
    guest.isOpen = true
    expect(status()).toEqual({ agent: 'silent' })
    await pass(1_000)
    expect(status()).toEqual({ agent: 'responding', claims: { ...guest.claims, frozen: false, observedAt: world.clock.now() } })
    guest.claims = { ...guest.claims, hostname: 'renamed' }
    await pass(14_999)
    expect(status()?.claims?.hostname).toBe('guest')
    await pass(1)
    expect(status()?.claims).toMatchObject({ hostname: 'renamed', observedAt: world.clock.now() })
  })

  it('changes nothing that is shown as long as it says the same', async () => {
    await open()
    const vm = app.vms.get(id)
    await pass(60_000)
    expect(guest.observed).toBe(5)
    expect(app.vms.get(id)).toBe(vm)
  })

  it('takes its claims with it when it goes, and is not asked any more', async () => {
    await open()
    guest.isOpen = false
    expect(status()).toEqual({ agent: 'absent' })
    await pass(60_000)
    expect([guest.observed, world.clock.pendingTimers]).toEqual([1, 0])
  })

  it('is nothing of a VM that is off', async () => {
    await open()
    app.power.powerOff(id, BY)
    await pass(1_000)
    expect(status()).toBeUndefined()
    expect(world.clock.pendingTimers).toBe(0)
    app.power.powerOn(id, BY)
    await pass()
    expect(status()).toEqual({ agent: 'absent' })
  })

  it.each<[AgentBehaviour]>([['silent'], ['malformed']])(
    'that is %s keeps its claims, is shown as silent, and asked less and less',
    async (behaviour) => {
      await open()
      const claims = status()?.claims
      guest.behaviour = behaviour
      await pass(15_000)
      expect(status()).toEqual({ agent: 'silent', claims })
      const before = guest.observed
      await pass(3_600_000)
      expect(guest.observed - before).toBeLessThan(20)
      guest.behaviour = 'good'
      await pass(300_000)
      expect(status()).toEqual({ agent: 'responding', claims })
    },
  )

  it.each<[AgentBehaviour]>([['failing'], ['limited']])('that is %s still tells what it can', async (behaviour) => {
    guest.behaviour = behaviour
    await open()
    expect(status()).toMatchObject({ agent: 'responding', claims: { hostname: 'guest' } })
  })

  it('is not asked while the VM stands still, and no worse for it', async () => {
    await open()
    app.power.pause(id, BY)
    await pass(60_000)
    expect([status()?.agent, guest.observed]).toEqual(['responding', 1])
  })

  it('is heard by a new controld', async () => {
    await open()
    app = await world.boot()
    expect(status()).toEqual({ agent: 'silent' })
    await pass(1_000)
    expect(status()).toMatchObject({ agent: 'responding', claims: { hostname: 'guest' } })
  })
})

describe('many guests', () => {
  it('are looked at 16 at once, and each gets its turn', async () => {
    const ids = [id]
    for (let number = 2; number <= 40; number++) {
      const file = `${number}.raw`
      world.datastores.contents?.set(file, 1024)
      ids.push(await start(`vm${number}`, { ...DISK, file, format: 'raw' }))
    }
    const guests = ids.map((one) => world.vmHost.machine(one).guest)
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    for (const one of guests) Object.assign(one, { gate, isOpen: true })
    await pass(1_000)
    expect(guests.filter(({ observed }) => observed === 1)).toHaveLength(16)
    release()
    await pass()
    expect(guests.every(({ observed }) => observed === 1)).toBe(true)
    expect(app.vms.list().every((vm) => vm.status.guest?.agent === 'responding')).toBe(true)
  })
})

describe('the time', () => {
  it('is given to a guest that was paused, when its agent answers', async () => {
    await open()
    app.power.pause(id, BY)
    await pass(60_000)
    expect(guest.timesSet).toBe(0)
    app.power.resume(id, BY)
    await pass(5_000)
    expect(guest.timesSet).toBe(1)
    await pass(60_000)
    expect(guest.timesSet).toBe(1)
  })

  it('is given to a guest that was suspended', async () => {
    await open()
    app.power.suspend(id, BY)
    await pass()
    app.power.resume(id, BY)
    await pass()
    guest = world.vmHost.machine(id).guest
    await pass(10_000)
    await open()
    expect(guest.timesSet).toBe(1)
  })

  it('waits for an agent that is silent', async () => {
    await open()
    guest.behaviour = 'silent'
    app.power.pause(id, BY)
    await pass()
    app.power.resume(id, BY)
    await pass(30_000)
    guest.behaviour = 'good'
    await pass(60_000)
    expect(guest.timesSet).toBe(1)
  })

  it.each<[AgentBehaviour]>([['limited'], ['failing']])('is offered once to an agent that is %s', async (behaviour) => {
    guest.behaviour = behaviour
    await open()
    app.power.pause(id, BY)
    await pass()
    app.power.resume(id, BY)
    await pass(30_000)
    guest.behaviour = 'good'
    await pass(60_000)
    expect([guest.timesSet, status()?.agent]).toEqual([0, 'responding'])
  })
})

describe('a shutdown', () => {
  const presses = () => world.vmHost.machine(id).presses
  const state = () => app.vms.get(id).status.powerState

  it('is asked of the agent when it answers', async () => {
    await open()
    const task = app.power.shutdown(id, BY)
    await pass()
    expect([guest.shutdowns, presses(), state(), app.tasks.get(task.id).state]).toEqual([1, 0, 'off', 'succeeded'])
  })

  it('presses the button 10 s later when the agent promised and nothing happens', async () => {
    await open()
    guest.obedient = false
    app.power.shutdown(id, BY)
    await pass(9_999)
    expect([guest.shutdowns, presses()]).toEqual([1, 0])
    await pass(1)
    expect([presses(), state()]).toEqual([1, 'off'])
  })

  it.each<[string, AgentBehaviour]>([
    ['cannot', 'failing'],
    ['may not', 'limited'],
    ['does not answer any more', 'silent'],
    ['talks nonsense', 'malformed'],
  ])('presses the button at once when the agent %s', async (_what, behaviour) => {
    await open()
    guest.behaviour = behaviour
    const task = app.power.shutdown(id, BY)
    await pass()
    expect([presses(), state(), app.tasks.get(task.id).state]).toEqual([1, 'off', 'succeeded'])
  })

  it('presses the button while the agent takes its time', async () => {
    await open()
    guest.gate = new Promise(() => {})
    const task = app.power.shutdown(id, BY)
    await pass(10_000)
    expect(presses()).toBe(1)
    await pass(1_000)
    expect(state()).toBe('off')
    expect(app.tasks.get(task.id).state).not.toBe('failed')
  })

  it('does not wait for an agent that was silent before', async () => {
    guest.behaviour = 'silent'
    await open()
    app.power.shutdown(id, BY)
    await pass()
    expect([guest.shutdowns, presses(), state()]).toEqual([0, 1, 'off'])
  })

  it('is asked of an agent that begins to answer while the guest ignores the button', async () => {
    guest.behaviour = 'silent'
    await open()
    world.vmHost.machine(id).obedient = false
    const task = app.power.shutdown(id, BY)
    await pass(15_000)
    expect([guest.shutdowns, state()]).toEqual([0, 'stopping'])
    guest.behaviour = 'good'
    await pass(30_000)
    expect([guest.shutdowns, state(), app.tasks.get(task.id).state]).toEqual([1, 'off', 'succeeded'])
  })

  it('thaws the guest first', async () => {
    await open()
    app.guests.freeze(id, 600, BY)
    await pass()
    expect(guest.frozen).toBe(true)
    app.power.shutdown(id, BY)
    await pass()
    expect([guest.frozen, guest.shutdowns, state()]).toEqual([false, 1, 'off'])
  })
})
