// Tasks: shown, waited for, cancelled.
import type { Task } from '../../domain/task.ts'
import type { Command, Context } from '../command.ts'
import { segment } from '../names.ts'
import { operation, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { renderPairs } from '../table.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from '../tasks.ts'

const TASK = { name: 'TASK', kind: 'task' } as const
const TIMEOUT = WAIT_OPTIONS.filter(({ name }) => name === 'timeout')

export const taskCommands: readonly Command[] = [
  {
    words: ['task', 'show'],
    summary: operation('GET /v1/tasks/{id}').summary,
    details: [whoMay('GET /v1/tasks/{id}')],
    arguments: [TASK],
    run: async (context) => printTask(context, await context.host().call<Task>('GET', pathOfTask(context))),
  },
  {
    words: ['task', 'wait'],
    summary: 'Wait until a task has ended; exit code 8 unless it succeeded',
    details: [whoMay('GET /v1/tasks/{id}')],
    arguments: [TASK],
    options: () => TIMEOUT,
    async run(context) {
      const timeoutSeconds = timeoutOf(context.given)
      const client = context.host()
      const task = await client.call<Task>('GET', pathOfTask(context))
      const ended = await followTask(client, task, { io: context.io, timeoutSeconds })
      if (ended !== null) printTask(context, ended)
    },
  },
  {
    words: ['task', 'cancel'],
    summary: operation('POST /v1/tasks/{id}/cancel').summary,
    details: [`Exit code 8 when it was done before it could be cancelled. ${whoMay('POST /v1/tasks/{id}/cancel')}`],
    arguments: [TASK],
    options: () => WAIT_OPTIONS,
    async run(context) {
      const timeoutSeconds = timeoutOf(context.given)
      const client = context.host()
      const task = await client.call<Task>('POST', `${pathOfTask(context)}/cancel`)
      if (context.given.has('no-wait')) return printTask(context, task)
      const ended = await followTask(client, task, { io: context.io, timeoutSeconds, wanted: 'cancelled' })
      if (ended !== null) printTask(context, ended)
    },
  },
]

function pathOfTask({ given }: Pick<Context, 'given'>): string {
  return `/v1/tasks/${segment(given.arguments[0] ?? '')}`
}

function printTask(context: Context, task: Task): void {
  printResult(context, task, () =>
    renderPairs([
      ['Kind', task.kind],
      ['Of', `${task.target.kind} ${task.target.id}`],
      ['State', task.state],
      ['Done', `${task.progressPercent} %`],
      ['Cancellable', task.cancellable ? 'yes' : 'no'],
      ['Begun', `${task.createdAt} by ${task.by}`],
      ['Ended', task.endedAt ?? '-'],
      ...(task.error === null ? [] : [['Error', `${task.error.message} (${task.error.code})`] as const]),
      ['ID', task.id],
    ]),
  )
}
