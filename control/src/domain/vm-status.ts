// What is seen of a VM: `VmStatus`, and the VM as the API shows it.
import type { GuestStatus } from './guest.ts'
import type { VmSpec } from './vm.ts'

export const POWER_STATES = [
  'off',
  'starting',
  'running',
  'paused',
  'stopping',
  'suspending',
  'suspended',
  'resuming',
  'crashed',
  'unknown',
] as const
/** `suspended`: its memory is on disk. `crashed`: the last process ended without being asked to. `unknown`: it runs but does not answer. */
export type PowerState = (typeof POWER_STATES)[number]

/** Why a VM stands still that nobody paused. `out-of-space`: what it wrote found its datastore full; it goes on by itself when there is room. */
export const PAUSE_CAUSES = ['out-of-space', 'io-error', 'internal-error'] as const
export type PauseCause = (typeof PAUSE_CAUSES)[number]

/** How the last process of a VM ended. */
export interface LastExit {
  readonly at: string
  /** `guest-shutdown`, `host-qmp-quit`, …; `crashed` when nobody had asked; `unseen` when controld was not there to see it. */
  readonly reason: string
  readonly code: number | null
  readonly signal: number | null
}

/** How much memory a guest is to have, where that is less than all: its user wants it so, or it was taken as the host is short of it. */
export interface BalloonStatus {
  readonly targetMiB: number
  readonly by: 'user' | 'balancer'
}

/** What is seen of a VM; never stored as truth, `lastExit` excepted. */
export interface VmStatus {
  readonly powerState: PowerState
  /** Only for one that is paused, and not because it was asked for. */
  readonly pausedBecause?: PauseCause
  /** Fields of the spec that are not in force yet: they wait for the next power-on. Only for a VM that runs or is suspended. */
  readonly pending?: readonly string[]
  readonly pid?: number
  /** Only while the guest is to have less than all of its memory. */
  readonly balloon?: BalloonStatus
  /** What is heard of the guest; only while the VM has a process. */
  readonly guest?: GuestStatus
  readonly startedAt?: string
  readonly lastExit?: LastExit
  /** When it will be started again after a crash, RFC 3339. */
  readonly restartAt?: string
}

export interface Vm {
  readonly id: string
  /** Counts the changes of `spec`, from 1. */
  readonly revision: number
  readonly spec: VmSpec
  readonly status: VmStatus
}
