// Pausing and suspending VMs: standing still in memory, or with the memory on disk across a power cycle of the host.
import type { Task } from '../domain/task.ts'
import { withHardware, withHostFields } from '../domain/vm-difference.ts'
import { planPowerOn } from '../plan/power-on.ts'
import { vmPaths } from '../plan/vm-paths.ts'
import type { VmRecord } from '../ports/store.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { Fleet } from './fleet.ts'
import type { GuestInfo } from './guest-info.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import { requireStartable } from './startable.ts'
import type { Conclusion } from './tasks.ts'
import type { Turns } from './turns.ts'
import type { VmTasks } from './vm-tasks.ts'

/** QEMU's part of what a suspended VM needs besides its memory: the state of devices. */
const DEVICE_STATE_BYTES = 64 * 1_048_576
const QUIT_TIMEOUT_MS = 10_000
/** Between attempts to let a VM go on that could not be suspended. */
const RETRY_MS = 5_000

export interface Suspension {
  /** All refuse with `vm.not-found`, `vm.power.wrong-state`, `vm.busy`. */
  pause(id: string, by: string): Task
  /** From paused, or from suspended; then it also refuses with what keeps the VM from starting, and `host.going-down`. */
  resume(id: string, by: string): Task
  /** Refuses with `datastore.full`, too. The task can be cancelled: the VM goes on. */
  suspend(id: string, by: string): Task
  /** The steps of suspend without a task, for when the host goes down. */
  suspendProcess(id: string, by: string): Promise<void>
  /** After a restart of controld, perhaps in the middle of a suspend: lets the VM go on. Never rejects. */
  settle(id: string, process: VmProcess): Promise<void>
}

