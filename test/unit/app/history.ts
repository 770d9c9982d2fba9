// One random history of a host: what clients, guests and crashes do, in an order that follows from a seed. controld may be killed before any of its effects.
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import type { Vm } from '../../../control/src/domain/vm-status.ts'
import { type ControlProcess, Killed } from '../../fakes/control-process.ts'
import type { FakeMachine } from '../../fakes/machine.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const BY = 'simulation'
const CHANGE = { dryRun: false, by: BY }
const DEVICES = ['PCI0-1c.0-00.0', 'PCI0-1d.0-00.0', 'PCI0-1d.0-00.1'] as const
const FILES = ['a.qcow2', 'b.qcow2', 'c.raw'] as const
/** Far more than any start takes. */
const START_AT_MOST_MS = 600_000

const VERBS = ['powerOn', 'shutdown', 'powerOff', 'reset', 'pause', 'resume', 'suspend'] as const
/** What a VM in this state can be asked for. */
const FITTING: Readonly<Record<string, readonly [(typeof VERBS)[number], ...(typeof VERBS)[number][]]>> = {
  off: ['powerOn'],
  crashed: ['powerOn'],
  suspended: ['resume', 'resume', 'powerOff'],
  paused: ['resume', 'resume', 'suspend', 'powerOff', 'reset'],
  running: ['suspend', 'suspend', 'pause', 'shutdown', 'powerOff', 'reset'],
}

/** A change of a running VM that is being made: the spec that is kept if its task succeeds. */
interface Changing {
  readonly task: string
  readonly vm: string
  readonly spec: string
}

export class History {
  readonly world: World
  readonly trace: string[] = []
  /** What was acknowledged, by VM: its spec as JSON. */
  readonly acknowledged = new Map<string, string>()
  readonly tasks: string[] = []
  changes: Changing[] = []
  /** VMs that had a process, or what was left of one, when the power went. */
  readonly cutOff = new Set<string>()
  /** Null while there is no controld that has come up. */
  app: App | null = null
  #process: ControlProcess | null = null

  constructor(seed: number) {
    this.world = new World(seed)
    const { random, clock, vmHost } = this.world
    this.world.latencyMs = () => random.below(40)
    vmHost.outside = () => (random.below(4) === 0 ? null : new Promise((resolve) => void clock.after(random.below(3_000), resolve)))
  }

  /** `effects`: after how many the new controld is killed in its turn. */
  async restart(effects = Number.POSITIVE_INFINITY): Promise<void> {
    this.app = null
    const { app, process, started } = this.world.begin()
    this.#process = process
    process.effectsLeft = effects
    let isUp = false
    const up = started.then(() => {
      isUp = true
    })
    up.catch(() => {})
    for (let waited = 0; !isUp && process.isAlive; waited += 50) {
      if (waited > START_AT_MOST_MS) throw new Error('controld does not come up')
      await this.world.clock.advance(50)
    }
    if (process.isAlive) this.app = app
  }

