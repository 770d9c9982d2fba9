// Plans how tasks end that a restart of controld cut off. Pure.
import type { Target } from '../domain/event.ts'
import type { Problem } from '../domain/problem.ts'
import type { Task } from '../domain/task.ts'

export const INTERRUPTED: Problem = {
  code: 'task.interrupted',
  field: '',
  message: 'The control daemon was restarted before this had ended.',
}

/** What is left of a VM after reconciliation, or whether a file is there. */
export type Outcome = 'running' | 'suspended' | 'off' | 'there' | 'missing'

/** What the task wanted being so, it has succeeded; of some kinds that cannot be told. */
export function endInterrupted(task: Task, outcome: (target: Target) => Outcome, at: string): Task {
  const succeeded = isDone(task, outcome(task.target))
  return succeeded
    ? { ...task, state: 'succeeded', progressPercent: 100, cancellable: false, endedAt: at, error: null }
    : { ...task, state: 'failed', cancellable: false, endedAt: at, error: INTERRUPTED }
}

function isDone(task: Task, outcome: Outcome): boolean {
  switch (task.kind) {
    case 'vm.power-on':
    case 'vm.resume':
      return outcome === 'running'
    case 'vm.suspend':
      return outcome === 'suspended'
    case 'vm.shutdown':
    case 'vm.power-off':
      return outcome === 'off'
    // A file appears whole or not at all, and was not there before.
    case 'disk.create':
    case 'disk.copy':
    case 'file.upload':
      return outcome === 'there'
    case 'disk.grow':
    case 'vm.pause':
    case 'vm.reconfigure':
    // The guest is thawed when its VM is taken over.
    case 'vm.freeze':
    case 'vm.thaw':
    case 'vm.reset':
    case 'host.power-off':
    case 'host.restart':
    // The slot that runs is as it was; what was written of the other is no system.
    case 'host.update':
    case 'host.check':
    // A disk that was not finished is marked as nobody's; the arrays go on as they are.
    case 'host.mirror':
    case 'support.bundle':
    // The next controld brings about what is kept.
    case 'network.restart':
      return false
  }
}
