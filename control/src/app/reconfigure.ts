// Carries out what of an edit can be done while the VM runs: step by step, and back when one fails. What is in force is written as it is.

import type { LiveStep } from '../domain/live-step.ts'
import type { Task } from '../domain/task.ts'
import type { VmSpec } from '../domain/vm.ts'
import { deviceNames, same, withHardware } from '../domain/vm-difference.ts'
import { type PlannedStep, planLiveChange } from '../plan/live-change.ts'
import type { PathOf } from '../plan/power-on.ts'
import { nicName } from '../plan/qemu-nics.ts'
import type { VmRecord } from '../ports/store.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { isHostFailure, Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import type { Conclusion, Progress } from './tasks.ts'
import type { Turns } from './turns.ts'
import { resolveFiles } from './vm-files.ts'
import type { VmTasks } from './vm-tasks.ts'

/** Between attempts to find out what is in force. */
const RETRY_MS = 5_000
/** Whether the step was taken is not known then. */
const UNANSWERED: readonly string[] = ['qmp.timeout', 'qmp.closed', 'qmp.malformed']

export interface Reconfigure {
  /** What can be done now: nothing when the VM has no process, or one that does not answer or whose last change is still being taken back. Refuses with `vm.disk.file-missing`. */
  plan(record: VmRecord, wanted: VmSpec): readonly PlannedStep[]
  /** The task that takes the steps, and keeps the new spec with its success. `ended` is called when it has ended, however. */
  start(id: string, wanted: VmSpec, by: string, ended: () => void): Task
  /**
   * After a restart of controld, perhaps in the middle of a task: makes `process` what the record says is in force, or the record what the process is.
   * Never rejects; resolves after the first attempt, and where the VM does not answer tries again later.
   */
  settle(id: string, process: VmProcess): Promise<void>
  /** The guest has let go of a device, after nobody waited for that any more. */
  seeAgain(id: string, process: VmProcess): void
}

