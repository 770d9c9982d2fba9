// One running VM process: its QMP link, its serial port and its end. It starts nothing and decides nothing.
import type { ExitStatus, Process } from 'hv:process'
import type { Relay } from 'hv:relay'
import type { LiveStep } from '../domain/live-step.ts'
import type { Balloon, VmDevices } from '../domain/usage.ts'
import type { Clock } from '../ports/clock.ts'
import type { Hardware, ProcessIdentity, RunState, VmExit, VmProcess } from '../ports/vm-host.ts'
import { observeBalloon } from './balloon.ts'
import { resizeDisk } from './block-resize.ts'
import { observeDevices } from './device-usage.ts'
import { type AgentTransport, QemuGuestAgent } from './guest-agent.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { goneDevice, type LiveTools, observeHardware, takeLiveStep } from './live-steps.ts'
import { Monitor } from './monitor.ts'
import type { QmpEvent } from './qmp-client.ts'
import type { QmpLink } from './qmp-link.ts'
import { queryState } from './run-state.ts'
import type { UndoStack } from './undo-stack.ts'
import { abandonSave, type SaveTools, saveState } from './vm-save.ts'
import { attachVnc, sendKeys, takePicture } from './vm-screen.ts'
import { endsWithin } from './wait.ts'

const SIGKILL = 9
const SIGTERM = 15
/** After the process is gone its sockets hold at most what the kernel buffers. */
const DRAIN_TIMEOUT_MS = 1_000
const STATE_EVENTS = ['STOP', 'RESUME', 'SHUTDOWN', 'RESET', 'GUEST_PANICKED', 'BLOCK_IO_ERROR']

/** What a running VM consists of; `cleanUp` removes everything that was made for it. */
export interface VmParts {
  readonly process: Process
  readonly qmp: QmpLink
  /** By port; null where one could not be connected to again. */
  readonly serials: readonly (Serial | null)[]
  readonly agent: AgentTransport
  readonly cleanUp: UndoStack
  readonly tools: VmTools
}

/** What changing and saving a running VM needs besides QMP. */
export type VmTools = LiveTools & SaveTools

export interface Serial {
  readonly relay: Relay
  /** Resolves when QEMU's end is closed and everything it said is in the log. */
  readonly ended: Promise<void>
}

export class RunningVm implements VmProcess {
  readonly identity: ProcessIdentity
  readonly ended: Promise<VmExit>
  readonly agent: QemuGuestAgent
  readonly #process: Process
  readonly #qmp: QmpLink
  readonly #monitor: Monitor
  readonly #serials: readonly (Serial | null)[]
  readonly #tools: VmTools
  readonly #clock: Clock
  #shutdownReason: string | null = null
  #stateHandler: ((state: RunState) => void) | null = null
  /** An event came while there was no handler. */
  #missed = false
  #deviceGoneHandler: (name: string) => void = () => {}
  /** A `query-status` on behalf of the handler is under way; `again` when another event came meanwhile. */
  #asking = false
  #askAgain = false