  async step(): Promise<void> {
    const { random } = this.world
    if (this.#process?.isAlive !== true) this.app = null
    const act = random.pick(this.app === null ? this.#withoutControld() : this.#withControld())
    this.trace.push(act.name)
    try {
      await act.call(this)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    // Sometimes everything settles first, sometimes the next thing happens in the middle.
    if (random.below(2) === 0) await this.world.clock.advance(random.below(3) * 100)
    if (this.#process?.isAlive !== true) this.app = null
  }

  /** Nobody disturbs any more, and there is time. */
  async settle(): Promise<void> {
    if (this.#process?.isAlive === true) this.#process.effectsLeft = Number.POSITIVE_INFINITY
    for (const machine of this.world.vmHost.machines.values()) Object.assign(machine, { answering: true, failNextCommand: null })
    if (this.#process?.isAlive !== true || this.app === null) await this.restart()
    await this.world.clock.advance(200_000)
  }

  #withControld(): [() => unknown, ...(() => unknown)[]] {
    return [
      ...([this.create, this.patch, this.patch, this.patch, this.patch, this.remove] as const),
      ...([this.power, this.power, this.power, this.power, this.power, this.power, this.cancel] as const),
      ...([this.time, this.time, this.moment, this.moment, this.moment, this.moment, this.moment, this.moment] as const),
      ...([this.doomedPatch, this.doomedPatch, this.doomedPower, this.doomedPower, this.rare, this.rare, this.rare, this.rare] as const),
    ]
  }

  #withoutControld(): [() => unknown, ...(() => unknown)[]] {
    return [this.begin, this.begin, this.begin, this.beginDoomed, this.moment, this.rare]
  }

  async rare(): Promise<void> {
    const world = [
      this.clingy,
      this.clingy,
      this.releaseLate,
      this.releaseLate,
      this.failCommand,
      this.failCommand,
      this.crash,
      this.unwilling,
      this.stubborn,
      this.deaf,
    ] as const
    const control = [this.kill, this.failLaunch, this.fullDisk, this.goDown] as const
    const act = this.world.random.pick<() => unknown>([...world, this.cut, ...(this.app === null ? [] : control)])
    this.trace.push(act.name)
    await act.call(this)
  }

  /** Two VMs that run. */
  async beginWithVms(): Promise<void> {
    await this.restart()
    for (let count = 0; count < 2; count++) this.create()
    for (const { id } of this.app?.vms.list() ?? []) this.#attempt((app) => this.tasks.push(app.power.powerOn(id, BY).id))
    await this.world.clock.advance(2_000)
  }

  create(): void {
    const { random } = this.world
    const disks = [{ datastore: 'local', file: random.pick(FILES), format: 'qcow2', readOnly: random.below(2) === 0 }]
    const rest = random.pick([
      {},
      {},
      { tpm: true, firmware: 'uefi' },
      { serialPorts: 2 },
      { onHostShutdown: { action: 'suspend' } },
      { maxVcpus: 4 },
      { pciDevices: [{ device: random.pick(DEVICES) }] },
    ])
    const nics = [{ network: 'nat', connected: random.below(4) > 0 }]
    this.#attempt((app) => this.#acknowledge(app.vms.create(draft(`vm${random.below(6)}`, { disks, nics, ...rest }), CHANGE)))
  }

  patch(): void {
    const vm = this.#any()
    if (vm === undefined) return
    const patch = this.#edit(vm)
    this.#attempt((app) => {
      const wanted = app.vms.patch(vm.id, patch, () => true, { dryRun: true, by: BY }).vm
      const { vm: changed, task } = app.vms.patch(vm.id, patch, () => true, CHANGE)
      if (task === null) return this.#acknowledge(changed)
      this.tasks.push(task.id)
      this.changes.push({ task: task.id, vm: vm.id, spec: JSON.stringify(wanted.spec) })
    })
  }

  #edit({ spec }: Vm): object {
    const { random } = this.world
    const disk = { datastore: 'local', file: random.pick(FILES), format: 'raw', bus: random.pick(['virtio-blk', 'virtio-scsi', 'sata']) }
    const cdroms = [{ medium: random.pick([null, { datastore: 'local', file: 'x.iso' }]) }]
    return random.pick<object>([
      { memoryMiB: 64 + 4 * random.below(200) },
      { maxMemoryMiB: 1024, maxVcpus: 4 },
      { vcpus: 1 + random.below(4) },
      { memoryTargetMiB: 64 },
      { disks: [disk] },
      { disks: [], nics: [] },
      { disks: [...spec.disks, disk], vcpus: 1 + random.below(4) },
      { disks: [...spec.disks, disk], nics: [...spec.nics, { network: 'nat' }].slice(-2), cdroms },
      { nics: [...spec.nics, { network: 'nat', connected: random.below(2) === 0 }].slice(0, 8) },
      { nics: spec.nics.map((nic) => ({ ...nic, connected: !nic.connected })) },
      { cdroms },
      { onPanic: random.pick(['none', 'pause', 'reset', 'power-off']) },
      { onCrash: { action: random.pick(['restart', 'stay-off']) } },
      { name: 'vm1' },
      { pciDevices: [{ device: random.pick(DEVICES) }], maxMemoryMiB: null, memoryTargetMiB: null, onHostShutdown: { action: 'shutdown' } },
      { pciDevices: [] },
    ])
  }

  remove(): void {
    const vm = this.#any()
    if (vm === undefined) return
    this.#attempt((app) => {
      app.vms.remove(vm.id, () => true, CHANGE)
      this.acknowledged.delete(vm.id)
    })
  }

  power(): void {
    const vm = this.#any()
    if (vm === undefined) return
    const { random } = this.world
    const verb = random.pick(random.below(4) === 0 ? VERBS : (FITTING[vm.status.powerState] ?? VERBS))
    this.trace.push(verb)
    this.#attempt((app) => this.tasks.push(app.power[verb](vm.id, BY).id))
  }

  cancel(): void {
    const id = this.tasks[this.world.random.below(Math.max(1, this.tasks.length))]
    if (id !== undefined) this.#attempt((app) => app.tasks.cancel(id))
  }

  clingy(): void {
    const machine = this.#machine()
    if (machine !== undefined) machine.releasing = !machine.releasing
  }

  releaseLate(): void {
    this.#machine()?.release(this.world.random.pick(['disk0', 'disk1', 'nic0']))
  }

  failCommand(): void {
    const machine = this.#machine()
    // Others are refused only where there is no such thing.
    const commands = ['blockdev-add', 'device_add', 'netdev_add', 'getfd', 'migrate', 'qom-set', 'add-fd'] as const
    if (machine !== undefined) machine.failNextCommand = this.world.random.pick(commands)
  }

  /** A card does not want to go. */
  unwilling(): void {
    const { refusing } = this.world.vmHost.kernel.pci
    const address = this.world.random.pick(['0000:01:00.0', '0000:02:00.0', '0000:02:00.1'])
    if (!refusing.delete(address)) refusing.set(address, 'vfio')
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
    const { vmHost, random } = this.world
    vmHost.failNextLaunch = new FakeFailure('host.EIO')
    vmHost.failAtEffect = random.below(20)
  }

  async fullDisk(): Promise<void> {
    this.world.store.writesLeft = this.world.random.below(3)
    try {
      this.create()
      await this.world.clock.advance(100)
    } finally {
      this.world.store.writesLeft = Number.POSITIVE_INFINITY
    }
  }

  async time(): Promise<void> {
    await this.world.clock.advance(this.world.random.below(70_000))
  }

  async moment(): Promise<void> {
    await this.world.clock.advance(this.world.random.below(300))
  }

  /** The host is told to go down, and does not: what it does to its VMs is what counts here. */
  goDown(): void {
    this.#attempt((app) => this.tasks.push(app.hostPower.restart(BY).id))
  }

  /** controld is killed between two of the effects of what it is asked for. */
  async doomedPatch(): Promise<void> {
    await this.#doomed(this.patch, 15)
  }

  async doomedPower(): Promise<void> {
    await this.#doomed(this.power, 30)
  }

  async #doomed(act: () => void, effects: number): Promise<void> {
    act.call(this)
    if (this.#process !== null) this.#process.effectsLeft = this.world.random.below(effects)
    await this.world.clock.advance(this.world.random.below(2_000))
  }

  async kill(): Promise<void> {
    await this.restart()
  }

  async begin(): Promise<void> {
    await this.restart()
  }

  /** What a new controld does about the end of the one before is cut off, too. */
  async beginDoomed(): Promise<void> {
    await this.restart(this.world.random.below(15))
  }

  async cut(): Promise<void> {
    for (const { vmId } of this.world.vmHost.machines.values()) this.cutOff.add(vmId)
    this.world.powerCut()
    await this.restart()
  }

  #any(): Vm | undefined {
    const vms = this.app?.vms.list() ?? []
    return vms[this.world.random.below(Math.max(1, vms.length))]
  }

  #machine(): FakeMachine | undefined {
    const machines = [...this.world.vmHost.machines.values()]
    return machines[this.world.random.below(Math.max(1, machines.length))]
  }

  #acknowledge({ id, spec }: Vm): void {
    this.acknowledged.set(id, JSON.stringify(spec))
  }

  /** Refusals and a full disk are answers; anything else is a defect. */
  #attempt(act: (app: App) => void): void {
    if (this.app === null) return
    try {
      act(this.app)
    } catch (error) {
      if (!(error instanceof Refusal) && !String(error).includes('disk is full')) throw error
    }
  }
}