/** In `turns`, by VM, a change, what takes one back, and a suspension never meet. */
export function createReconfigure(
  ports: Pick<AppPorts, 'datastores' | 'clock' | 'log'> & WithFileLocks,
  ledger: Ledger,
  fleet: Fleet,
  vmTasks: VmTasks,
  { alone }: Turns,
  resources: Pick<Resources, 'shapesOf'>,
): Reconfigure {
  const { log, clock } = ports

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

  /** `gone` are devices that the guest has let go of after nobody waited for that any more. */
  function inForce(id: string, process: VmProcess, spec: VmSpec, changingTo: VmSpec | null, gone: readonly string[] = []): void {
    const record = ledger.vms.get(id)
    if (record === undefined || record.process?.pid !== process.identity.pid) return
    ledger.write((draft) => {
      draft.putVm({ ...record, startedSpec: spec, changingTo })
      for (const name of gone) {
        draft.event('vm.device-unplugged', 'info', { kind: 'vm', id }, `The guest of ${record.spec.name} let go of ${name}.`)
      }
    })
  }

  /** Whatever of a change was done is taken back, and what cannot be stays in force; false when that is not known, as the VM does not answer or something else has come between. */
  async function takeBack(id: string, process: VmProcess): Promise<boolean> {
    const record = fleet.record(id)
    const { changingTo, startedSpec, bootMemoryMiB, uid } = record
    if (startedSpec === null || bootMemoryMiB === null) return true
    let spec = changingTo ?? startedSpec
    let gone: readonly string[] = []
    try {
      if (changingTo !== null) {
        const { pathOf } = resolveFiles(startedSpec, ports)
        for (const { step, change } of planLiveChange({
          uid,
          inForce: changingTo,
          wanted: startedSpec,
          bootMemoryMiB,
          pathOf: orEmpty(pathOf),
          shapeOf: resources.shapesOf(uid, startedSpec.pool),
        })) {
          if (await taken(id, process, step)) spec = change(spec)
          else await connectAsSaid(id, process, step, changingTo)
        }
      }
      // Guests let go of devices late, and also while nobody listens.
      const { devices, vcpus } = await process.hardware()
      gone = deviceNames(spec).filter((name) => !devices.includes(name))
      // What they stood on is still there, a disk's file among it.
      for (const name of gone) await taken(id, process, { kind: name.startsWith('nic') ? 'unplug-nic' : 'unplug-disk', name })
      spec = withHardware(spec, devices, vcpus)
    } catch (error) {
      log('error', `VM ${id}: what is in force is not known: ${String(error)}`)
      return false
    }
    if (ledger.vms.get(id) !== record) return false
    if (changingTo !== null || !same(spec, startedSpec)) inForce(id, process, spec, null, gone)
    return true
  }

  /** False when it is refused; throws when the VM does not answer. */
  async function taken(id: string, process: VmProcess, step: LiveStep): Promise<boolean> {
    try {
      await process.take(step)
      return true
    } catch (error) {
      if (isHostFailure(error) && UNANSWERED.includes(error.code)) throw error
      log('error', `VM ${id}: ${step.kind} could not be taken back: ${String(error)}`)
      return false
    }
  }

  /** A NIC that cannot be unplugged was perhaps not yet given its cable, or relieved of it. */
  async function connectAsSaid(id: string, process: VmProcess, step: LiveStep, { nics }: VmSpec): Promise<void> {
    const nic = step.kind === 'unplug-nic' ? nics.find(({ slot }) => nicName(slot) === step.name) : undefined
    if (nic !== undefined) await taken(id, process, { kind: 'set-link', name: nicName(nic.slot), up: nic.connected })
  }

  const settle = (id: string, process: VmProcess): Promise<void> => alone(id, () => settleNow(id, process))

  async function settleNow(id: string, process: VmProcess): Promise<void> {
    if (fleet.process(id) !== process) return
    let known = false
    try {
      known = await takeBack(id, process)
    } catch (error) {
      log('error', `VM ${id}: what is in force could not be written: ${String(error)}`)
    }
    if (!known) settleLater(id, process)
  }

  function settleLater(id: string, process: VmProcess): void {
    clock.after(RETRY_MS, () => {
      if (fleet.busy(id) === null) void settle(id, process)
      else if (fleet.process(id) === process) settleLater(id, process)
    })
  }

  function plan(record: VmRecord, wanted: VmSpec): readonly PlannedStep[] {
    const { id, startedSpec, bootMemoryMiB, uid } = record
    if (startedSpec === null || bootMemoryMiB === null) return []
    if (fleet.process(id) === null || fleet.powerState(id) === 'unknown' || record.changingTo !== null) return []
    const shapeOf = resources.shapesOf(uid, startedSpec.pool)
    return planLiveChange({ uid, inForce: startedSpec, wanted, bootMemoryMiB, pathOf: pathsOf(wanted, startedSpec), shapeOf })
  }

  return {
    plan,

    start(id, wanted, by, ended) {
      vmTasks.admit(id, 'vm.reconfigure', ['running', 'paused'])
      const act = (progress: Progress): Promise<Conclusion> =>
        alone(id, async () => {
          const process = vmTasks.process(id)
          const { startedSpec: before } = fleet.record(id)
          if (before === null) throw new Refusal('conflict', 'vm.power.wrong-state', 'The VM has ended meanwhile.')
          // Planned anew: what had its turn before may have changed what is in force.
          const steps = plan(fleet.record(id), wanted)
          // Files of the new devices are the VM's from now on.
          if (steps.length > 0) inForce(id, process, before, steps.at(-1)?.after ?? before)
          try {
            for (const [index, { step }] of steps.entries()) {
              await process.take(step)
              progress((100 * (index + 1)) / (steps.length + 1))
            }
          } catch (error) {
            await settleNow(id, process)
            throw error
          }
          return {
            write(draft) {
              const record = fleet.record(id)
              const running = record.process?.pid === process.identity.pid
              const kept = { spec: wanted, revision: record.revision + 1, ...(steps.length > 0 ? { changingTo: null } : {}) }
              // Not simply the target: the guest may have let go of something else meanwhile.
              const startedSpec = running
                ? steps.reduce((spec, { change }) => change(spec), record.startedSpec ?? before)
                : record.startedSpec
              draft.putVm({ ...record, ...kept, startedSpec })
              draft.event('vm.changed', 'info', { kind: 'vm', id }, `${wanted.name} was changed by ${by}.`)
            },
            undo: () => settle(id, process),
          }
        })
      return vmTasks.start(id, 'vm.reconfigure', by, null, act, { settled: ended })
    },

    settle,
    seeAgain: (id, process) => (fleet.busy(id) === null ? void settle(id, process) : settleLater(id, process)),
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
