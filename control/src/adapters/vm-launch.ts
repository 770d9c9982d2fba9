// Carries out one effect after the other for a VM that is being started, remembering how each is undone. What the effects are is decided by the plan.
import * as fs from 'hv:fs'
import * as process from 'hv:process'
import { listenUnix, pipe, socketPair } from 'hv:socket'
import type { DescriptorName, Effect } from '../domain/effect.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { agentTransport } from './agent-transport.ts'
import { isNativeError, VmHostFailure } from './host-failure.ts'
import { connectLineChannel } from './line-channel.ts'
import { takeLiveStep } from './live-steps.ts'
import { Monitor } from './monitor.ts'
import { giveBack, handOver, type PciTools } from './pci-hand-over.ts'
import { ownDevice } from './pci-tools.ts'
import { followStderr, type QemuStderr } from './qemu-stderr.ts'
import { QmpLink } from './qmp-link.ts'
import { UndoStack } from './undo-stack.ts'
import { makeThreadGroup, placeVcpus } from './vcpu-threads.ts'
import { makeCgroup, removeCgroup, writeGroupFile } from './vm-cgroup.ts'
import { copyOnce, makeKeptDirectory } from './vm-kept.ts'
import type { Serial, VmParts, VmTools } from './vm-process.ts'
import { makeRunDirectory, removeRunDirectory } from './vm-run-directory.ts'
import { sandboxOf } from './vm-sandbox.ts'
import { restoreState } from './vm-save.ts'
import { makeSeed } from './vm-seed.ts'
import { openSerial } from './vm-serial.ts'
import { openTap, ownFile } from './vm-tools.ts'
import { endsWithin } from './wait.ts'

const SIGKILL = 9
const KILL_TIMEOUT_MS = 10_000

/** A descriptor waiting to be passed; `close` ends our copy and may be called twice. */
interface Waiting {
  readonly fd: number
  close(): void
}

export class VmLaunch {
  readonly undo: UndoStack
  readonly #vmId: string
  readonly #tools: VmTools
  readonly #clock: Clock
  readonly #log: Log
  readonly #pci: PciTools
  readonly #descriptors = new Map<DescriptorName, Waiting>()
  #runDirectory: string | null = null
  #process: process.Process | null = null
  #stderr: QemuStderr | null = null
  #qmp: QmpLink | null = null
  #agentPath: string | null = null
  readonly #serials: Serial[] = []

  constructor(vmId: string, tools: VmTools, clock: Clock, log: Log, pci: PciTools) {
    this.#vmId = vmId
    this.#tools = tools
    this.#clock = clock
    this.#log = log
    this.#pci = pci
    this.undo = new UndoStack((what, error) => log('error', `vm ${vmId}: ${what} could not be removed: ${String(error)}`))
  }

