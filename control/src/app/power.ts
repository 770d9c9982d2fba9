// Powering VMs on and off, each as a task; one at a time for a VM, except that power-off may overtake a shutdown that waits for the guest.
import type { Allocation } from '../domain/host-resources.ts'
import type { Problem } from '../domain/problem.ts'
import type { Task } from '../domain/task.ts'
import type { VmSpec } from '../domain/vm.ts'
import { POWERED_OFF } from '../domain/vm-exit.ts'
import type { PowerState } from '../domain/vm-status.ts'
import { planPowerOn } from '../plan/power-on.ts'
import { vmPaths } from '../plan/vm-paths.ts'
import { allocationOf, claimOf } from '../plan/vm-share.ts'
import { eventually } from './eventually.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { Fleet } from './fleet.ts'
import type { GuestInfo } from './guest-info.ts'
import type { Ledger } from './ledger.ts'
import type { Passthrough } from './passthrough.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import { requireStartable } from './startable.ts'
import type { Conclusion } from './tasks.ts'
import type { VmTasks } from './vm-tasks.ts'
import { within } from './within.ts'

/** Early in its boot a guest ignores the power button, so it is pressed again; and it is pressed for a guest whose agent promised and does nothing. */
const PRESS_AGAIN_MS = 10_000
/** What QEMU has to end in before it is killed. */
const QUIT_TIMEOUT_MS = 10_000

export type ShutdownPolicy = VmSpec['shutdown']

export interface Power {
  /** All refuse with `vm.not-found`, `vm.power.wrong-state`, `vm.busy` or `host.going-down`; power-on with what keeps the VM from starting, too. */
  /** `failed` is called when the task has ended without success. */
  powerOn(id: string, by: string, failed?: () => void): Task
  /** What it would be given; refuses as power-on does. Nothing is done, and nothing kept for it. */
  tryPowerOn(id: string): Allocation
  /** How long, and what then, is the spec's where it is not said. */
  shutdown(id: string, by: string, wanted?: Partial<ShutdownPolicy>): Task
  powerOff(id: string, by: string): Task
  reset(id: string, by: string): Task
  /** The steps of shutdown and power-off without a task, for when the host goes down. */
  shutDownGuest(id: string, timeoutMs: number): Promise<void>
  endProcess(id: string): Promise<void>
  /** From now on nothing is powered on. */
  close(): void
  reopen(): void
  isClosed(): boolean
}

const RUNNING: readonly PowerState[] = ['running', 'paused', 'unknown']
const WITH_PROCESS: readonly PowerState[] = [...RUNNING, 'stopping']
const STOPPED: readonly PowerState[] = ['off', 'crashed']

