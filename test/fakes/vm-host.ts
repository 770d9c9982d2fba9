// A host for VMs whose processes are objects: they outlive an app, crash when told to, and answer late or not at all.
import type { Effect } from '../../control/src/domain/effect.ts'
import type { LiveStep } from '../../control/src/domain/live-step.ts'
import type { VmDevices } from '../../control/src/domain/usage.ts'
import type { ProcessIdentity, RunState, VmExit, VmHost, VmProcess } from '../../control/src/ports/vm-host.ts'
import { FakeFailure } from './failure.ts'
import { FakeGuest } from './guest-agent.ts'

export { FakeFailure }

/** The QEMU process itself: exists whether or not an app knows it. */
export class FakeMachine {
  state: RunState = 'running'
  /** Whether the guest shuts down when its power button is pressed. */
  obedient = true
  /** How long after the power button the guest ends; null: at once. */
  shutdownAfter: Promise<void> | null = null
  /** Whether QMP answers. */
  answering = true
  /** What runs in it. */
  readonly guest = new FakeGuest(() => this.end('guest-shutdown'))
  presses = 0
  resets = 0
  /** Key combinations, `ctrl+alt+delete`. */
  readonly pressed: string[] = []
  /** Live steps in the order in which they were taken. */
  readonly taken: LiveStep[] = []
  /** What its QEMU tells of its devices. */
  devicesInUse: VmDevices = { balloonBytes: null, disks: [] }
  /** Whether the guest lets go of devices when asked. */
  releasing = true
  /** Thrown by the next step of this kind. */
  failNextStep: LiveStep['kind'] | null = null
  /** What stops it again when it is resumed, before anybody could see it run. */
  stopsAgain: RunState | null = null
  /** Saving waits for this; a cancelled one does not. */
  saveGate: Promise<void> = Promise.resolve()
  failNextSave = false
  #cancelSave: () => void = () => {}
  /** Devices that the guest was asked to let go of, and has not. */
  readonly #asked = new Set<string>()
  exit: VmExit | null = null
  #watchers: ((exit: VmExit) => void)[] = []
  #handlers: ((state: RunState) => void)[] = []
  /** Something happened while nobody listened. */
  #missed = false
  #goneHandlers: ((name: string) => void)[] = []

  constructor(
    readonly vmId: string,
    readonly identity: ProcessIdentity,
    readonly plan: readonly Effect[],
    readonly kept: Set<string>,
  ) {
    this.#start()
  }

