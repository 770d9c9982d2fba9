// Random histories of files: made, grown, copied, deleted, used by VMs, with crashes and restarts in between. Nobody's file is touched by two, lost or left behind.
import { describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const SEQUENCES = 500
const STEPS = 40
const BY = 'simulation'
const MIB = 1_048_576
const FILES = ['a.qcow2', 'b.qcow2', 'c.raw', 'x.iso', 'd', 'e'] as const
const at = (file: string) => ({ datastore: 'local', file })

class Simulation {
  readonly world: World
  readonly trace: string[] = []
  #app: App | null = null
  readonly #tasks: string[] = []
  #open: () => void = () => {}

  constructor(seed: number) {
    this.world = new World(seed)
  }

  get app(): App {
    if (this.#app === null) throw new Error('not booted')
    return this.#app
  }

  async restart(): Promise<void> {
    this.#app = await this.world.boot()
  }

  async step(): Promise<void> {
    const { random } = this.world
    const act = random.pick([
      ...([this.create, this.create, this.grow, this.grow, this.copy, this.copy, this.remove, this.cancel] as const),
      ...([this.vm, this.vm, this.power, this.power, this.power, this.edit, this.drop] as const),
      ...([this.slow, this.slow, this.go, this.fail, this.full, this.room, this.crash, this.time, this.kill] as const),
    ])
    this.trace.push(act.name)
    await act.call(this)
    if (random.below(2) === 0) await this.world.clock.advance(0)
  }

  create(): void {
    const { random } = this.world
    const format = random.pick(['raw', 'qcow2'] as const)
    const preallocation = random.pick(['none', 'full'] as const)
    this.#begin(() => this.app.disks.create('local', { file: random.pick(FILES), format, sizeBytes: 4 * MIB, preallocation }, BY))
  }

  grow(): void {
    const { random } = this.world
    this.#begin(() => this.app.disks.grow(at(random.pick(FILES)), { sizeBytes: (1 + random.below(64)) * MIB }, BY))
  }

  copy(): void {
    const { random } = this.world
    this.#begin(() => this.app.disks.copy(at(random.pick(FILES)), { to: random.pick(FILES) }, BY))
  }

  async remove(): Promise<void> {
    try {
      await this.app.files.remove(at(this.world.random.pick(FILES)), BY)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }

  cancel(): void {
    const id = this.#tasks[this.world.random.below(Math.max(1, this.#tasks.length))]
    if (id !== undefined) this.#attempt(() => this.app.tasks.cancel(id))
  }

  vm(): void {
    const { random } = this.world
    const disk = { ...at(random.pick(FILES)), format: 'raw', readOnly: random.below(3) === 0 }
    this.#attempt(() => this.app.vms.create(draft(`vm${random.below(4)}`, { disks: [disk] }), { dryRun: false, by: BY }))
  }

  edit(): void {
    const id = this.#any()
    const file = this.world.random.pick(FILES)
    const disks = [{ ...at(file), format: 'raw' }]
    if (id !== undefined) this.#attempt(() => this.app.vms.patch(id, { disks }, () => true, { dryRun: false, by: BY }))
  }

  drop(): void {
    const id = this.#any()
    if (id !== undefined) this.#attempt(() => this.app.vms.remove(id, () => true, { dryRun: false, by: BY }))
  }

  power(): void {
    const id = this.#any()
    const verb = this.world.random.pick(['powerOn', 'powerOn', 'powerOff', 'suspend', 'resume'] as const)
    if (id !== undefined) this.#begin(() => this.app.power[verb](id, BY))
  }

  slow(): void {
    this.go()
    this.world.diskImages.gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  go(): void {
    this.#open()
    this.world.diskImages.gate = Promise.resolve()
  }

  fail(): void {
    this.world.diskImages.failNext = new FakeFailure('datastore.full')
  }

  full(): void {
    this.world.datastores.availableBytes = 1000
    for (const machine of this.world.vmHost.machines.values()) {
      if (machine.exit === null && machine.state === 'running') machine.enter('out-of-space')
    }
  }

  room(): void {
    this.world.datastores.availableBytes = 2 ** 40
  }

  crash(): void {
    const machines = [...this.world.vmHost.machines.values()]
    machines[this.world.random.below(Math.max(1, machines.length))]?.crash()
  }

  async time(): Promise<void> {
    await this.world.clock.advance(this.world.random.below(20_000))
  }

  async kill(): Promise<void> {
    await this.world.clock.advance(0)
    await this.restart()
  }

  /** What must be so at any time. */
  check(): void {
    const { diskImages, vmHost } = this.world
    for (const machine of vmHost.machines.values()) {
      if (machine.exit !== null) continue
      const written = machine.writtenFiles()
      // What qemu-img has in hands and what a VM writes are different files, and a VM's file stays.
      expect(written.filter((path) => diskImages.touched.has(path))).toEqual([])
      expect(written.map((path) => path.slice('/datastores/local/'.length)).filter((file) => !this.#has(file))).toEqual([])
    }
  }

  /** What must be so once nothing is under way: nothing unfinished, every task ended, every file free again, nobody waiting for room that is there. */
  async checkSettled(): Promise<void> {
    this.go()
    this.room()
    await this.world.clock.advance(600_000)
    const { clock, datastores, store, vmHost } = this.world
    expect([...(datastores.contents?.keys() ?? [])].filter((name) => name.startsWith('.'))).toEqual([])
    for (const id of this.#tasks) expect(store.getTask(id)?.state).not.toBe('running')
    for (const { exit, state } of vmHost.machines.values()) if (exit === null) expect(state).not.toBe('out-of-space')
    expect(clock.pendingTimers).toBe(0)
    for (const { id } of this.app.vms.list()) {
      this.#attempt(() => this.app.power.powerOff(id, BY))
      await clock.advance(0)
      this.app.vms.remove(id, () => true, { dryRun: false, by: BY })
    }
    // Nobody holds any of them.
    for (const { name } of this.app.files.list('local')) await this.app.files.remove(at(name), BY)
  }

  #has(file: string): boolean {
    return this.world.datastores.contents?.has(file) === true
  }

  #any(): string | undefined {
    const vms = this.app.vms.list()
    return vms[this.world.random.below(Math.max(1, vms.length))]?.id
  }

  #begin(start: () => { readonly id: string }): void {
    this.#attempt(() => this.#tasks.push(start().id))
  }

  #attempt(act: () => unknown): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
}

describe(`${SEQUENCES} random histories of files`, () => {
  it.each(Array.from({ length: 4 }, (_, part) => [part]))('keep every promise (part %d)', async (part) => {
    for (let seed = part * (SEQUENCES / 4); seed < (part + 1) * (SEQUENCES / 4); seed++) {
      const simulation = new Simulation(seed + 1)
      try {
        await simulation.restart()
        for (let step = 0; step < STEPS; step++) {
          await simulation.step()
          simulation.check()
        }
        await simulation.checkSettled()
      } catch (error) {
        throw new Error(`history ${seed + 1}: ${simulation.trace.join(' ')}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  })
})