export function createPower(
  ports: AppPorts & WithFileLocks,
  ledger: Pick<Ledger, 'vms' | 'index'>,
  fleet: Fleet,
  vmTasks: VmTasks,
  guests: Pick<GuestInfo, 'requestShutdown'>,
  resources: Pick<Resources, 'admit' | 'requireAdmitted' | 'placeFor' | 'shapesOf'>,
  passthrough: Pick<Passthrough, 'requireFree' | 'hold' | 'assign'>,
): Power {
  const { vmHost, clock } = ports
  const { admit, start } = vmTasks
  let closed = false

  async function shutDownGuest(id: string, timeoutMs: number): Promise<void> {
    const process = fleet.process(id)
    if (process === null) throw new Refusal('conflict', 'vm.power.wrong-state', 'The VM has no process that could be asked.')
    let pressing = true
    const stopped = fleet.whenStopped(id)
    let cancel = () => {}
    let byAgent = false
    const pressAgain = () => {
      cancel = clock.after(PRESS_AGAIN_MS, () => {
        if (!pressing) return
        // An error here means that QEMU is ending, which is what is waited for.
        process.pressPowerButton().catch(() => {})
        if (!byAgent) void askAgent()
        pressAgain()
      })
    }
    /** One that did not answer when it was asked first may do so now. */
    const askAgent = async () => {
      if (pressing) byAgent = await guests.requestShutdown(id)
    }
    const deadlineMs = clock.monotonicMs() + timeoutMs
    try {
      pressAgain()
      await askAgent()
      if (!byAgent) await process.pressPowerButton()
      if (await within(clock, Math.max(0, deadlineMs - clock.monotonicMs()), stopped)) return
    } finally {
      pressing = false
      cancel()
    }
    throw new Refusal('conflict', 'vm.shutdown.timeout', `The guest did not shut down within ${timeoutMs / 1000} s.`)
  }

  async function endProcess(id: string): Promise<void> {
    const process = fleet.process(id)
    if (process !== null) {
      fleet.wantEnd(id)
      await process.powerOff(QUIT_TIMEOUT_MS)
      return fleet.whenStopped(id)
    }
    if (ledger.vms.get(id)?.process === null) return
    await vmHost.removeStray(id)
    // It may have been in the middle of being saved when its controld ended.
    if (ledger.vms.get(id)?.suspended === null) vmHost.removeSaved(vmPaths(id).suspended)
    await eventually(ports, `the end of VM ${id}`, () => {
      if ((ledger.vms.get(id)?.process ?? null) !== null) fleet.recordEnd(id, { reason: POWERED_OFF, code: null, signal: null })
    })
  }

  /** Its memory is given up, as that of a running VM is. */
  function discardSuspended(id: string, by: string): Conclusion {
    return {
      write(draft) {
        const record = fleet.record(id)
        draft.putVm({ ...record, suspended: null })
        draft.event('vm.stopped', 'info', { kind: 'vm', id }, `${record.spec.name} was suspended and has been powered off by ${by}.`)
      },
      written: () => vmHost.removeSaved(vmPaths(id).suspended),
    }
  }

  function requireReady(id: string) {
    if (closed) throw new Refusal('conflict', 'host.going-down', 'The host is going down.')
    const record = admit(id, 'vm.power-on', STOPPED)
    const pathOf = requireStartable(ports, record, record.spec, ledger.index.sharing(record.spec))
    passthrough.requireFree(id, record.spec)
    return { ...record, pathOf }
  }

  return {
    tryPowerOn(id) {
      const { spec } = requireReady(id)
      resources.requireAdmitted(id, spec)
      return allocationOf(claimOf(id, spec))
    },

    powerOn(id, by, failed) {
      const { uid, spec, pathOf } = requireReady(id)
      const releases = [resources.admit(id, spec), passthrough.hold(id, spec)]
      const release = () => {
        for (const one of releases) one()
      }
      const act = async (): Promise<Conclusion> => {
        const passed = passthrough.assign(id, spec)
        const process = await vmHost.launch(
          id,
          planPowerOn({
            ...{ id, uid, spec, pathOf, place: resources.placeFor(id, spec), shapeOf: resources.shapesOf(uid, spec.pool) },
            ...{ suspended: null, passed },
          }),
        )
        return {
          write(draft) {
            const inForce = { startedSpec: spec, bootMemoryMiB: spec.memoryMiB, changingTo: null }
            const started = { process: process.identity, startedAt: clock.now(), ...inForce, lastExit: null }
            draft.putVm({ ...fleet.record(id), ...started })
            draft.event('vm.started', 'info', { kind: 'vm', id }, `${spec.name} was started by ${by}.`)
          },
          written: () => {
            fleet.watch(id, process)
            fleet.observe(id, process, 'running')
          },
          undo: async () => void (await process.powerOff(QUIT_TIMEOUT_MS)),
        }
      }
      const settled = (problem: Problem | null) => {
        release()
        if (problem !== null) failed?.()
      }
      try {
        return start(id, 'vm.power-on', by, 'starting', act, { settled })
      } catch (error) {
        release()
        throw error
      }
    },

    shutdown(id, by, wanted = {}) {
      const policy = { ...admit(id, 'vm.shutdown', RUNNING).spec.shutdown, ...wanted }
      return start(id, 'vm.shutdown', by, 'stopping', async () => {
        try {
          await shutDownGuest(id, policy.timeoutSeconds * 1000)
        } catch (error) {
          const isLate = error instanceof Refusal && error.code === 'vm.shutdown.timeout'
          if (!isLate || policy.onTimeout === 'fail') throw error
          await endProcess(id)
        }
        return {}
      })
    },

    powerOff(id, by) {
      const { suspended } = admit(id, 'vm.power-off', [...WITH_PROCESS, 'suspended'])
      if (suspended !== null) return start(id, 'vm.power-off', by, 'stopping', async () => discardSuspended(id, by))
      return start(id, 'vm.power-off', by, 'stopping', async () => {
        await endProcess(id)
        return {}
      })
    },

    reset(id, by) {
      const { name } = admit(id, 'vm.reset', RUNNING).spec
      return start(id, 'vm.reset', by, null, async () => {
        await vmTasks.process(id).reset()
        return { write: (draft) => draft.event('vm.reset', 'info', { kind: 'vm', id }, `${name} was reset by ${by}.`) }
      })
    },

    shutDownGuest,
    endProcess,
    close() {
      closed = true
    },
    reopen() {
      closed = false
    },
    isClosed: () => closed,
  }
}