  end(shutdownReason: string | null, code: number | null = 0, signal: number | null = null): void {
    if (this.exit !== null) return
    this.exit = { code, signal, shutdownReason }
    for (const watcher of this.#watchers) watcher(this.exit)
  }

  /** As SIGKILL from somewhere does. */
  crash(): void {
    this.end(null, null, 9)
  }

  enter(state: RunState): void {
    this.state = state === 'guest-panicked' ? 'running' : state
    this.#missed = this.#handlers.length === 0
    for (const handler of this.#handlers) handler(state)
  }

  /** The guest lets go of a device late: one that it was asked for and clung to. */
  release(name: string): void {
    if (!this.#asked.delete(name)) return
    this.#devices.delete(name)
    for (const handler of this.#goneHandlers) handler(name)
  }

  /** Names of the disks and NICs that it has now. */
  devices(): readonly string[] {
    return [...this.#devices.keys()].sort()
  }

  /** Paths of the files that it has open for writing. */
  writtenFiles(): readonly string[] {
    return [...this.#devices.values()].filter((path) => path !== null)
  }

  /** Path of what each device writes; null for those that write nothing. */
  readonly #devices = new Map<string, string | null>()
  /** Sizes that disks were given while it ran, in bytes. */
  readonly sizes = new Map<string, number>()

  #start(): void {
    const owned = this.plan.flatMap((effect) => (effect.kind === 'own-file' && !effect.shared ? [effect.path] : []))
    for (const effect of this.plan) {
      if (effect.kind === 'open-tap') this.#devices.set(effect.name, null)
      if (effect.kind !== 'start-process') continue
      for (const { source, target } of effect.view) {
        const slot = /^\/disk\/(\d+)$/.exec(target)?.[1]
        if (slot !== undefined) this.#devices.set(`disk${slot}`, owned.includes(source) ? source : null)
      }
    }
  }

  #take(step: LiveStep): void {
    if (this.failNextStep === step.kind) {
      this.failNextStep = null
      throw new FakeFailure('qmp.error.GenericError', `${step.kind} failed`)
    }
    if ((step.kind === 'unplug-disk' || step.kind === 'unplug-nic') && this.#devices.has(step.name)) {
      if (!this.releasing) {
        this.#asked.add(step.name)
        throw new FakeFailure('device.unplug-timeout')
      }
      this.#asked.delete(step.name)
    }
    this.taken.push(step)
    if (step.kind === 'plug-disk') this.#devices.set(step.name, step.readOnly ? null : step.path)
    if (step.kind === 'plug-nic') this.#devices.set(step.name, null)
    if (step.kind === 'unplug-disk' || step.kind === 'unplug-nic') this.#devices.delete(step.name)
  }

  #resume(): void {
    const { stopsAgain } = this
    this.stopsAgain = null
    if (stopsAgain === null) {
      this.enter('running')
      return
    }
    this.state = stopsAgain
    // Told when QEMU is asked, which is after it has said that it goes on.
    let turns = Promise.resolve()
    for (let turn = 0; turn < 10; turn++) turns = turns.then(() => {})
    void turns.then(() => this.enter(stopsAgain))
  }

  #resize(device: string, sizeBytes: number): void {
    if (!this.#devices.has(device)) throw new FakeFailure('device.not-found')
    if (sizeBytes < (this.sizes.get(device) ?? 0)) throw new FakeFailure('disk.grow.smaller')
    this.sizes.set(device, sizeBytes)
  }

  async #save(path: string, progress: (percent: number) => void): Promise<void> {
    const before = this.state
    this.enter('paused')
    progress(50)
    if (this.failNextSave) {
      this.failNextSave = false
      this.enter(before)
      throw new FakeFailure('migration.failed')
    }
    const cancelled = new Promise<boolean>((resolve) => {
      this.#cancelSave = () => resolve(true)
    })
    if (await Promise.race([this.saveGate.then(() => false), cancelled])) {
      this.enter(before)
      throw new FakeFailure('migration.cancelled')
    }
    if (this.exit !== null) throw new FakeFailure('qmp.closed')
    this.kept.add(path)
    this.state = 'postmigrate'
  }

  /** Whoever was connected is gone, and hears nothing more. */
  disconnect(): void {
    this.#watchers = []
    this.#handlers = []
    this.#goneHandlers = []
    this.guest.disconnect()
  }

  /** A new connection of an app; earlier ones belong to apps that are gone. */
  connect(): VmProcess {
    this.disconnect()
    const ended = new Promise<VmExit>((resolve) => {
      if (this.exit !== null) resolve(this.exit)
      else this.#watchers.push(resolve)
    })
    const act = async <T>(what: () => T): Promise<T> => {
      if (!this.answering) throw new FakeFailure('qmp.timeout')
      if (this.exit !== null) throw new FakeFailure('qmp.closed')
      return what()
    }
    return {
      identity: this.identity,
      ended,
      agent: this.guest.agent(() => this.exit === null && this.state === 'running'),
      onStateChange: (handler) => {
        this.#handlers.push(handler)
        const missed = this.#missed
        this.#missed = false
        if (!missed) return
        void Promise.resolve()
          .then(() => act(() => handler(this.state)))
          .catch(() => {})
      },
      queryState: () => act(() => this.state),
      pressPowerButton: () =>
        act(() => {
          this.presses++
          if (!this.obedient) return
          if (this.shutdownAfter === null) this.end('guest-shutdown')
          else void this.shutdownAfter.then(() => this.end('guest-shutdown'))
        }),
      reset: () =>
        act(() => {
          this.resets++
          this.guest.restart()
        }),
      powerOff: async () => {
        this.end(this.answering ? 'host-qmp-quit' : null, this.answering ? 0 : null, this.answering ? null : 9)
        return ended
      },
      attachSerial: (port) => 100 + this.identity.pid + port,
      attachVnc: () => act(() => 200 + this.identity.pid),
      screenshot: () => act(() => Uint8Array.of(0x89, 0x50, 0x4e, 0x47)),
      sendKeys: (keys) => act(() => void this.pressed.push(keys.join('+'))),
      pause: () => act(() => this.enter('paused')),
      resume: () => act(() => this.#resume()),
      resizeDisk: (device, sizeBytes) => act(() => this.#resize(device, sizeBytes)),
      take: (step) => act(() => this.#take(step)),
      observeDevices: () => act(() => this.devicesInUse),
      onDeviceGone: (handler) => void this.#goneHandlers.push(handler),
      save: (path, progress) => act(() => this.#save(path, progress)).then((saved) => saved),
      cancelSave: () => act(() => this.#cancelSave()),
      abandonSave: (path) =>
        act(() => {
          this.kept.delete(path)
          this.enter('running')
        }),
    }
  }
}

export class FakeVmHost implements VmHost {
  /** By VM; those that ended stay until the next launch. */
  readonly machines = new Map<string, FakeMachine>()
  readonly launches: { readonly vmId: string; readonly plan: readonly Effect[] }[] = []
  readonly logs = new Map<string, string>()
  readonly removed: string[] = []
  /** Files and directories that VMs keep. */
  readonly kept = new Set<string>()
  /** Thrown by the next launch. */
  failNextLaunch: FakeFailure | null = null
  /** Launches wait for this. */
  gate: Promise<void> = Promise.resolve()
  #nextPid = 1000

  async launch(vmId: string, plan: readonly Effect[]): Promise<VmProcess> {
    this.launches.push({ vmId, plan })
    await this.gate
    const failure = this.failNextLaunch
    this.failNextLaunch = null
    if (failure !== null) throw failure
    if (this.#running(vmId) !== null) throw new FakeFailure('host.EEXIST', 'the cgroup is there already')
    const machine = new FakeMachine(vmId, { pid: this.#nextPid, startTime: this.#nextPid * 7 }, plan, this.kept)
    if (!plan.some(({ kind }) => kind === 'continue')) machine.state = 'paused'
    this.#nextPid++
    this.machines.set(vmId, machine)
    return machine.connect()
  }

  async adopt(vmId: string, identity: ProcessIdentity): Promise<VmProcess | null> {
    const machine = this.#running(vmId)
    if (machine === null || machine.identity.pid !== identity.pid || machine.identity.startTime !== identity.startTime) {
      this.machines.delete(vmId)
      return null
    }
    if (!machine.answering) throw new FakeFailure('qmp.timeout')
    return machine.connect()
  }

  /** A cgroup outlives its processes until somebody removes it. */
  async listCgroups(): Promise<readonly string[]> {
    return [...this.machines.keys()]
  }

  async removeStray(vmId: string): Promise<void> {
    this.#running(vmId)?.end(null, null, 9)
    this.machines.delete(vmId)
    this.removed.push(vmId)
  }

  readSerialLog(path: string): Uint8Array {
    return Uint8Array.from(this.logs.get(path) ?? '', (character) => character.charCodeAt(0))
  }

  removeLogs(directory: string): void {
    this.removed.push(directory)
  }

  removeKept(path: string): void {
    for (const kept of [...this.kept]) if (kept === path || kept.startsWith(`${path}/`)) this.kept.delete(kept)
    this.removed.push(path)
  }

  machine(vmId: string): FakeMachine {
    const machine = this.machines.get(vmId)
    if (machine === undefined) throw new Error(`no machine ${vmId}`)
    return machine
  }

  /** The whole host goes down and comes back. */
  powerCut(): void {
    this.machines.clear()
  }

  #running(vmId: string): FakeMachine | null {
    const machine = this.machines.get(vmId)
    return machine !== undefined && machine.exit === null ? machine : null
  }
}
