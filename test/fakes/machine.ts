// The QEMU process of a VM: it outlives an app, crashes when told to, and answers late or not at all.
import type { Effect } from '../../control/src/domain/effect.ts'
import type { LiveStep } from '../../control/src/domain/live-step.ts'
import type { VmDevices } from '../../control/src/domain/usage.ts'
import type { ProcessIdentity, RunState, VmExit } from '../../control/src/ports/vm-host.ts'
import { FakeFailure } from './failure.ts'
import { FakeGuest } from './guest-agent.ts'
import type { FakeKernel } from './kernel.ts'
import { FakeQmp } from './qmp.ts'

type QmpEvent = Parameters<FakeQmp['machine']['emit']>[0]

/** What an app that is connected hears. */
export interface Connection {
  ended(exit: VmExit): void
  changed(state: RunState): void
  happened(event: QmpEvent): void
}

/** Resolves when a guest, or a disk, has had the time that it takes. Null: at once. */
export type Outside = () => Promise<void> | null

export class FakeMachine {
  state: RunState = 'prelaunch'
  /** Whether the guest shuts down when its power button is pressed. */
  obedient = true
  /** How long after the power button the guest ends; null: as long as things take outside. */
  shutdownAfter: Promise<void> | null = null
  /** Whether QMP answers. */
  answering = true
  /** What runs in it. */
  readonly guest = new FakeGuest(() => this.end('guest-shutdown'))
  presses = 0
  resets = 0
  /** Key combinations, `ctrl+alt+delete`. */
  readonly pressed: string[] = []
  /** Live steps that were taken whole, in their order. */
  readonly taken: LiveStep[] = []
  /** What its QEMU tells of its devices. */
  devicesInUse: VmDevices = { balloonBytes: null, guestMemory: null, disks: [] }
  /** Whether the guest has a driver for its balloon. */
  hasBalloonDriver = true
  /** Whether the guest lets go of devices when asked. */
  releasing = true
  /** Thrown by the next step of this kind, before it has done anything. */
  failNextStep: LiveStep['kind'] | null = null
  /** Thrown by the next command of this name. */
  failNextCommand: string | null = null
  /** What stops it again when it is resumed, before anybody could see it run. */
  stopsAgain: RunState | null = null
  /** Saving waits for this; a cancelled one does not. Null: for as long as things take outside. */
  saveGate: Promise<void> | null = null
  failNextSave = false
  exit: VmExit | null = null
  readonly qmp: FakeQmp
  /** Sizes that disks were given while it ran, in bytes. */
  readonly sizes = new Map<string, number>()
  connection: Connection | null = null
  /** Devices that the guest was asked to let go of, and has not. */
  readonly #asked = new Set<string>()
  /** Something happened while nobody listened. */
  #missed = false

  constructor(
    readonly vmId: string,
    readonly identity: ProcessIdentity,
    readonly plan: readonly Effect[],
    readonly kernel: FakeKernel,
    readonly outside: Outside,
  ) {
    const machine = this
    this.qmp = new FakeQmp(
      kernel,
      this,
      {
        get state() {
          return machine.state
        },
        set state(state) {
          machine.state = state
        },
        stop: () => this.enter('paused'),
        inflate: (bytes) => this.#inflate(bytes),
        goOn: () => this.#goOn(),
        askToRelease: (id) => this.#askToRelease(id),
        emit: (event) => this.connection?.happened(event),
        migrate: (ended) => this.#migrate(ended),
      },
      plan,
    )
  }

  end(shutdownReason: string | null, code: number | null = 0, signal: number | null = null): void {
    this.kernel.closeAll(this)
    if (this.exit !== null) return
    this.exit = { code, signal, shutdownReason }
    this.connection?.ended(this.exit)
  }

  /** As SIGKILL from somewhere does. */
  crash(): void {
    this.end(null, null, 9)
  }

  /** When its cgroup is removed. */
  kill(): void {
    this.crash()
  }

  enter(state: RunState): void {
    this.state = state === 'guest-panicked' ? 'running' : state
    this.#missed = this.connection === null
    this.connection?.changed(state)
  }

  /** Whether something happened before there was a listener. */
  takeMissed(): boolean {
    const missed = this.#missed
    this.#missed = false
    return missed
  }

  /** The guest lets go of a device late: one that it was asked for and clung to. */
  release(name: string): void {
    if (this.exit === null && this.#asked.delete(name)) this.qmp.release(name)
  }

  /** Names of the disks and NICs that it has now. */
  devices(): readonly string[] {
    return [...this.qmp.devices.keys()].sort()
  }

  /** Paths of the files that it has open for writing. */
  writtenFiles(): readonly string[] {
    return this.exit === null ? this.qmp.writtenFiles() : []
  }

  /** Addresses of the host's devices that it was started with. */
  passed(): readonly string[] {
    return this.plan.flatMap((effect) => (effect.kind === 'hand-over' ? [effect.address] : []))
  }

  pressPowerButton(): void {
    this.presses++
    if (!this.obedient) return
    const delay = this.shutdownAfter ?? this.outside()
    if (delay === null) this.end('guest-shutdown')
    else void delay.then(() => this.end('guest-shutdown'))
  }

  reset(): void {
    this.resets++
    this.guest.restart()
  }

  resize(device: string, sizeBytes: number): void {
    if (!this.qmp.devices.has(device)) throw new FakeFailure('device.not-found')
    if (sizeBytes < (this.sizes.get(device) ?? 0)) throw new FakeFailure('disk.grow.smaller')
    this.sizes.set(device, sizeBytes)
  }

  /** Whoever was connected is gone, and hears nothing more. */
  disconnect(): void {
    this.connection = null
    this.guest.disconnect()
  }

  /** At once; to nothing where the test has not said what the balloon leaves. */
  #inflate(balloonBytes: number): void {
    if (this.hasBalloonDriver && this.devicesInUse.balloonBytes !== null) this.devicesInUse = { ...this.devicesInUse, balloonBytes }
  }

  #goOn(): void {
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

  #askToRelease(id: string): void {
    this.#asked.add(id)
    if (!this.releasing) return
    const delay = this.outside()
    if (delay === null) this.release(id)
    else void delay.then(() => this.release(id))
  }

  #migrate(ended: (status: 'completed' | 'failed') => void): void {
    if (this.failNextSave) {
      this.failNextSave = false
      ended('failed')
      return
    }
    const delay = this.saveGate ?? this.outside()
    if (delay === null) ended('completed')
    else void delay.then(() => ended('completed'))
  }
}
