// Carries out the effects of a plan on a fake host, one after the other and each in its turn, remembering how each is undone: as adapters/vm-launch does.
import { takeLiveStep } from '../../control/src/adapters/live-steps.ts'
import { giveBack, handOver } from '../../control/src/adapters/pci-hand-over.ts'
import { UndoStack } from '../../control/src/adapters/undo-stack.ts'
import { restoreState } from '../../control/src/adapters/vm-save.ts'
import type { Effect } from '../../control/src/domain/effect.ts'
import { type ControlProcess, Killed } from './control-process.ts'
import { FakeFailure } from './failure.ts'
import type { FakeKernel } from './kernel.ts'
import type { FakeMachine } from './machine.ts'
import { monitorOf, toolsOf } from './vm-process.ts'

type StartProcess = Extract<Effect, { kind: 'start-process' }>

export class FakeLaunch {
  readonly undo = new UndoStack((what, error) => {
    // A test that has every driver refuse a device wants it to stay away.
    if (error instanceof Killed || [...this.#kernel.pci.refusing.values()].includes('all')) return
    throw new Error(`${what} could not be removed: ${String(error)}`)
  })
  machine: FakeMachine | null = null
  readonly #kernel: FakeKernel
  readonly #controld: ControlProcess
  readonly #newMachine: () => FakeMachine
  readonly #descriptors = new Map<string, number>()

  constructor(kernel: FakeKernel, controld: ControlProcess, newMachine: () => FakeMachine) {
    this.#kernel = kernel
    this.#controld = controld
    this.#newMachine = newMachine
  }

  async carryOut(effect: Effect): Promise<void> {
    const kernel = this.#kernel
    switch (effect.kind) {
      case 'own-file':
        return this.#perform(() => kernel.owners.set(effect.path, effect.shared ? 0 : effect.uid))
      case 'make-directory':
        return this.#perform(() => kernel.directories.add(effect.path))
      case 'copy-once':
        return this.#perform(() => kernel.kept.add(effect.path))
      case 'make-seed':
        return this.#perform(() => kernel.makeRunFile(effect.path))
      case 'make-run-directory':
        this.undo.push('run directory', () => this.#perform(() => kernel.removeRunDirectory(effect.path)))
        return this.#perform(() => kernel.makeRunDirectory(effect.path))
      case 'make-cgroup':
        await removeCgroup(effect.path, kernel, this.#controld)
        this.undo.push('cgroup', () => removeCgroup(effect.path, kernel, this.#controld))
        return this.#perform(() => kernel.makeCgroup(effect.path))
      case 'listen':
        return this.#perform(() => kernel.makeRunFile(effect.path))
      case 'socket-pair':
        return this.#perform(() => {})
      case 'open-tap':
        this.undo.push('TAP', () => kernel.close(this.#descriptors.get(effect.name) ?? -1))
        return this.#perform(() => this.#descriptors.set(effect.name, kernel.openTap(this.#controld, effect.device)))
      case 'hand-over':
        this.undo.push('device', () => giveBack(effect.address, kernel.pci.tools(this.#controld)))
        return handOver(effect.address, effect.vm, kernel.pci.tools(this.#controld))
      case 'own-device':
        this.undo.push('device node', () => this.#perform(() => kernel.pci.nodes.delete(effect.path)))
        return this.#perform(() => kernel.pci.nodes.set(effect.path, effect.uid))
      case 'start-process':
        return this.#perform(() => this.#start(effect))
      case 'start-helper':
        // Its end is its cgroup's.
        return this.#perform(() => kernel.join(effect.cgroup, { kill: () => {} }))
      case 'open-serial':
        return this.#perform(() => kernel.directories.add(effect.logPath.slice(0, effect.logPath.lastIndexOf('/'))))
      case 'attach-agent':
        return
      case 'connect-qmp':
        return void (await this.#monitor().execute('query-status'))
      case 'place-vcpus':
        return this.#perform(() => {})
      case 'configure':
        return takeLiveStep(effect.step, this.#monitor(), toolsOf(kernel, this.#controld))
      case 'restore':
        return restoreState(effect.path, this.#monitor(), toolsOf(kernel, this.#controld), effect.timeoutMs)
      case 'continue':
        return void (await this.#monitor().execute('cont'))
      default: {
        const unhandled: never = effect
        throw new TypeError(`unhandled effect ${JSON.stringify(unhandled)}`)
      }
    }
  }

  #start({ cgroup }: StartProcess): void {
    const machine = this.#newMachine()
    this.#kernel.join(cgroup, machine)
    this.machine = machine
    for (const [name, descriptor] of this.#descriptors) {
      machine.qmp.beginNic(name, this.#kernel.pass(descriptor, machine).number)
      this.#kernel.close(descriptor)
    }
    this.undo.push('process', () => this.#perform(() => machine.crash()))
  }

  async #perform(effect: () => unknown): Promise<void> {
    await this.#controld.perform(effect)
  }

  #monitor() {
    if (this.machine === null) throw new FakeFailure('plan.incomplete')
    return monitorOf(this.machine, this.#controld)
  }
}

/** Whatever is in it is killed first; only then can it be removed. */
export async function removeCgroup(path: string, kernel: FakeKernel, controld: ControlProcess): Promise<void> {
  if (!kernel.cgroups.has(path)) return
  await controld.perform(() => kernel.killCgroup(path))
  await controld.perform(() => kernel.removeCgroup(path))
}
