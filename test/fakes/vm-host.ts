// A host for VMs whose processes are objects: they outlive an app, crash when told to, and answer late or not at all.
import type { Effect } from '../../control/src/domain/effect.ts'
import type { ProcessIdentity, RunState, VmExit, VmHost, VmProcess } from '../../control/src/ports/vm-host.ts'

/** Something of the host went wrong. */
export class FakeFailure extends Error {
  override readonly name = 'HostFailure'
  readonly step = 'fake'
  constructor(
    readonly code: string,
    message = code,
  ) {
    super(message)
  }
}

/** The QEMU process itself: exists whether or not an app knows it. */
export class FakeMachine {
  state: RunState = 'running'
  /** Whether the guest shuts down when its power button is pressed. */
  obedient = true
  /** Whether QMP answers. */
  answering = true
  presses = 0
  resets = 0
  exit: VmExit | null = null
  #watchers: ((exit: VmExit) => void)[] = []
  #handlers: ((state: RunState) => void)[] = []

  constructor(
    readonly vmId: string,
    readonly identity: ProcessIdentity,
    readonly plan: readonly Effect[],
  ) {}

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
    for (const handler of this.#handlers) handler(state)
  }

  /** A new connection of an app; earlier ones belong to apps that are gone. */
  connect(): VmProcess {
    this.#watchers = []
    this.#handlers = []
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
      onStateChange: (handler) => void this.#handlers.push(handler),
      queryState: () => act(() => this.state),
      pressPowerButton: () =>
        act(() => {
          this.presses++
          if (this.obedient) this.end('guest-shutdown')
        }),
      reset: () => act(() => void this.resets++),
      powerOff: async () => {
        this.end(this.answering ? 'host-qmp-quit' : null, this.answering ? 0 : null, this.answering ? null : 9)
        return ended
      },
      attachSerial: () => 100 + this.identity.pid,
    }
  }
}

export class FakeVmHost implements VmHost {
  /** By VM; those that ended stay until the next launch. */
  readonly machines = new Map<string, FakeMachine>()
  readonly launches: { readonly vmId: string; readonly plan: readonly Effect[] }[] = []
  readonly logs = new Map<string, string>()
  readonly removed: string[] = []
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
    const machine = new FakeMachine(vmId, { pid: this.#nextPid, startTime: this.#nextPid * 7 }, plan)
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
