// The port through which VMs are started, driven and watched. Knows processes and QMP; decides nothing.
import type { Effect } from '../domain/effect.ts'
import type { LiveStep } from '../domain/live-step.ts'
import type { Balloon, VmDevices } from '../domain/usage.ts'
import type { GuestAgent } from './guest-agent.ts'

/** A process, for good: the pid with its start time (field 22 of /proc/PID/stat). */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: number
}

/** Why a VM's process is gone. `code` and `signal` are null where only the end, not the status, could be seen (adopted processes). */
export interface VmExit {
  readonly code: number | null
  readonly signal: number | null
  /** The guest or we asked for it (QMP SHUTDOWN event seen, with its `reason` such as `guest-shutdown`, `host-qmp-quit`); null when it just died. */
  readonly shutdownReason: string | null
}

/** `out-of-space` where QMP `query-status` says `io-error` and no disk (QMP `query-block`) has met anything but a full datastore; else as it says: `running`, `paused`, `prelaunch`, `internal-error`, `guest-panicked`, `shutdown`, `io-error`, … */
export type RunState = string

/** Thrown by every method below. `code` is stable: `host.ENOENT`, `qmp.timeout`, `qmp.closed`, `qmp.error.CLASS`, `qmp.malformed`, `kvm.unavailable`, … */
export interface HostFailure extends Error {
  readonly name: 'HostFailure'
  readonly code: string
  /** The step or system call concerned, and the path where there is one. */
  readonly step: string
  readonly path?: string
}

export interface Hardware {
  readonly devices: readonly string[]
  readonly vcpus: number
}

/** One running VM process, started or adopted here. */
export interface VmProcess {
  readonly identity: ProcessIdentity
  /** Resolves once, after the process has ended and its run directory, cgroup, TAPs and sockets have been removed. */
  readonly ended: Promise<VmExit>
  /** Of a VM without a channel it is never open. */
  readonly agent: GuestAgent
  /** Called on every QMP STOP, RESUME, SHUTDOWN, RESET, GUEST_PANICKED, BLOCK_IO_ERROR with the run state that follows (for GUEST_PANICKED always `guest-panicked`, though the guest may go on). One handler; when something happened before there was one, it is told of the state then. */
  onStateChange(handler: (state: RunState) => void): void
  queryState(): Promise<RunState>
  /** ACPI power button (`system_powerdown`). */
  pressPowerButton(): Promise<void>
  /** `system_reset`. */
  reset(): Promise<void>
  /** `quit`, and SIGKILL when the process is not gone after `timeoutMs`. Resolves once it has ended. */
  powerOff(timeoutMs: number): Promise<VmExit>
  /** A new peer of a serial port as a socket descriptor, replaying the latest `replayBytes`. The caller owns it. */
  attachSerial(port: number, replayBytes: number): number
  /** A new viewer of the screen as a socket on which QEMU speaks RFB. The caller owns it. */
  attachVnc(): Promise<number>
  /** The screen as PNG. */
  screenshot(): Promise<Uint8Array>
  /** Names of QKeyCode, pressed together for `holdMs`; returns at once. */
  sendKeys(keys: readonly string[], holdMs: number): Promise<void>
  /** `stop`. */
  pause(): Promise<void>
  /** `cont`. */
  resume(): Promise<void>
  /** Changes the VM as it runs, whole or not at all. `device.unplug-timeout` when the guest does not let go of a device; it may yet, see `onDeviceGone`. */
  take(step: LiveStep): Promise<void>
  /** Gives the disk in a slot (`disk0`) another size, which the guest sees at once; rejects with `disk.grow.smaller`. Nothing to do when it has that size. QMP: block_resize. */
  resizeDisk(device: string, sizeBytes: number): Promise<void>
  /** What only QEMU knows of the VM's use. QMP: query-balloon, query-blockstats; rejects when it does not answer each within `timeoutMs`. */
  observeDevices(timeoutMs: number): Promise<VmDevices>
  /** The same of its balloon alone. QMP: query-balloon, qom-get guest-stats. */
  observeBalloon(timeoutMs: number): Promise<Balloon>
  /** Called with the name of a device (`disk1`, `nic0`, of a vCPU whatever it is) that the guest let go of after `take` had given up waiting; what it stood on stays until `take` unplugs it once more. One handler. */
  onDeviceGone(handler: (name: string) => void): void
  /** What of the hardware a guest can let go of is there now: names of disks and NICs, number of vCPUs. */
  hardware(): Promise<Hardware>
  /** Pauses the VM and writes its state to `path`, which is there whole and on disk, or not at all. On failure the VM is as it was. */
  save(path: string, progress: (percent: number) => void): Promise<void>
  /** Makes a `save` that is under way reject with `migration.cancelled`; none is harmless. */
  cancelSave(): Promise<void>
  /** Ends a `save` to `path`, whoever began it and however far it is, removes what it wrote, and lets the VM go on if it ran before. Nothing to do where there is none. */
  abandonSave(path: string): Promise<void>
}

export interface VmHost {
  /** Carries out a plan; on failure everything already done is undone and the failure thrown. */
  launch(vmId: string, plan: readonly Effect[]): Promise<VmProcess>
  /**
   * Takes over a process that runs since before this controld: pidfd, QMP, serial relay. Null when it is gone;
   * then what it left behind (cgroup, run directory) has been removed. Throws when it lives but does not answer; it is left as it is then.
   */
  adopt(vmId: string, identity: ProcessIdentity, paths: AdoptPaths): Promise<VmProcess | null>
  /** Names of VMs that have a cgroup now, so that strays can be found. */
  listCgroups(): Promise<readonly string[]>
  /** Kills whatever is in the VM's cgroup and removes cgroup and run directory. */
  removeStray(vmId: string): Promise<void>
  /** The latest `maxBytes` of the bounded serial log at `path` (and `path.1`); empty when there is none. */
  readSerialLog(path: string, maxBytes: number): Uint8Array
  /** Removes the directory that holds the VM's logs; no-op when it is not there. */
  removeLogs(directory: string): void
  /** Removes a file or directory that a VM keeps, with all in it; no-op when it is not there. */
  removeKept(path: string): void
  /** Removes what a `save` to `path` wrote, also one that was cut off; no-op when there is nothing. */
  removeSaved(path: string): void
}

export interface SerialPaths {
  readonly path: string
  readonly logPath: string
  readonly maxLogBytes: number
}

export interface AdoptPaths {
  readonly runDirectory: string
  readonly qmpSocket: string
  /** Null where the VM has no channel to a guest agent. */
  readonly agentSocket: string | null
  /** By port. */
  readonly serials: readonly SerialPaths[]
}
