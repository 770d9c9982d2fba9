// Tasks of VMs: one at a time for a VM, begun only in a state in which they make sense.
import type { Problem } from '../domain/problem.ts'
import type { Task, TaskKind } from '../domain/task.ts'
import type { PowerState } from '../domain/vm-status.ts'
import type { VmRecord } from '../ports/store.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { Fleet, Transition } from './fleet.ts'
import { Refusal } from './refusal.ts'
import type { Conclusion, Progress, Tasks } from './tasks.ts'

export interface VmTaskOptions {
  /** See `Work.cancel`. */
  readonly cancel?: () => void
  /** Called when the task has ended and the VM is free for the next, with what it failed by. */
  readonly settled?: (problem: Problem | null) => void
}

export interface VmTasks {
  /** The record, when a task of this kind may begin; refuses with `vm.not-found`, `vm.busy` or `vm.power.wrong-state`. Power-off may overtake a shutdown. */
  admit(id: string, kind: TaskKind, states: readonly PowerState[]): VmRecord
  /** Its process; refuses with `vm.power.wrong-state` when it does not answer. */
  process(id: string): VmProcess
  start(
    id: string,
    kind: TaskKind,
    by: string,
    transition: Transition | null,
    act: (progress: Progress) => Promise<Conclusion>,
    options?: VmTaskOptions,
  ): Task
}

export function createVmTasks(fleet: Fleet, tasks: Tasks): VmTasks {
  return {
    admit(id, kind, states) {
      const record = fleet.record(id)
      const busy = fleet.busy(id)
      const { name } = record.spec
      if (busy !== null && !(kind === 'vm.power-off' && busy === 'vm.shutdown')) {
        throw new Refusal('conflict', 'vm.busy', `${name} is busy with ${busy}.`)
      }
      const state = fleet.powerState(id)
      if (!states.includes(state)) throw new Refusal('conflict', 'vm.power.wrong-state', `${name} is ${state}.`)
      return record
    },

    process(id) {
      const process = fleet.process(id)
      if (process === null) throw new Refusal('conflict', 'vm.power.wrong-state', `${fleet.record(id).spec.name} does not answer.`)
      return process
    },

    start(id, kind, by, transition, act, { cancel, settled } = {}) {
      const release = fleet.hold(id, kind, transition)
      const end = (problem: Problem | null) => {
        release()
        settled?.(problem)
      }
      try {
        return tasks.start({ kind, by, target: { kind: 'vm', id }, act, settled: end, ...(cancel === undefined ? {} : { cancel }) })
      } catch (error) {
        release()
        throw error
      }
    },
  }
}
