// The latest tasks: what was asked for, by whom, how far it is; one that runs can be asked to end.
import { dialogPage } from './dialog-page.ts'
import { formatTime } from './format.ts'
import { flagAt, listAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { severityStyle, theme } from './theme.ts'

function styleOf(task: unknown): number {
  const state = textAt(task, 'state')
  return state === 'failed' ? severityStyle('error') : state === 'running' ? theme.value : theme.body
}

function stateOf(task: unknown): string {
  const percent = textAt(task, 'progressPercent')
  return textAt(task, 'state') === 'running' && percent !== '' ? `${percent} %` : textAt(task, 'state')
}

export function tasksPage(): Page {
  return listPage<unknown>({
    title: 'Tasks',
    path: '/v1/tasks',
    everyMs: 2_000,
    items: (body) => listAt(body, 'items'),
    id: (task) => textAt(task, 'id'),
    columns: [
      { title: 'Asked for', width: 23, text: (task) => formatTime(textAt(task, 'createdAt')) },
      { title: 'What', width: 18, text: (task) => textAt(task, 'kind') },
      { title: 'State', width: 10, text: stateOf, style: styleOf },
      { title: 'By', width: 0, text: (task) => textAt(task, 'by') },
    ],
    empty: 'No tasks.',
    detail: (task) => textAt(task, 'error.message') || textAt(task, 'id'),
    done: { cancel: 'The task was asked to end.' },
    keys: [
      {
        key: 'f8',
        hint: 'Cancel it',
        permission: 'task.cancel',
        when: (task) => flagAt(task, 'cancellable'),
        run: (task) => {
          const path = `/v1/tasks/${textAt(task, 'id')}/cancel`
          const effect = [`${textAt(task, 'kind')} is asked to end without having been done, as far as that is still possible.`]
          const commands = [{ kind: 'request', id: 'cancel', method: 'POST', path, body: {} }] as const
          return [
            { kind: 'push', page: dialogPage({ title: 'Cancel a task', effect, action: 'Ask it to end', dangerous: false, commands }) },
          ]
        },
      },
    ],
  })
}
