// A host for VMs whose processes, cgroups and files are objects that outlive an app.
import { giveBackAll } from '../../control/src/adapters/pci-hand-over.ts'
import { UndoStack } from '../../control/src/adapters/undo-stack.ts'
import { removeSaved } from '../../control/src/adapters/vm-save.ts'
import type { Effect } from '../../control/src/domain/effect.ts'
import type { AdoptPaths, ProcessIdentity, VmHost, VmProcess } from '../../control/src/ports/vm-host.ts'
import type { ControlProcess } from './control-process.ts'
import { FakeFailure } from './failure.ts'
import { FakeKernel } from './kernel.ts'
import { FakeLaunch, removeCgroup } from './launch.ts'
import { FakeMachine, type Outside } from './machine.ts'
import { connect, toolsOf } from './vm-process.ts'

export { FakeFailure }

const RUN_DIRECTORIES = '/run/corbel/vm'

export class FakeVmHost {
  readonly kernel = new FakeKernel()
  /** By VM, also those that have ended, until the next is started. */
  readonly machines = new Map<string, FakeMachine>()
  readonly launches: { readonly vmId: string; readonly plan: readonly Effect[] }[] = []
  readonly logs = new Map<string, string>()
  readonly removed: string[] = []
  /** Thrown by the next launch, in place of its effect number `failAtEffect`. */
  failNextLaunch: FakeFailure | null = null
  failAtEffect = 0
  /** The next file or directory that is to be removed stays. */
  failNextRemoval = false
  /** Launches wait for this. */
  gate: Promise<void> = Promise.resolve()
  outside: Outside = () => null
  #nextPid = 1000

  constructor() {
    const { pci } = this.kernel
    pci.isOpen = (address) => [...this.machines.values()].some((machine) => machine.exit === null && machine.passed().includes(address))
    pci.running = () => new Set([...this.kernel.cgroups.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)))
  }

  /** Files that VMs keep. */
  get kept(): Set<string> {
    return this.kernel.kept
  }

  /** The host as one controld has it. */
  for(controld: ControlProcess): VmHost {
    return {
      launch: (vmId, plan) => this.#launch(controld, vmId, plan),
      adopt: (vmId, identity, paths) => this.#adopt(controld, vmId, identity, paths),
      listCgroups: () => controld.perform(() => [...this.kernel.cgroups.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1))),
      removeStray: (vmId) => this.#removeStray(controld, vmId),
      readSerialLog: (path) => Uint8Array.from(this.logs.get(path) ?? '', (character) => character.charCodeAt(0)),
      removeLogs: (directory) => this.#remove(controld, directory),
      removeKept: (path) => this.#remove(controld, path),
      removeSaved: (path) => removeSaved(path, toolsOf(this.kernel, controld)),
    }
  }

  machine(vmId: string): FakeMachine {
    const machine = this.machines.get(vmId)
    if (machine === undefined) throw new Error(`no machine ${vmId}`)
    return machine
  }

  /** A controld has died: what it had open is closed, and nobody tells it anything. */
  disconnect(controld: ControlProcess): void {
    this.kernel.closeAll(controld)
    for (const machine of this.machines.values()) machine.disconnect()
  }

  /** The whole host goes down and comes back. */
  powerCut(): void {
    for (const machine of this.machines.values()) {
      machine.disconnect()
      machine.crash()
    }
    this.machines.clear()
    this.kernel.powerCut()
  }

  async #launch(controld: ControlProcess, vmId: string, plan: readonly Effect[]): Promise<VmProcess> {
    this.launches.push({ vmId, plan })
    await this.gate
    const failure = this.failNextLaunch
    this.failNextLaunch = null
    const launch = new FakeLaunch(this.kernel, controld, () => this.#newMachine(vmId, plan))
    try {
      for (const [index, effect] of plan.entries()) {
        if (failure !== null && index === Math.min(this.failAtEffect, plan.length - 1)) throw failure
        await launch.carryOut(effect)
      }
      if (launch.machine === null) throw new FakeFailure('plan.incomplete')
      return connect(launch.machine, controld, launch.undo)
    } catch (error) {
      await launch.undo.undoAll()
      throw error
    }
  }

  #newMachine(vmId: string, plan: readonly Effect[]): FakeMachine {
    const identity = { pid: this.#nextPid, startTime: this.#nextPid * 7 }
    this.#nextPid++
    const machine = new FakeMachine(vmId, identity, plan, this.kernel, this.outside)
    this.machines.set(vmId, machine)
    return machine
  }

  async #adopt(controld: ControlProcess, vmId: string, identity: ProcessIdentity, paths: AdoptPaths): Promise<VmProcess | null> {
    const cleanUp = new UndoStack(() => {})
    cleanUp.push('cgroup', () => removeCgroup(this.#cgroupOf(vmId), this.kernel, controld))
    cleanUp.push('run directory', () => controld.perform(() => this.kernel.removeRunDirectory(paths.runDirectory)))
    cleanUp.push('devices', () => this.#giveBackDevices(controld, vmId))
    const machine = await controld.perform(() => this.#running(vmId))
    if (machine === null || machine.identity.pid !== identity.pid || machine.identity.startTime !== identity.startTime) {
      await cleanUp.undoAll()
      return null
    }
    if (!machine.answering) throw new FakeFailure('qmp.timeout')
    return connect(machine, controld, cleanUp)
  }

  /** In whatever pool it is. */
  #cgroupOf(vmId: string): string {
    return [...this.kernel.cgroups.keys()].find((path) => path.endsWith(`/${vmId}`)) ?? ''
  }

  async #removeStray(controld: ControlProcess, vmId: string): Promise<void> {
    const cgroup = this.#cgroupOf(vmId)
    await this.#giveBackDevices(controld, vmId)
    await controld.perform(() => this.kernel.removeRunDirectory(`${RUN_DIRECTORIES}/${vmId}`))
    await removeCgroup(cgroup, this.kernel, controld)
    this.removed.push(vmId)
  }

  async #giveBackDevices(controld: ControlProcess, vmId: string): Promise<void> {
    await controld.perform(() => this.kernel.killCgroup(this.#cgroupOf(vmId)))
    await giveBackAll(vmId, this.kernel.pci.tools(controld))
  }

  #remove(controld: ControlProcess, path: string): void {
    controld.act(() => {
      const fails = this.failNextRemoval
      this.failNextRemoval = false
      if (fails) throw new FakeFailure('host.EIO', path)
      this.kernel.removeKept(path)
      this.removed.push(path)
    })
  }

  #running(vmId: string): FakeMachine | null {
    const machine = this.machines.get(vmId)
    return machine !== undefined && machine.exit === null ? machine : null
  }
}
