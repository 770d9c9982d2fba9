// Runs work that outlives its request, and keeps what became of it.
import type { Target } from '../domain/event.ts'
import type { Problem } from '../domain/problem.ts'
import type { Task, TaskKind } from '../domain/task.ts'
import { eventually } from './eventually.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { isHostFailure, Refusal } from './refusal.ts'

/** What follows when the work is done. */
export interface Conclusion {
  /** Writes in the same transaction as the task's success. */
  readonly write?: (draft: Draft) => void
  /** Called once that is durable. */
  readonly written?: () => void
  /** Called instead when it could not be written: takes back what was done. */
  readonly undo?: () => Promise<void>
}

export interface Work {
  readonly kind: TaskKind
  readonly target: Target
  readonly by: string
  /** Does it, and returns what is to be written with its success. */
  act(): Promise<Conclusion>
  /** Once, when nothing is done any more: with null after the success has been written, or with the problem. */
  settled(problem: Problem | null): void
}

export interface Tasks {
  list(): readonly Task[]
  /** Refuses with `task.not-found`. */
  get(id: string): Task
  /** Returns once the task is remembered; the work goes on. */
  start(work: Work): Task
}

const LIST_AT_MOST = 200

export function createTasks({ store, clock, random, log }: Pick<AppPorts, 'store' | 'clock' | 'random' | 'log'>, ledger: Ledger): Tasks {
  function succeed(task: Task, { write }: Conclusion): void {
    ledger.write((draft) => {
      write?.(draft)
      draft.putTask({ ...task, state: 'succeeded', progressPercent: 100, endedAt: clock.now() })
    })
  }

  function fail(task: Task, problem: Problem): void {
    ledger.write((draft) => {
      draft.putTask({ ...task, state: 'failed', endedAt: clock.now(), error: problem })
      draft.event(`${task.kind}.failed`, 'error', task.target, `${task.kind} failed: ${problem.message}`)
    })
  }

  async function carryOut(task: Task, work: Work): Promise<void> {
    const conclusion = await work.act()
    try {
      succeed(task, conclusion)
    } catch (error) {
      await conclusion.undo?.()
      throw error
    }
    conclusion.written?.()
  }

  async function run(task: Task, work: Work): Promise<void> {
    try {
      await carryOut(task, work)
      work.settled(null)
    } catch (error) {
      const problem = problemOf(error)
      log('error', `${task.kind} of ${task.target.id}: ${problem.code}: ${problem.code === 'internal' ? String(error) : problem.message}`)
      work.settled(problem)
      await eventually({ clock, log }, `the end of task ${task.id}`, () => fail(task, problem))
    }
  }

  return {
    list: () => store.listTasks(LIST_AT_MOST),
    get(id) {
      const task = store.getTask(id)
      if (task === null) throw new Refusal('not-found', 'task.not-found', `There is no task ${id}.`)
      return task
    },
    start(work) {
      const { kind, target, by } = work
      const task: Task = {
        ...{ id: random.uuid(), kind, target, by },
        ...{ state: 'running', progressPercent: 0, createdAt: clock.now(), endedAt: null, error: null },
      }
      ledger.write((draft) => draft.putTask(task))
      void run(task, work)
      return task
    },
  }
}

/** What a task says of an error that ended it. */
function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problems[0] ?? { code: error.code, field: '', message: error.message }
  if (isHostFailure(error)) return { code: error.code, field: '', message: error.message }
  return { code: 'internal', field: '', message: 'An error inside the control daemon; its log has more.' }
}
