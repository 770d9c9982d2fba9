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

/** Tells how far the work is, 0 to 100. */
export type Progress = (percent: number) => void

export interface Work {
  readonly kind: TaskKind
  readonly target: Target
  readonly by: string
  /** Does it, and returns what is to be written with its success. */
  act(progress: Progress): Promise<Conclusion>
  /** Makes `act` reject soon, with everything taken back, unless it is past that. Absent for work that has to end by itself. */
  readonly cancel?: () => void
  /** Once, when nothing is done any more: with null after the success has been written, or with the problem. */
  settled(problem: Problem | null): void
}

export interface Tasks {
  list(): readonly Task[]
  find(id: string): Task | null
  /** Refuses with `task.not-found`. */
  get(id: string): Task
  /** Returns once the task is remembered; the work goes on. */
  start(work: Work): Task
  /** Asks the work to end without having been done; refuses with `task.not-found`, `task.ended`, `task.not-cancellable`. */
  cancel(id: string): Task
}

/** What is only known while it runs: nothing of it needs to outlive a restart, which ends the task. */
interface Running {
  progressPercent: number
  cancelled: boolean
  readonly cancel: (() => void) | null
}

const LIST_AT_MOST = 200

export function createTasks({ store, clock, random, log }: Pick<AppPorts, 'store' | 'clock' | 'random' | 'log'>, ledger: Ledger): Tasks {
  const running = new Map<string, Running>()

  function succeed(task: Task, { write }: Conclusion): void {
    ledger.write((draft) => {
      write?.(draft)
      draft.putTask({ ...task, state: 'succeeded', progressPercent: 100, cancellable: false, endedAt: clock.now() })
    }, task.by)
  }

  function fail(task: Task, problem: Problem, cancelled: boolean): void {
    const progressPercent = running.get(task.id)?.progressPercent ?? 0
    ledger.write((draft) => {
      const ended = { ...task, progressPercent, cancellable: false, endedAt: clock.now() }
      if (cancelled) return draft.putTask({ ...ended, state: 'cancelled' })
      draft.putTask({ ...ended, state: 'failed', error: problem })
      draft.event(`${task.kind}.failed`, 'error', task.target, `${task.kind} failed: ${problem.message}`)
    })
  }

  async function carryOut(task: Task, work: Work, now: Running): Promise<void> {
    const conclusion = await work.act((percent) => {
      now.progressPercent = Math.min(100, Math.max(now.progressPercent, Math.floor(percent)))
    })
    try {
      succeed(task, conclusion)
    } catch (error) {
      await conclusion.undo?.()
      throw error
    }
    running.delete(task.id)
    conclusion.written?.()
  }

  async function run(task: Task, work: Work, now: Running): Promise<void> {
    try {
      await carryOut(task, work, now)
      work.settled(null)
    } catch (error) {
      const problem = problemOf(error)
      const { cancelled } = now
      if (!cancelled) {
        log('error', `${task.kind} of ${task.target.id}: ${problem.code}: ${problem.code === 'internal' ? String(error) : problem.message}`)
      }
      work.settled(problem)
      await eventually({ clock, log }, `the end of task ${task.id}`, () => fail(task, problem, cancelled))
      running.delete(task.id)
    }
  }

  /** As the store has it, with what is only known here. */
  function asNow(task: Task): Task {
    const now = running.get(task.id)
    if (now === undefined) return { ...task, cancellable: false }
    return { ...task, progressPercent: now.progressPercent, cancellable: now.cancel !== null && !now.cancelled }
  }

  function get(id: string): Task {
    const task = store.getTask(id)
    if (task === null) throw new Refusal('not-found', 'task.not-found', `There is no task ${id}.`)
    return asNow(task)
  }

  return {
    list: () => store.listTasks(LIST_AT_MOST).map(asNow),
    find: (id) => store.getTask(id),
    get,
    start(work) {
      const { kind, target, by } = work
      const cancel = work.cancel ?? null
      const task: Task = {
        ...{ id: random.uuid(), kind, target, by, cancellable: cancel !== null },
        ...{ state: 'running', progressPercent: 0, createdAt: clock.now(), endedAt: null, error: null },
      }
      ledger.write((draft) => draft.putTask(task))
      const now: Running = { progressPercent: 0, cancelled: false, cancel }
      running.set(task.id, now)
      void run(task, work, now)
      return task
    },
    cancel(id) {
      const task = get(id)
      if (task.state !== 'running') throw new Refusal('conflict', 'task.ended', `The task has ended: ${task.state}.`)
      const now = running.get(id)
      if (now?.cancel == null) throw new Refusal('conflict', 'task.not-cancellable', `A task ${task.kind} cannot be cancelled.`)
      if (!now.cancelled) {
        now.cancelled = true
        now.cancel()
      }
      return asNow(task)
    },
  }
}

/** What a task says of an error that ended it. */
function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problems[0] ?? { code: error.code, field: '', message: error.message }
  if (isHostFailure(error)) return { code: error.code, field: '', message: error.message }
  return { code: 'internal', field: '', message: 'An error inside the control daemon; its log has more.' }
}