  constructor(parts: VmParts, clock: Clock) {
    this.#process = parts.process
    this.#qmp = parts.qmp
    this.#monitor = new Monitor(parts.qmp, clock)
    this.#serials = parts.serials
    this.#tools = parts.tools
    this.#clock = clock
    this.identity = { pid: parts.process.pid, startTime: parts.process.startTime }
    this.agent = new QemuGuestAgent(parts.qmp, parts.agent, clock)
    parts.cleanUp.push('guest agent', () => this.agent.close())
    parts.qmp.onEvent((event) => this.#receive(event))
    parts.qmp.onReopen(() => this.#refreshAgent())
    this.#refreshAgent()
    this.ended = this.#awaitEnd(parts)
  }

  onStateChange(handler: (state: RunState) => void): void {
    this.#stateHandler = handler
    if (this.#missed) this.#askState()
  }

  queryState(): Promise<RunState> {
    return queryState(this.#monitor)
  }

  async pressPowerButton(): Promise<void> {
    await this.#qmp.execute('system_powerdown')
  }

  async reset(): Promise<void> {
    await this.#qmp.execute('system_reset')
  }

  async powerOff(timeoutMs: number): Promise<VmExit> {
    this.#qmp.execute('quit', undefined, { timeoutMs }).catch(() => {
      // Gone already, or QMP is: then it is asked by signal, which flushes disks as `quit` does.
      this.#signal(SIGTERM)
    })
    if (!(await endsWithin(this.#clock, this.#process.exited, timeoutMs))) this.#signal(SIGKILL)
    return this.ended
  }

  attachSerial(port: number, replayBytes: number): number {
    const serial = this.#serials[port]
    if (serial == null) throw new VmHostFailure('serial.closed', 'attach-serial', `the serial port ${port} is not connected`)
    return serial.relay.attach(replayBytes)
  }

  attachVnc(): Promise<number> {
    return told('attach-vnc', attachVnc(this.#monitor))
  }

  screenshot(): Promise<Uint8Array> {
    return told('screenshot', takePicture(this.#monitor))
  }

  sendKeys(keys: readonly string[], holdMs: number): Promise<void> {
    return sendKeys(keys, holdMs, this.#monitor)
  }

  async pause(): Promise<void> {
    await this.#qmp.execute('stop')
  }

  async resume(): Promise<void> {
    await this.#qmp.execute('cont')
  }

  take(step: LiveStep): Promise<void> {
    return told(step.kind, takeLiveStep(step, this.#monitor, this.#tools))
  }

  resizeDisk(device: string, sizeBytes: number): Promise<void> {
    return told('resize-disk', resizeDisk(device, sizeBytes, this.#monitor))
  }

  observeDevices(timeoutMs: number): Promise<VmDevices> {
    return told('observe-devices', observeDevices(timeoutMs, this.#monitor))
  }

  observeBalloon(timeoutMs: number): Promise<Balloon> {
    return told('observe-balloon', observeBalloon(timeoutMs, this.#monitor))
  }

  onDeviceGone(handler: (name: string) => void): void {
    this.#deviceGoneHandler = handler
  }

  hardware(): Promise<Hardware> {
    return told('hardware', observeHardware(this.#monitor))
  }

  save(path: string, progress: (percent: number) => void): Promise<void> {
    return told('save', saveState(path, this.#monitor, this.#tools, progress))
  }

  async cancelSave(): Promise<void> {
    await this.#qmp.execute('migrate_cancel')
  }

  abandonSave(path: string): Promise<void> {
    return told('abandon-save', abandonSave(path, this.#monitor, this.#tools))
  }

  #signal(signal: number): void {
    try {
      this.#process.kill(signal)
    } catch {
      // ESRCH: it has ended, which is what was wanted.
    }
  }

  async #awaitEnd(parts: VmParts): Promise<VmExit> {
    const status: ExitStatus = await parts.process.exited
    await endsWithin(this.#clock, Promise.all([parts.qmp.drained(), ...parts.serials.map((serial) => serial?.ended)]), DRAIN_TIMEOUT_MS)
    await parts.cleanUp.undoAll()
    return { code: status.code, signal: status.signal, shutdownReason: this.#shutdownReason }
  }

  /** When QMP breaks off before it has told, it is asked again after the reconnection. */
  #refreshAgent(): void {
    this.agent.refresh().catch(() => {})
  }

  #receive(event: QmpEvent): void {
    this.agent.receive(event)
    const awaited = this.#monitor.receive(event)
    const gone = awaited ? null : goneDevice(event)
    if (gone !== null) this.#deviceGoneHandler(gone)
    if (!STATE_EVENTS.includes(event.name)) return
    if (event.name === 'SHUTDOWN') this.#shutdownReason = typeof event.data.reason === 'string' ? event.data.reason : 'unknown'
    if (event.name === 'RESET') this.#shutdownReason = null
    // The guest may go on after it, so that its run state would not tell.
    if (event.name === 'GUEST_PANICKED') this.#stateHandler?.('guest-panicked')
    this.#askState()
  }

  #askState(): void {
    this.#missed = this.#stateHandler === null
    if (this.#asking) this.#askAgain = true
    else if (!this.#missed) this.#tellState()
  }

  #tellState(): void {
    this.#asking = true
    this.#askAgain = false
    this.queryState()
      .then((state) => this.#stateHandler?.(state))
      .catch(() => {
        // The link is down: either the process ends, which `ended` tells, or the next event is after the reconnection.
      })
      .finally(() => {
        this.#asking = false
        if (this.#askAgain) this.#tellState()
      })
  }
}

/** Native errors as failures of the step. */
async function told<T>(step: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw toHostFailure(error, step)
  }
}