  /** Throws native HostErrors and HostFailures; what earlier effects made is then in `undo`. */
  async carryOut(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'own-file':
        return ownFile(effect.path, effect.uid, effect.shared)
      case 'make-directory':
        return makeKeptDirectory(effect.path, effect.uid)
      case 'copy-once':
        return copyOnce(effect.source, effect.path, effect.uid)
      case 'make-seed':
        return makeSeed(effect.path, effect.label, effect.files)
      case 'make-run-directory':
        this.undo.push('run directory', () => removeRunDirectory(effect.path))
        makeRunDirectory(effect.path)
        this.#runDirectory = effect.path
        return
      case 'make-cgroup':
        // Left behind by a controld that was killed.
        await removeCgroup(effect.path, this.#clock)
        this.undo.push('cgroup', () => removeCgroup(effect.path, this.#clock))
        return makeCgroup(effect.path, effect.files)
      case 'listen': {
        const listener = listenUnix(effect.path)
        return this.#keep(effect.name, listener.fd, () => listener.close())
      }
      case 'socket-pair': {
        const descriptors = socketPair()
        for (const [index, name] of effect.names.entries()) {
          const fd = descriptors[index === 0 ? 0 : 1]
          this.#keep(name, fd, () => fs.closeFd(fd))
        }
        return
      }
      case 'open-tap': {
        const fd = await openTap(effect.device, effect.bridge)
        return this.#keep(effect.name, fd, () => fs.closeFd(fd))
      }
      case 'hand-over':
        this.undo.push(`device ${effect.address}`, () => giveBack(effect.address, this.#pci))
        return handOver(effect.address, effect.vm, this.#pci)
      case 'own-device':
        this.undo.push(`device node ${effect.path}`, () => ownDevice(effect.path, 0))
        return ownDevice(effect.path, effect.uid)
      case 'start-process':
        return this.#start(effect)
      case 'start-helper':
        return this.#startHelper(effect)
      case 'open-serial': {
        const serial = await openSerial(effect.path, effect.logPath, effect.maxLogBytes)
        this.#serials[effect.port] = serial
        return this.undo.push('serial port', () => serial.relay.close())
      }
      case 'attach-agent':
        this.#agentPath = effect.path
        return
      case 'connect-qmp':
        return this.#connectQmp(effect.path, effect.timeoutMs)
      case 'place-vcpus':
        return this.#placeVcpus(effect)
      case 'configure':
        return takeLiveStep(effect.step, this.#monitor(effect.kind), this.#tools)
      case 'restore':
        return restoreState(effect.path, this.#monitor(effect.kind), this.#tools, effect.timeoutMs)
      case 'continue':
        await this.#requireQmp(effect.kind).execute('cont')
        return
      default: {
        const unhandled: never = effect
        throw new TypeError(`unhandled effect ${JSON.stringify(unhandled)}`)
      }
    }
  }

  /** Of a plan that was carried out whole. Throws `plan.incomplete` when it started no process or connected no QMP. */
  parts(): VmParts {
    const qmp = this.#requireQmp('launch')
    if (this.#process === null) throw new VmHostFailure('plan.incomplete', 'launch', 'the plan starts no process')
    return {
      process: this.#process,
      qmp,
      serials: this.#serials,
      agent: agentTransport(this.#agentPath),
      cleanUp: this.undo,
      tools: this.#tools,
    }
  }

  /** What a process that ended by itself had to say, or null when it goes on (or there is none) after `timeoutMs`. */
  async earlyEnd(timeoutMs: number): Promise<string | null> {
    const started = this.#process
    if (started === null || this.#stderr === null) return null
    if (!(await endsWithin(this.#clock, started.exited, timeoutMs))) return null
    await endsWithin(this.#clock, this.#stderr.ended, timeoutMs)
    const { code, signal } = await started.exited
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`
    return `QEMU ended with ${how}: ${this.#stderr.tail() || 'it said nothing'}`
  }

  #start(effect: Extract<Effect, { kind: 'start-process' }>): void {
    const output = pipe()
    this.#stderr = followStderr(output.readFd, this.#vmId, this.#clock, this.#log)
    this.undo.push('stderr', () => this.#stderr?.close())
    try {
      const fds: Record<number, number> = { 1: output.writeFd, 2: output.writeFd }
      for (const [number, name] of Object.entries(effect.descriptors)) fds[Number(number)] = this.#waiting(name).fd
      const sandbox = sandboxOf(effect, fds)
      const started = spawn(sandbox)
      this.#process = started
      this.undo.push('process', () => this.#kill(started))
      this.#describe('view.json', sandbox)
    } finally {
      fs.closeFd(output.writeFd)
    }
    for (const name of Object.values(effect.descriptors)) this.#waiting(name).close()
  }

  /** It ends with the VM's cgroup at the latest; that it has ended is QEMU's to notice. */
  #startHelper(effect: Extract<Effect, { kind: 'start-helper' }>): void {
    const fds: Record<number, number> = {}
    for (const [number, name] of Object.entries(effect.descriptors)) fds[Number(number)] = this.#waiting(name).fd
    const sandbox = sandboxOf(effect, fds)
    // Watched only so that it is reaped.
    spawn(sandbox)
    this.#describe(`view-${sandbox.argv[0]?.split('/').at(-1)}.json`, sandbox)
    for (const name of Object.values(effect.descriptors)) this.#waiting(name).close()
  }

  #placeVcpus({ kind, group, apart, cpus }: Extract<Effect, { kind: 'place-vcpus' }>): void {
    if (this.#process === null) throw new VmHostFailure('plan.incomplete', kind, 'the plan starts no process')
    if (apart !== null) {
      makeThreadGroup(apart.path)
      for (const [name, text] of Object.entries(apart.files)) writeGroupFile(apart.path, name, text)
    }
    placeVcpus({ pid: this.#process.pid, group, apart: apart !== null, cpus })
  }

  /** For whoever wants to see, or try from inside, what this VM can reach. */
  #describe(name: string, sandbox: process.SpawnOptions): void {
    if (this.#runDirectory !== null) fs.writeFileAtomic(`${this.#runDirectory}/${name}`, JSON.stringify({ ...sandbox, fds: undefined }))
  }

  #monitor(step: string): Monitor {
    return new Monitor(this.#requireQmp(step), this.#clock)
  }

  async #connectQmp(path: string, timeoutMs: number): Promise<void> {
    const qmp = new QmpLink(
      () => connectLineChannel(path),
      this.#clock,
      (severity, text) => this.#log(severity, `vm ${this.#vmId}: ${text}`),
    )
    this.undo.push('qmp', () => qmp.close())
    await qmp.open(timeoutMs)
    this.#qmp = qmp
    const answer = await qmp.execute('query-kvm')
    const enabled = typeof answer === 'object' && answer !== null && 'enabled' in answer && answer.enabled === true
    if (!enabled) throw new VmHostFailure('kvm.unavailable', 'connect-qmp', 'QEMU runs without KVM')
  }

  async #kill(started: process.Process): Promise<void> {
    try {
      started.kill(SIGKILL)
    } catch {
      return // ESRCH: it has ended.
    }
    if (!(await endsWithin(this.#clock, started.exited, KILL_TIMEOUT_MS))) throw new Error(`process ${started.pid} does not end`)
  }

  #keep(name: DescriptorName, fd: number, close: () => void): void {
    let open = true
    const once = () => {
      if (open) close()
      open = false
    }
    this.#descriptors.set(name, { fd, close: once })
    this.undo.push(`descriptor ${name}`, once)
  }

  #waiting(name: DescriptorName): Waiting {
    const waiting = this.#descriptors.get(name)
    if (waiting === undefined) throw new VmHostFailure('plan.incomplete', 'start-process', `no earlier effect opened ${name}`)
    return waiting
  }

  #requireQmp(step: string): QmpLink {
    if (this.#qmp === null) throw new VmHostFailure('plan.incomplete', step, 'the plan connects no QMP')
    return this.#qmp
  }
}

function spawn(options: process.SpawnOptions): process.Process {
  try {
    return process.spawn(options)
  } catch (error) {
    if (!isNativeError(error) || error.path !== 'PR_SCHED_CORE') throw error
    throw new VmHostFailure('core-scheduling.unavailable', 'start-process', 'the kernel of this host was built without core scheduling')
  }
}
