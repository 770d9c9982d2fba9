// Routes about the host: facts, power, tasks, events, and what the console shows.
import type { Event } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import { json } from './answer.ts'
import { followEvents } from './event-stream.ts'
import type { CompleteResponse } from './message.ts'
import { type Route, withBody, withoutBody } from './route.ts'
import { consoleStatusSchema, emptySchema, eventSchema, hostSchema, listOf, taskSchema } from './schemas.ts'
import { hostTopologySchema } from './schemas-topology.ts'

/** 202 with where to ask how it goes. */
export function accepted(task: Task): CompleteResponse {
  return json(202, task, { location: `/v1/tasks/${task.id}` })
}

export const ACCEPTED = { status: 202, description: 'The task that does it', schema: taskSchema }

export const hostRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/console/status', who: 'console', summary: 'What the status screen shows' },
      answers: [{ status: 200, description: 'Now', schema: consoleStatusSchema }],
    },
    ({ app }) => json(200, app.consoleStatus()),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host', who: 'host.view', summary: 'What the machine is and how it does' },
      answers: [{ status: 200, description: 'Facts and status', schema: hostSchema }],
    },
    ({ app }) => json(200, app.host()),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/topology', who: 'host.view', summary: 'What the machine is made of, and what it can do for VMs' },
      answers: [{ status: 200, description: 'As it is now', schema: hostTopologySchema }],
    },
    ({ app }) => json(200, app.hostTopology()),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/power-off', who: 'host.power', summary: 'Shut down all VMs, then power off' },
      answers: [ACCEPTED],
    },
    { schema: emptySchema, prefix: 'host' },
    ({ app, by }) => accepted(app.hostPower.powerOff(by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/restart', who: 'host.power', summary: 'Shut down all VMs, then restart' },
      answers: [ACCEPTED],
    },
    { schema: emptySchema, prefix: 'host' },
    ({ app, by }) => accepted(app.hostPower.restart(by)),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/tasks', who: 'task.view', on: 'any', summary: 'The latest 200 tasks, latest first' },
      answers: [{ status: 200, description: 'Tasks', schema: listOf(taskSchema) }],
    },
    ({ app, rights }) => json(200, { items: rights.visible('task.view', app.tasks.list(), ({ target }) => app.places.ofTarget(target)) }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/tasks/{id}', who: 'task.view', summary: 'One task' },
      answers: [{ status: 200, description: 'The task', schema: taskSchema }],
    },
    ({ app, parameters }) => json(200, app.tasks.get(parameters.id ?? '')),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/tasks/{id}/cancel', who: 'task.cancel', summary: 'Ask a task to end without having been done' },
      answers: [{ status: 202, description: 'It will end as `cancelled`, unless it is done before that', schema: taskSchema }],
    },
    { schema: emptySchema, prefix: 'task' },
    ({ app, parameters }) => accepted(app.tasks.cancel(parameters.id ?? '')),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/events',
        who: 'event.view',
        on: 'any',
        summary: 'The latest 1,000 events; with `Accept: text/event-stream`, events as they happen',
      },
      answers: [
        { status: 200, description: 'Oldest first', schema: listOf(eventSchema) },
        {
          status: 200,
          description: 'After `Last-Event-ID`, then live; `data` is an Event',
          schema: eventSchema,
          mediaType: 'text/event-stream',
        },
      ],
    },
    ({ app, rights, headers }) => {
      const sees = ({ target }: Event) => rights.may('event.view', app.places.ofTarget(target))
      const accept = headers.accept ?? ''
      if (accept.includes('text/event-stream')) return followEvents(app.events, headers['last-event-id'], sees)
      return json(200, { items: app.events.latest(sees) })
    },
  ),
]
