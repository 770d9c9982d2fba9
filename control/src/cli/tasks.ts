// Follows a task to its end.
import type { Task, TaskState } from '../domain/task.ts'
import type { Client } from './client.ts'
import type { Given, Option } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, failure, usage } from './failure.ts'
import { type Io, note } from './io.ts'
import { progressLine } from './progress.ts'
import { isUnreachable } from './unreachable.ts'
import { pause } from './wait.ts'

export const WAIT_OPTIONS: readonly Option[] = [
  { name: 'wait', negatable: true, help: 'Wait until the task has ended, which is the default; --no-wait prints the task that has begun' },
  { name: 'timeout', value: 'SECONDS', help: 'Wait at most this long; the task goes on' },
]

const FIRST_LOOK_MS = 150
const LOOK_MS = 1000
/** How long a host may be out of reach while it is waited for. */
const PATIENCE_MS = 30_000

export interface FollowOptions {
  readonly io: Io
  readonly timeoutSeconds: number | null
  /** The end that is wanted. */
  readonly wanted?: TaskState
  /** The task ends with the host's answering: that it answers no more is no failure. */
  readonly hostGoesDown?: boolean
}

/** The task as it ended, as wanted; null when the host went down with it, as it should. Throws a Failure for any other end. */
export async function followTask(
  client: Client,
  task: Task,
  { io, timeoutSeconds, wanted = 'succeeded', hostGoesDown = false }: FollowOptions,
): Promise<Task | null> {
  const line = progressLine(io, task.kind)
  try {
    const ended = await untilEnded(client, task, timeoutSeconds, hostGoesDown, (percent) => line.show(percent))
    if (ended !== null && ended.state !== wanted) throw unwanted(ended)
    return ended
  } catch (error) {
    line.end()
    if (client.interrupted.aborted)
      note(io, `The task goes on: corbel task wait ${task.id}${task.cancellable ? `, corbel task cancel ${task.id}` : ''}`)
    throw error
  } finally {
    line.end()
  }
}

async function untilEnded(
  client: Client,
  begun: Task,
  timeoutSeconds: number | null,
  hostGoesDown: boolean,
  show: (percent: number) => void,
): Promise<Task | null> {
  const startedAt = performance.now()
  let answeredAt = startedAt
  let task = begun
  for (let look = 1; ; look++) {
    show(task.progressPercent)
    if (task.state !== 'running') return task
    const now = performance.now()
    const left = timeoutSeconds === null ? Number.POSITIVE_INFINITY : startedAt + timeoutSeconds * 1000 - now
    if (left <= 0)
      throw failure(
        EXIT.timeout,
        'task.still-running',
        `${task.kind} still runs after ${timeoutSeconds} s; it goes on: corbel task wait ${task.id}`,
      )
    await pause(Math.min(FIRST_LOOK_MS * look, LOOK_MS, left), client.interrupted)
    try {
      task = await client.call<Task>('GET', `/v1/tasks/${begun.id}`, { timeoutMs: 15_000 })
      answeredAt = performance.now()
    } catch (error) {
      if (!isUnreachable(error)) throw error
      if (hostGoesDown) return null
      if (performance.now() - answeredAt > PATIENCE_MS) throw error
    }
  }
}

function unwanted(task: Task): Failure {
  const problem = task.error ?? {
    code: `task.${task.state}`,
    field: '',
    message: `${task.kind} has ${task.state === 'cancelled' ? 'been ' : ''}${task.state}`,
  }
  return new Failure(EXIT.taskFailed, [problem], task)
}

/** What `--timeout` says; null for no limit. */
export function timeoutOf(given: Given): number | null {
  const text = given.value('timeout')
  if (text === undefined) return null
  const seconds = Number(text)
  if (!(seconds > 0)) throw usage({ code: 'usage.invalid-value', field: '--timeout', message: `must be a number of seconds, not ${text}` })
  return seconds
}
