// Random histories: what clients, guests, crashes and restarts do in any order must never break what is promised.
import { describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import type { VmSpec } from '../../../control/src/domain/vm.ts'
import type { Vm } from '../../../control/src/domain/vm-status.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

/** The engine under WebAssembly is far slower than Node. */
const SEQUENCES = 'process' in globalThis ? 10_000 : 200
const STEPS = 40
const BY = 'simulation'
const CHANGE = { dryRun: false, by: BY }

class Simulation {
  readonly world: World
  readonly trace: string[] = []
  #app: App | null = null
  /** What was acknowledged, by VM: its spec as JSON. */
  readonly #acknowledged = new Map<string, string>()
  readonly #tasks: string[] = []
  /** Changes of running VMs that are being made: task, VM, and the spec that is kept if it succeeds. */
  readonly #changes: { readonly task: string; readonly vm: string; readonly spec: string }[] = []

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
      ...([this.create, this.create, this.patch, this.remove] as const),
      ...([this.power, this.power, this.power, this.power, this.power, this.power, this.cancel] as const),
      ...([
        this.clingy,
        this.releaseLate,
        this.failStep,
        this.crash,
        this.stubborn,
        this.deaf,
        this.failLaunch,
        this.fullDisk,
        this.time,
        this.time,
        this.kill,
        this.cut,
      ] as const),
    ])
    this.trace.push(act.name)
    await act.call(this)
    // Sometimes everything settles first, sometimes the next thing happens in the middle.
    if (random.below(2) === 0) await this.world.clock.advance(0)
  }

  create(): void {
    const file = this.world.random.pick(['a.qcow2', 'b.qcow2', 'c.raw'])
    const disks = [{ datastore: 'local', file, format: 'qcow2', readOnly: this.world.random.below(2) === 0 }]
    this.#attempt(() =>
      this.#acknowledge(this.app.vms.create(draft(`vm${this.world.random.below(6)}`, { disks, nics: [{ network: 'nat' }] }), CHANGE)),
    )
  }

  patch(): void {
    const vm = this.#any()
    if (vm === undefined) return
    const { random } = this.world
    const file = random.pick(['a.qcow2', 'b.qcow2', 'c.raw'])
    const disk = { datastore: 'local', file, format: 'raw' }
    const patch = random.pick<object>([
      { memoryMiB: 64 + 4 * random.below(200) },
      { maxMemoryMiB: 1024, maxVcpus: 4 },
      { vcpus: 1 + random.below(4) },
      { memoryTargetMiB: 64 },
      { disks: [disk] },
      { disks: [] },
      { disks: [...vm.spec.disks, { ...disk, bus: random.pick(['virtio-blk', 'virtio-scsi', 'sata']) }] },
      {
        nics: random.pick([
          [],
          [...vm.spec.nics, { network: 'nat' }].slice(0, 8),
          vm.spec.nics.map((nic) => ({ ...nic, connected: false })),
        ]),
      },
      { cdroms: [{ medium: random.pick([null, { datastore: 'local', file: 'x.iso' }]) }] },
      { onPanic: random.pick(['none', 'pause', 'reset', 'power-off']) },
      { name: 'vm1' },
    ])
    this.#attempt(() => {
      const wanted = this.app.vms.patch(vm.id, patch, () => true, { dryRun: true, by: BY }).vm
      const { vm: changed, task } = this.app.vms.patch(vm.id, patch, () => true, CHANGE)
      if (task === null) return this.#acknowledge(changed)
      this.#tasks.push(task.id)
      this.#changes.push({ task: task.id, vm: vm.id, spec: JSON.stringify(wanted.spec) })
    })
  }

  remove(): void {
    const vm = this.#any()
    if (vm === undefined) return
    this.#attempt(() => {
      this.app.vms.remove(vm.id, () => true, CHANGE)
      this.#acknowledged.delete(vm.id)
    })
  }

  power(): void {
    const vm = this.#any()
    const verb = this.world.random.pick([
      'powerOn',
      'powerOn',
      'shutdown',
      'powerOff',
      'reset',
      'pause',
      'resume',
      'suspend',
      'resume',
    ] as const)
    if (vm !== undefined) this.#attempt(() => this.#tasks.push(this.app.power[verb](vm.id, BY).id))
  }

  cancel(): void {
    const id = this.#tasks[this.world.random.below(Math.max(1, this.#tasks.length))]
    if (id !== undefined) this.#attempt(() => this.app.tasks.cancel(id))
  }

  clingy(): void {
    const machine = this.#machine()
    if (machine !== undefined) machine.releasing = !machine.releasing
  }

  releaseLate(): void {
    this.#machine()?.release(this.world.random.pick(['disk0', 'disk1', 'nic0']))
  }

  failStep(): void {
    const machine = this.#machine()
    if (machine !== undefined) machine.failNextStep = this.world.random.pick(['plug-disk', 'plug-nic', 'set-vcpus', 'change-medium'])
  }

  crash(): void {
    this.#machine()?.crash()
  }

  stubborn(): void {
    const machine = this.#machine()
    if (machine !== undefined) machine.obedient = !machine.obedient
  }

  deaf(): void {
    const machine = this.#machine()
    if (machine !== undefined) machine.answering = !machine.answering
  }

  failLaunch(): void {
    this.world.vmHost.failNextLaunch = new FakeFailure('host.EIO')
  }

  async fullDisk(): Promise<void> {
    this.world.store.writesLeft = this.world.random.below(3)
    this.create()
    await this.world.clock.advance(0)
    this.world.store.writesLeft = Number.POSITIVE_INFINITY
  }

  async time(): Promise<void> {
    await this.world.clock.advance(this.world.random.below(70_000))
  }

  /** controld is killed; what it was waiting for still happens to nobody. */
  async kill(): Promise<void> {
    await this.world.clock.advance(0)
    await this.restart()
  }

  async cut(): Promise<void> {
    await this.world.clock.advance(0)
    this.world.vmHost.powerCut()
    await this.restart()
  }

  /** What must be so at any time. */
  check(): void {
    const { store } = this.world
    for (const { task, vm, spec } of this.#changes.splice(0)) {
      const state = store.getTask(task)?.state
      if (state === 'succeeded') this.#acknowledged.set(vm, spec)
      if (state === 'running') this.#changes.push({ task, vm, spec })
    }
    for (const [id, spec] of this.#acknowledged) expect(JSON.stringify(store.getVm(id)?.spec)).toBe(spec)
    expect(
      store
        .listVms()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...this.#acknowledged.keys()].sort())
    expect(this.app.vms.list().map(({ id }) => id)).toEqual(store.listVms().map(({ id }) => id))
    expect(this.#written()).toHaveLength(new Set(this.#written()).size)
  }

  /** Every file that a process has open for writing, or that a suspended VM goes on writing when it is resumed. */
  #written(): readonly string[] {
    const { store, vmHost } = this.world
    const processes = [...vmHost.machines.values()].filter(({ exit }) => exit === null)
    const running = new Set(processes.map(({ vmId }) => vmId))
    // One that is being resumed has both.
    const suspended = store.listVms().flatMap((record) => (record.suspended !== null && !running.has(record.id) ? [record.suspended] : []))
    return [
      ...processes.flatMap((machine) => machine.writtenFiles()),
      ...suspended.flatMap(({ spec }) => spec.disks.filter(({ readOnly }) => !readOnly).map(({ file }) => `/datastores/local/${file}`)),
    ]
  }

  /** What must be so once nothing is under way: memory, store and host agree, and every task has ended. */
  async checkSettled(): Promise<void> {
    for (const machine of this.world.vmHost.machines.values()) machine.answering = true
    await this.world.clock.advance(120_000)
    const { store, vmHost } = this.world
    for (const record of store.listVms()) {
      const machine = vmHost.machines.get(record.id)
      const runs = machine !== undefined && machine.exit === null
      const { powerState, pid } = this.app.vms.get(record.id).status
      const state = runs
        ? machine.state === 'running'
          ? 'running'
          : 'paused'
        : record.suspended === null
          ? /^(off|crashed)$/
          : 'suspended'
      expect([powerState, pid]).toEqual([
        typeof state === 'string' ? state : expect.stringMatching(state),
        runs ? machine.identity.pid : undefined,
      ])
      expect(record.process).toEqual(runs ? machine.identity : null)
      expect(record.changingTo).toBeNull()
      // What is resumed must be there, and what is not suspended must never be resumed.
      if (record.suspended !== null) expect([...vmHost.kept]).toContain(`/datastores/local/.vm/${record.id}/memory`)
      if (runs) expect(record.suspended).toBeNull()
      if (runs) expect(machine.devices()).toEqual(devicesOf(record.startedSpec))
    }
    for (const [id, { exit }] of vmHost.machines) if (exit === null) expect(store.getVm(id)).not.toBeNull()
    for (const id of this.#tasks) expect(store.getTask(id)?.state).not.toBe('running')
    for (const kept of vmHost.kept) expect(store.getVm(kept.split('/')[4] ?? '')).not.toBeNull()
    expect(this.world.clock.pendingTimers).toBe(0)
  }

  #any(): Vm | undefined {
    const vms = this.app.vms.list()
    return vms[this.world.random.below(Math.max(1, vms.length))]
  }

  #machine() {
    const machines = [...this.world.vmHost.machines.values()]
    return machines[this.world.random.below(Math.max(1, machines.length))]
  }

  #acknowledge({ id, spec }: Vm): void {
    this.#acknowledged.set(id, JSON.stringify(spec))
  }

  /** Refusals and a full disk are answers; anything else is a defect. */
  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Refusal) && !String(error).includes('disk is full')) throw error
    }
  }
}

/** Names of the disks and NICs that a spec has. */
function devicesOf(spec: VmSpec | null): readonly string[] {
  if (spec === null) return []
  return [...spec.disks.map(({ slot }) => `disk${slot}`), ...spec.nics.map(({ slot }) => `nic${slot}`)].sort()
}

describe(`${SEQUENCES} random histories`, () => {
  it.each(Array.from({ length: 10 }, (_, part) => [part]))('keep every promise (part %d)', async (part) => {
    for (let seed = part * (SEQUENCES / 10); seed < (part + 1) * (SEQUENCES / 10); seed++) {
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
