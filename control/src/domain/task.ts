// Work that outlives its request.
import type { Target } from './event.ts'
import type { Problem } from './problem.ts'

export const TASK_KINDS = [
  'vm.power-on',
  'vm.shutdown',
  'vm.power-off',
  'vm.reset',
  'vm.pause',
  'vm.resume',
  'vm.suspend',
  'vm.reconfigure',
  'vm.freeze',
  'vm.thaw',
  'disk.create',
  'disk.grow',
  'disk.copy',
  'file.upload',
  'host.power-off',
  'host.restart',
  'host.update',
  'host.check',
  'support.bundle',
  'network.restart',
  'host.mirror',
] as const
export type TaskKind = (typeof TASK_KINDS)[number]

export const TASK_STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const
export type TaskState = (typeof TASK_STATES)[number]

export interface Task {
  readonly id: string
  readonly kind: TaskKind
  readonly target: Target
  readonly state: TaskState
  /** 0 to 100. */
  readonly progressPercent: number
  /** Whether it can be cancelled now. */
  readonly cancellable: boolean
  readonly createdAt: string
  readonly endedAt: string | null
  readonly error: Problem | null
  /** The user, or `console`. */
  readonly by: string
}
