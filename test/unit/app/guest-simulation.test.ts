// Random histories of agents that come, go, lie and fall silent, under an app that freezes, pauses and restarts: no guest stays frozen, no task stays, no timer is left.
import { describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import type { AgentBehaviour } from '../../fakes/guest-agent.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const HISTORIES = 150
const STEPS = 60
const BY = 'simulation'
const BEHAVIOURS: readonly AgentBehaviour[] = ['good', 'good', 'good', 'silent', 'malformed', 'failing', 'limited']
/** The longest freeze, and what may come after it until the guest is looked at. */
const SETTLED_MS = 600_000 + 330_000

class History {
  readonly world: World
  readonly trace: string[] = []
  #app: App | null = null
  readonly ids: string[] = []

  constructor(seed: number) {
    this.world = new World(seed)
  }

  get app(): App {
    if (this.#app === null) throw new Error('not booted')
    return this.#app
  }

  async begin(): Promise<void> {
    await this.restart()
    for (const file of ['a.qcow2', 'b.qcow2']) {
      const disks = [{ datastore: 'local', file, format: 'qcow2' }]
      this.ids.push(this.app.vms.create(draft(file, { disks }), { dryRun: false, by: BY }).id)
    }
  }

  async restart(): Promise<void> {
    this.#app = await this.world.boot()
  }

  below(count: number): number {
    return (this.world.random.bytes(1)[0] ?? 0) % count
  }

  async step(): Promise<void> {
    const id = this.ids[this.below(2)] ?? ''
    const { app, world } = this
    const machine = world.vmHost.machines.get(id)
    const guest = machine?.exit === null ? machine.guest : null
    const seconds = 1 + this.below(200) * 3
    const steps: readonly (readonly [string, () => unknown])[] = [
      ['on', () => app.power.powerOn(id, BY)],
      ['on', () => app.power.powerOn(id, BY)],
      ['open', () => Object.assign(guest ?? {}, { isOpen: true })],
      ['open', () => Object.assign(guest ?? {}, { isOpen: true })],
      ['close', () => Object.assign(guest ?? {}, { isOpen: false })],
      ['behave', () => Object.assign(guest ?? {}, { behaviour: BEHAVIOURS[this.below(BEHAVIOURS.length)] })],
      ['rename', () => Object.assign(guest ?? {}, { claims: { ...guest?.claims, hostname: `host${this.below(3)}` } })],
      ['obey', () => Object.assign(guest ?? {}, { obedient: this.below(2) === 0 })],
      ['freeze', () => app.guests.freeze(id, seconds, BY)],
      ['freeze', () => app.guests.freeze(id, seconds, BY)],
      ['thaw', () => app.guests.thaw(id, BY)],
      ['pause', () => app.power.pause(id, BY)],
      ['resume', () => app.power.resume(id, BY)],
      ['suspend', () => app.power.suspend(id, BY)],
      ['shutdown', () => app.power.shutdown(id, BY)],
      ['off', () => app.power.powerOff(id, BY)],
      ['reset', () => app.power.reset(id, BY)],
      ['crash', () => machine?.crash()],
      ['frozen-unasked', () => Object.assign(guest ?? {}, { frozen: true })],
      ['restart', () => this.restart()],
      ['full', () => Object.assign(world.store, { writesLeft: this.below(3) })],
      ['room', () => Object.assign(world.store, { writesLeft: Number.POSITIVE_INFINITY })],
      ['wait', () => world.clock.advance(this.below(200) * 500)],
      ['wait', () => world.clock.advance(this.below(40) * 100)],
    ]
    const [name, act] = steps[this.below(steps.length)] ?? ['', () => {}]
    this.trace.push(name)
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Refusal) && !/no room|full|StoreFailure/.test(String(error))) throw error
    }
    await world.clock.advance(0)
    this.check()
  }

  check(): void {
    for (const { id, status } of this.app.vms.list()) {
      const machine = this.world.vmHost.machines.get(id)
      const { guest } = status
      if ((guest === undefined) !== (status.pid === undefined))
        throw new Error('a guest is shown without a process, or the other way round')
      if (guest === undefined || machine === undefined || machine.exit !== null) continue
      if (machine.guest.isOpen !== (guest.agent !== 'absent')) throw new Error(`an agent is ${guest.agent}, which is not so`)
      if (guest.agent === 'absent' && guest.claims !== undefined) throw new Error('claims of nobody')
    }
  }

  /** Good agents, running VMs, room on the disk, and time. */
  async settle(): Promise<void> {
    const { app, world } = this
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await world.clock.advance(70_000)
    for (const id of this.ids) {
      try {
        app.power.resume(id, BY)
      } catch {
        // It does not stand still.
      }
    }
    await world.clock.advance(0)
    for (const { guest } of world.vmHost.machines.values()) Object.assign(guest, { behaviour: 'good', isOpen: true })
    await world.clock.advance(SETTLED_MS)
    this.check()
    for (const { id, status } of app.vms.list()) {
      const machine = world.vmHost.machines.get(id)
      if (machine === undefined) continue
      const { guest, state, exit } = machine
      if (exit === null && state === 'running' && guest.frozen) throw new Error('a guest stays frozen')
      if (status.powerState === 'running' && status.guest?.agent !== 'responding')
        throw new Error(`an agent is not heard: ${status.guest?.agent}`)
      if (status.powerState === 'running' && status.guest?.claims?.hostname !== guest.claims.hostname)
        throw new Error('what is shown is old')
    }
    const unended = world.store.listRunningTasks()
    if (unended.length > 0) throw new Error(`a task does not end: ${JSON.stringify(unended)}`)
    for (const { guest } of world.vmHost.machines.values()) guest.isOpen = false
    await world.clock.advance(SETTLED_MS)
    if (world.clock.pendingTimers > 0) throw new Error(`${world.clock.pendingTimers} timers are left`)
  }
}

describe(`${HISTORIES} random histories of guests`, () => {
  it('end with every guest thawed, heard, and shown as it is', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const history = new History(seed)
      try {
        await history.begin()
        for (let step = 0; step < STEPS; step++) await history.step()
        await history.settle()
      } catch (error) {
        throw new Error(`history ${seed}: ${history.trace.join(' ')}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    expect(true).toBe(true)
  })
})
