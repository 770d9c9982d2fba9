// The VM host over hv-core: starts VMs by carrying out plans, takes over running ones, and removes what none owns. Decides nothing.
import * as process from 'hv:process'
import type { Plan } from '../domain/effect.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Traffic } from '../ports/traffic.ts'
import type { AdoptPaths, HostFailure, ProcessIdentity, SerialPaths, VmHost, VmProcess } from '../ports/vm-host.ts'
import { agentTransport } from './agent-transport.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { connectLineChannel } from './line-channel.ts'
import { giveBackAll, type PciTools } from './pci-hand-over.ts'
import { QmpLink } from './qmp-link.ts'
import { UndoStack } from './undo-stack.ts'
import { emptyCgroup, findCgroups, removeCgroup } from './vm-cgroup.ts'
import { removeKept } from './vm-kept.ts'
import { VmLaunch } from './vm-launch.ts'
import { readSerialLog, removeLogs } from './vm-logs.ts'
import { RunningVm, type Serial, type VmTools } from './vm-process.ts'
import { removeRunDirectory } from './vm-run-directory.ts'
import { removeSaved } from './vm-save.ts'
import { openSerial } from './vm-serial.ts'
import { vmTools } from './vm-tools.ts'
import { endsWithin } from './wait.ts'

/** How long a process that broke the conversation off may take to be gone. */
const EARLY_END_MS = 1_000
const ADOPT_QMP_TIMEOUT_MS = 10_000
/** Ids become path names here, so nothing else may reach the file system. */
const VM_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export interface VmHostPlaces {
  /** One cgroup a VM below it, in its pool's: `/sys/fs/cgroup/corbel.vm`. */
  readonly cgroups: string
  /** One directory a VM below it: `/run/corbel/vm`. */
  readonly runDirectories: string
}

export function createVmHost(places: VmHostPlaces, clock: Clock, log: Log, pci: PciTools, traffic: Pick<Traffic, 'shape'>): VmHost {
  const tools: VmTools = { ...vmTools, shapeNic: (shape) => traffic.shape(shape) }
  const undoStack = (vmId: string) =>
    new UndoStack((what, error) => log('error', `vm ${vmId}: ${what} could not be removed: ${String(error)}`))

  /** So that asking twice gives the same one: a QEMU has one monitor. */
  const adopted = new Map<string, VmProcess>()

  async function launch(vmId: string, plan: Plan): Promise<VmProcess> {
    const launching = new VmLaunch(vmId, tools, clock, log, pci)
    let step: string = 'launch'
    try {
      for (const effect of plan) {
        step = effect.kind
        await launching.carryOut(effect)
      }
      return new RunningVm(launching.parts(), clock)
    } catch (error) {
      const failure = await explained(launching, toHostFailure(error, step), step)
      await launching.undo.undoAll()
      throw failure
    }
  }

  async function adopt(vmId: string, identity: ProcessIdentity, paths: AdoptPaths): Promise<VmProcess | null> {
    const already = adopted.get(vmId)
    if (already?.identity.pid === identity.pid && already.identity.startTime === identity.startTime) return already
    try {
      const cleanUp = undoStack(vmId)
      cleanUp.push('cgroup', () => removeCgroup(cgroupOf(vmId), clock))
      cleanUp.push('run directory', () => removeRunDirectory(paths.runDirectory))
      cleanUp.push('devices', () => giveBackDevices(vmId))
      const running = process.adopt(identity.pid, identity.startTime)
      if (running !== null) return await takeOver(vmId, running, paths, cleanUp)
      await cleanUp.undoAll()
      return null
    } catch (error) {
      throw toHostFailure(error, 'adopt')
    }
  }

  /** When QMP does not answer because the process has just ended, it counts as gone; when it lives, everything is let go of as it was, so that it can be tried again. */
  async function takeOver(vmId: string, running: process.Process, paths: AdoptPaths, cleanUp: UndoStack): Promise<VmProcess | null> {
    const qmp = new QmpLink(
      () => connectLineChannel(paths.qmpSocket),
      clock,
      (severity, text) => log(severity, `vm ${vmId}: ${text}`),
    )
    try {
      await qmp.open(ADOPT_QMP_TIMEOUT_MS)
    } catch (error) {
      qmp.close()
      if (await endsWithin(clock, running.exited, EARLY_END_MS)) {
        await cleanUp.undoAll()
        return null
      }
      running.release()
      throw error
    }
    cleanUp.push('qmp', () => qmp.close())
    const serials = await Promise.all(paths.serials.map((serial) => reopenSerial(vmId, serial)))
    for (const serial of serials) if (serial !== null) cleanUp.push('serial port', () => serial.relay.close())
    const vm = new RunningVm({ process: running, qmp, serials, agent: agentTransport(paths.agentSocket), cleanUp, tools }, clock)
    adopted.set(vmId, vm)
    vm.ended.then(() => adopted.delete(vmId))
    return vm
  }

  async function reopenSerial(vmId: string, { path, logPath, maxLogBytes }: SerialPaths): Promise<Serial | null> {
    try {
      return await openSerial(path, logPath, maxLogBytes)
    } catch (error) {
      log('warning', `vm ${vmId}: adopted without its serial port: ${String(error)}`)
      return null
    }
  }

  async function listCgroups(): Promise<readonly string[]> {
    return [...findCgroups(places.cgroups).keys()]
  }

  /** Only when nothing runs in the cgroup any more: a device that is in use is not let go of. */
  async function giveBackDevices(vmId: string): Promise<void> {
    await emptyCgroup(cgroupOf(vmId), clock)
    await giveBackAll(vmId, pci)
  }

  /** Where it would be when it is nowhere: there is nothing to be removed then. */
  const cgroupOf = (vmId: string) => findCgroups(places.cgroups).get(vmId) ?? `${places.cgroups}/${vmId}`

  async function removeStray(vmId: string): Promise<void> {
    if (!VM_ID.test(vmId)) throw new VmHostFailure('vm.bad-id', 'remove-stray', 'no VM id', vmId)
    try {
      // What still runs needs its sockets to be adopted; and by its cgroup a controld that comes later finds what is left.
      const cgroup = cgroupOf(vmId)
      await giveBackDevices(vmId)
      removeRunDirectory(`${places.runDirectories}/${vmId}`)
      await removeCgroup(cgroup, clock)
    } catch (error) {
      throw toHostFailure(error, 'remove-stray')
    }
  }

  return { launch, adopt, listCgroups, removeStray, readSerialLog, removeLogs, removeKept, removeSaved: removeSavedState }
}

function removeSavedState(path: string): void {
  try {
    removeSaved(path, vmTools)
  } catch (error) {
    throw toHostFailure(error, 'remove-saved')
  }
}

/** A conversation that broke off because QEMU ended is told as that end, with QEMU's own words. */
async function explained(launching: VmLaunch, failure: HostFailure, step: string): Promise<HostFailure> {
  if (failure.code === 'kvm.unavailable' || failure.code === 'plan.incomplete') return failure
  const end = await launching.earlyEnd(EARLY_END_MS)
  return end === null ? failure : new VmHostFailure('qemu.exited', step, end)
}
