// Carries out what of an edit can be done while the VM runs: step by step, and back when one fails. What is in force is written as it is.
import type { Task } from '../domain/task.ts'
import type { VmSpec } from '../domain/vm.ts'
import { type PlannedStep, planLiveChange } from '../plan/live-change.ts'
import type { PathOf } from '../plan/power-on.ts'
import type { VmRecord } from '../ports/store.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import { resolveFiles } from './vm-files.ts'
import type { VmTasks } from './vm-tasks.ts'

export interface Reconfigure {
  /** What can be done now: nothing when the VM has no process, or one that does not answer. Refuses with `vm.disk.file-missing`. */
  plan(record: VmRecord, wanted: VmSpec): readonly PlannedStep[]
  /** The task that takes the steps, of which there is one at least, and keeps the new spec with its success. */
  start(id: string, wanted: VmSpec, steps: readonly PlannedStep[], by: string): Task
  /** After a restart of controld in the middle of a task: makes `process` what the record says is in force. */
  settle(id: string, process: VmProcess): Promise<void>
}

export function createReconfigure(
  ports: Pick<AppPorts, 'datastores' | 'log'> & WithFileLocks,
  ledger: Ledger,
  fleet: Fleet,
  vmTasks: VmTasks,
): Reconfigure {
  const { log } = ports

  /** Of files in either spec; those in force may have been deleted behind our back, and are then only missed if needed. */
  function pathsOf(wanted: VmSpec, inForce: VmSpec): PathOf {
    const { pathOf, problems } = resolveFiles(wanted, ports)
    const [first] = problems
    if (first !== undefined) throw new Refusal('conflict', first.code, `${first.field} ${first.message}.`, problems)
    const before = resolveFiles(inForce, ports)
    return (reference) => {
      try {
        return pathOf(reference)
      } catch {
        return before.pathOf(reference)
      }
    }
  }

  function inForce(id: string, process: VmProcess, spec: VmSpec, changingTo: VmSpec | null): void {
    const record = ledger.vms.get(id)
    if (record === undefined || record.process?.pid !== process.identity.pid) return
    ledger.write((draft) => draft.putVm({ ...record, startedSpec: spec, changingTo }))
  }

  /** Takes back what was done, latest first, and tells what is in force then. */
  async function takeBack(process: VmProcess, done: readonly PlannedStep[], before: VmSpec): Promise<VmSpec> {
    for (let index = done.length - 1; index >= 0; index--) {
      const planned = done[index]
      if (planned === undefined) continue
      try {
        await process.take(planned.undo)
      } catch (error) {
        log('error', `${planned.step.kind} could not be taken back: ${String(error)}`)
        return planned.after
      }
    }
    return before
  }

  return {
    plan(record, wanted) {
      const { id, startedSpec, bootMemoryMiB, uid } = record
      if (startedSpec === null || bootMemoryMiB === null) return []
      if (fleet.process(id) === null || fleet.powerState(id) === 'unknown') return []
      return planLiveChange({ uid, inForce: startedSpec, wanted, bootMemoryMiB, pathOf: pathsOf(wanted, startedSpec) })
    },

    start(id, wanted, steps, by) {
      const { startedSpec: before } = vmTasks.admit(id, 'vm.reconfigure', ['running', 'paused'])
      const target = steps.at(-1)?.after ?? null
      if (before === null || target === null) throw new Error('there is nothing to be changed')
      return vmTasks.start(id, 'vm.reconfigure', by, null, async (progress) => {
        const process = vmTasks.process(id)
        // Files of the new devices are the VM's from now on.
        inForce(id, process, before, target)
        const done: PlannedStep[] = []
        const undo = async () => inForce(id, process, await takeBack(process, done, before), null)
        try {
          for (const planned of steps) {
            await process.take(planned.step)
            done.push(planned)
            progress((100 * done.length) / (steps.length + 1))
          }
        } catch (error) {
          await undo()
          throw error
        }
        return {
          write(draft) {
            const record = fleet.record(id)
            const running = record.process?.pid === process.identity.pid
            const kept = { spec: wanted, revision: record.revision + 1, changingTo: null }
            draft.putVm({ ...record, ...kept, startedSpec: running ? target : record.startedSpec })
            draft.event('vm.changed', 'info', { kind: 'vm', id }, `${wanted.name} was changed by ${by}.`)
          },
          undo,
        }
      })
    },

    async settle(id, process) {
      const { changingTo, startedSpec, bootMemoryMiB, uid } = fleet.record(id)
      if (changingTo === null || startedSpec === null || bootMemoryMiB === null) return
      const { pathOf } = resolveFiles(startedSpec, ports)
      const steps = planLiveChange({ uid, inForce: changingTo, wanted: startedSpec, bootMemoryMiB, pathOf: orEmpty(pathOf) })
      let whole = true
      for (const { step } of steps) {
        try {
          await process.take(step)
        } catch (error) {
          whole = false
          log('error', `VM ${id}: ${step.kind} could not be settled: ${String(error)}`)
        }
      }
      // What cannot be taken back stays in force, and is shown as pending.
      inForce(id, process, whole ? startedSpec : changingTo, null)
    },
  }
}

function orEmpty(pathOf: PathOf): PathOf {
  return (reference) => {
    try {
      return pathOf(reference)
    } catch {
      return ''
    }
  }
}
