// A guest is frozen for as long as was said at most, whatever happens meanwhile.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { AgentBehaviour, FakeGuest } from '../../fakes/guest-agent.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf } from './refused.ts'

const BY = 'administrator'

let world: World
let app: App
let id: string
let guest: FakeGuest

const pass = (ms = 0) => world.clock.advance(ms)
const codes = (count: number) => world.store.latestEvents(count).map(({ code }) => code)
const shown = () => app.vms.get(id).status.guest?.claims

beforeEach(async () => {
  world = new World()
  app = await world.boot()
  const disks = [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }]
  id = app.vms.create(draft('web1', { disks }), { dryRun: false, by: BY }).id
  app.power.powerOn(id, BY)
  await pass()
  guest = world.vmHost.machine(id).guest
  guest.isOpen = true
  await pass(1_000)
})

async function frozen(seconds = 60): Promise<void> {
  app.guests.freeze(id, seconds, BY)
  await pass()
  if (!guest.frozen) throw new Error('it is not frozen')
}

describe('freezing', () => {
  it('is a task, told, and shown beside what was known before', async () => {
    const task = app.guests.freeze(id, 60, BY)
    expect(task).toMatchObject({ kind: 'vm.freeze', target: { kind: 'vm', id }, state: 'running' })
    await pass()
    expect(app.tasks.get(task.id).state).toBe('succeeded')
    expect(world.store.latestEvents(1)).toMatchObject([
      { code: 'vm.frozen', message: '2 file systems of web1 were frozen by administrator, for 60 s at most.' },
    ])
    expect(shown()).toMatchObject({ frozen: true, hostname: 'guest', addresses: guest.claims.addresses })
  })

  it('ends when the time is over, and says so', async () => {
    await frozen(60)
    await pass(59_999)
    expect(guest.frozen).toBe(true)
    await pass(1)
    expect(guest.frozen).toBe(false)
    expect(codes(1)).toEqual(['vm.thawed'])
    expect(shown()).toMatchObject({ frozen: false })
  })

  it('ends by thawing, and not once more', async () => {
    await frozen(60)
    const task = app.guests.thaw(id, BY)
    await pass()
    expect([guest.frozen, app.tasks.get(task.id).state]).toEqual([false, 'succeeded'])
    expect(shown()).toMatchObject({ frozen: false })
    await frozen(600)
    await pass(120_000)
    expect(guest.frozen).toBe(true)
    expect(codes(3)).toEqual(['vm.frozen', 'vm.thawed', 'vm.frozen'])
  })

  it('ends when a new controld comes, which does not know why', async () => {
    await frozen(600)
    app = await world.boot()
    await pass(1_000)
    expect([guest.frozen, shown()?.frozen]).toEqual([false, false])
  })

  it('ends when a controld is restarted in the middle of it', async () => {
    guest.gate = new Promise(() => {})
    const task = app.guests.freeze(id, 600, BY)
    await pass()
    Object.assign(guest, { frozen: true, gate: Promise.resolve() })
    app = await world.boot()
    await pass(1_000)
    expect(guest.frozen).toBe(false)
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'task.interrupted' } })
  })

  it('ends although the agent does not answer when the time is over', async () => {
    await frozen(30)
    guest.behaviour = 'silent'
    await pass(300_000)
    expect(guest.frozen).toBe(true)
    guest.behaviour = 'good'
    await pass(20_000)
    expect(guest.frozen).toBe(false)
  })

  it('ends when the VM goes on, if the time was over while it stood still', async () => {
    await frozen(30)
    app.power.pause(id, BY)
    await pass(120_000)
    expect(guest.frozen).toBe(true)
    app.power.resume(id, BY)
    await pass(15_000)
    expect(guest.frozen).toBe(false)
  })

  it('ends when it cannot be written', async () => {
    guest.gate = Promise.resolve().then(() => {
      world.store.writesLeft = 0
    })
    app.guests.freeze(id, 600, BY)
    await pass()
    expect(guest.frozen).toBe(false)
    world.store.writesLeft = Number.POSITIVE_INFINITY
  })

  it.each<[AgentBehaviour, string]>([
    ['silent', 'guest-agent.timeout'],
    ['malformed', 'guest-agent.malformed'],
    ['failing', 'guest-agent.error'],
    ['limited', 'guest-agent.unsupported'],
  ])('by an agent that is %s fails with %s', async (behaviour, code) => {
    guest.behaviour = behaviour
    const task = app.guests.freeze(id, 60, BY)
    await pass()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code } })
    guest.behaviour = 'good'
    await frozen()
  })

  it('that happened although it failed is undone', async () => {
    guest.behaviour = 'silent'
    app.guests.freeze(id, 600, BY)
    await pass()
    Object.assign(guest, { behaviour: 'good', frozen: true })
    await pass(60_000)
    expect(guest.frozen).toBe(false)
  })

  it('is refused when there is no agent, none runs, or it is so already', async () => {
    await frozen()
    expect(codeOf(() => app.guests.freeze(id, 60, BY))).toBe('vm.already-frozen')
    guest.isOpen = false
    expect(codeOf(() => app.guests.freeze(id, 60, BY))).toBe('guest-agent.absent')
    expect(codeOf(() => app.guests.thaw(id, BY))).toBe('guest-agent.absent')
    app.power.powerOff(id, BY)
    await pass()
    expect(codeOf(() => app.guests.freeze(id, 60, BY))).toBe('vm.power.wrong-state')
    expect(codeOf(() => app.guests.thaw('none', BY))).toBe('vm.not-found')
  })

  it('is of no concern to a guest that has restarted', async () => {
    await frozen(30)
    app.power.reset(id, BY)
    await pass()
    guest.isOpen = true
    await pass(60_000)
    expect(codes(2)).toEqual(['vm.frozen', 'vm.reset'])
    await frozen()
  })
})

describe('a guest that always says that it is frozen', () => {
  it('is asked no more often for it, and fills no log', async () => {
    const agent = Object.assign(guest, { claims: { ...guest.claims } })
    const events = world.store.latestEvents(1)[0]?.id
    const timer = setIntervalOn(5_000, () => {
      agent.frozen = true
    })
    await pass(600_000)
    timer()
    expect(guest.observed).toBeLessThan(125)
    expect(world.store.latestEvents(1)[0]?.id).toBe(events)
    expect(world.logged.filter((line) => !line.startsWith('info'))).toEqual([])
  })
})

function setIntervalOn(everyMs: number, callback: () => void): () => void {
  let cancel = () => {}
  const again = () => {
    cancel = world.clock.after(everyMs, () => {
      callback()
      again()
    })
  }
  again()
  return () => cancel()
}
