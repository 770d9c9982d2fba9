// Plans how tasks end that a restart of controld cut off. Pure.
import type { Problem } from '../domain/problem.ts'
import type { Task } from '../domain/task.ts'

export const INTERRUPTED: Problem = {
  code: 'task.interrupted',
  field: '',
  message: 'The control daemon was restarted before this had ended.',
}

/** `running` tells whether a VM runs now, after reconciliation. What the task wanted being so, it has succeeded; resets and host tasks cannot be told. */
export function endInterrupted(task: Task, running: (vmId: string) => boolean, at: string): Task {
  const succeeded = isDone(task, running)
  return succeeded
    ? { ...task, state: 'succeeded', progressPercent: 100, endedAt: at, error: null }
    : { ...task, state: 'failed', endedAt: at, error: INTERRUPTED }
}

function isDone(task: Task, running: (vmId: string) => boolean): boolean {
  switch (task.kind) {
    case 'vm.power-on':
      return running(task.target.id)
    case 'vm.shutdown':
    case 'vm.power-off':
      return !running(task.target.id)
    case 'vm.reset':
    case 'host.power-off':
    case 'host.restart':
      return false
  }
}