/** In `turns`, by VM, a suspension, what gives an earlier one up, and a change of hardware never meet. */
export function createSuspension(
  ports: AppPorts & WithFileLocks,
  ledger: Ledger,
  fleet: Fleet,
  vmTasks: VmTasks,
  guests: Pick<GuestInfo, 'syncTime'>,
  isGoingDown: () => boolean,
  { alone }: Turns,
  resources: Pick<Resources, 'admit' | 'placeFor' | 'shapesOf'>,
): Suspension {
  const { vmHost, clock, datastores, log } = ports

  function requireRoom(id: string): void {
    const { spec, bootMemoryMiB } = fleet.record(id)
    const neededBytes = Math.max(spec.memoryMiB, bootMemoryMiB ?? 0) * 1_048_576 + DEVICE_STATE_BYTES
    const availableBytes = datastores.list()[0]?.availableBytes ?? 0
    if (availableBytes >= neededBytes) return
    throw new Refusal(
      'insufficient-storage',
      'datastore.full',
      `${spec.name} needs ${neededBytes} bytes; the datastore has ${availableBytes}.`,
    )
  }

  /** The VM goes on, and nothing is left of its memory. Never rejects; resolves after the first attempt, and where the VM does not answer tries again later. */
  async function giveUp(id: string, process: VmProcess): Promise<void> {
    if (ledger.vms.get(id)?.suspended !== null) return
    try {
      if (fleet.process(id) !== process) return vmHost.removeSaved(vmPaths(id).suspended)
      await process.abandonSave(vmPaths(id).suspended)
    } catch (error) {
      log('error', `VM ${id}: its suspension could not be given up: ${String(error)}`)
      clock.after(RETRY_MS, () => void alone(id, () => giveUp(id, process)))
    }
  }

  /** From here on the VM is suspended, whatever becomes of its process. */
  function suspendProcess(id: string, by: string, progress: (percent: number) => void = () => {}): Promise<void> {
    return alone(id, () => save(id, by, progress))
  }

  async function save(id: string, by: string, progress: (percent: number) => void): Promise<void> {
    const process = vmTasks.process(id)
    requireNoPassthrough(fleet.record(id))
    // Its memory can be read only by a VM that has the same hardware, and that is not known yet.
    if (fleet.record(id).changingTo !== null) {
      throw new Refusal('conflict', 'vm.busy', 'A change of the VM that was cut off is still being taken back.')
    }
    try {
      await process.save(vmPaths(id).suspended, progress)
      // As the guest stands still now, and not before: until then it may have let go of something.
      const { devices, vcpus } = await process.hardware()
      ledger.write((draft) => {
        const record = fleet.record(id)
        const { startedSpec, bootMemoryMiB } = record
        if (startedSpec === null || bootMemoryMiB === null)
          throw new Refusal('conflict', 'vm.power.wrong-state', 'The VM has ended meanwhile.')
        draft.putVm({ ...record, suspended: { at: clock.now(), spec: withHardware(startedSpec, devices, vcpus), bootMemoryMiB } })
        draft.event('vm.suspended', 'info', { kind: 'vm', id }, `${record.spec.name} was suspended by ${by}.`)
      })
    } catch (error) {
      await giveUp(id, process)
      throw error
    }
    fleet.wantEnd(id)
    await process.powerOff(QUIT_TIMEOUT_MS)
    await fleet.whenStopped(id)
  }

  function resumeSuspended(id: string, by: string): Task {
    if (isGoingDown()) throw new Refusal('conflict', 'host.going-down', 'The host is going down.')
    const record = fleet.record(id)
    const { suspended, uid } = record
    if (suspended === null) throw new Refusal('conflict', 'vm.power.wrong-state', `${record.spec.name} is not suspended.`)
    const { spec, bootMemoryMiB } = suspended
    const pathOf = requireStartable(ports, record, spec, ledger.index.sharing(spec))
    const running = withHostFields(spec, record.spec)
    const release = resources.admit(id, running)
    const act = async (): Promise<Conclusion> => {
      const place = resources.placeFor(id, running)
      const shapeOf = resources.shapesOf(uid, spec.pool)
      const process = await vmHost.launch(id, planPowerOn({ id, uid, spec, pathOf, place, shapeOf, suspended: { bootMemoryMiB } }))
      try {
        // Written before the guest goes on: memory that its disks have left behind must never be resumed again.
        ledger.write((draft) => {
          const inForce = { startedSpec: spec, bootMemoryMiB, changingTo: null, suspended: null }
          draft.putVm({ ...fleet.record(id), process: process.identity, startedAt: clock.now(), ...inForce, lastExit: null })
        })
      } catch (error) {
        await process.powerOff(QUIT_TIMEOUT_MS)
        throw error
      }
      fleet.watch(id, process)
      fleet.observe(id, process, 'paused')
      vmHost.removeSaved(vmPaths(id).suspended)
      await process.resume()
      guests.syncTime(id)
      return { write: (draft) => draft.event('vm.resumed', 'info', { kind: 'vm', id }, `${spec.name} was resumed by ${by}.`) }
    }
    try {
      return vmTasks.start(id, 'vm.resume', by, 'resuming', act, { settled: release })
    } catch (error) {
      release()
      throw error
    }
  }

  return {
    pause(id, by) {
      const { name } = vmTasks.admit(id, 'vm.pause', ['running']).spec
      return vmTasks.start(id, 'vm.pause', by, null, async () => {
        await vmTasks.process(id).pause()
        return { write: (draft) => draft.event('vm.paused', 'info', { kind: 'vm', id }, `${name} was paused by ${by}.`) }
      })
    },

    resume(id, by) {
      const { name } = vmTasks.admit(id, 'vm.resume', ['paused', 'suspended']).spec
      if (fleet.powerState(id) === 'suspended') return resumeSuspended(id, by)
      return vmTasks.start(id, 'vm.resume', by, null, async () => {
        await vmTasks.process(id).resume()
        guests.syncTime(id)
        return { write: (draft) => draft.event('vm.resumed', 'info', { kind: 'vm', id }, `${name} was resumed by ${by}.`) }
      })
    },

    suspend(id, by) {
      requireNoPassthrough(vmTasks.admit(id, 'vm.suspend', ['running', 'paused']))
      requireRoom(id)
      return vmTasks.start(
        id,
        'vm.suspend',
        by,
        'suspending',
        async (progress) => {
          await suspendProcess(id, by, progress)
          return {}
        },
        {
          cancel: () => {
            // A process that has gone meanwhile has nothing to be cancelled.
            fleet
              .process(id)
              ?.cancelSave()
              .catch(() => {})
          },
        },
      )
    },

    suspendProcess,
    settle: (id, process) => alone(id, () => giveUp(id, process)),
  }
}

/** What a device is in the middle of is in the device, and cannot be written to a file. */
function requireNoPassthrough({ spec, startedSpec }: VmRecord): void {
  if (startedSpec === null || startedSpec.pciDevices.length === 0) return
  throw new Refusal('conflict', 'vm.suspend.passthrough', `${spec.name} cannot be suspended: it has PCI devices of the host.`)
}
