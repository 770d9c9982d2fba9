// Work that outlives its request.
import type { Target } from './event.ts'
import type { Problem } from './problem.ts'

export type TaskKind = 'vm.power-on' | 'vm.shutdown' | 'vm.power-off' | 'vm.reset' | 'host.power-off' | 'host.restart'
export type TaskState = 'running' | 'succeeded' | 'failed'

export interface Task {
  readonly id: string
  readonly kind: TaskKind
  readonly target: Target
  readonly state: TaskState
  /** 0 to 100. */
  readonly progressPercent: number
  readonly createdAt: string
  readonly endedAt: string | null
  readonly error: Problem | null
  /** The user, or `console`. */
  readonly by: string
}
