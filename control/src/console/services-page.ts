// The programs of the control plane: how they do, and starting one or all of them again.
import { dialogPage } from './dialog-page.ts'
import { listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page, PageCommand } from './page.ts'
import { severityStyle, theme } from './theme.ts'

const vmsGoOn = 'VMs go on running.'

function request(id: string, path: string): PageCommand {
  return { kind: 'request', id, method: 'POST', path, body: {} }
}

function upFor(service: unknown): string {
  const seconds = numberAt(service, 'upForSeconds')
  if (seconds === null) return 'not running'
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`
}

/** What is asked before all of them are started again. */
function restartAllDialog(): Page {
  return dialogPage({
    ...{ title: 'Restart the management services', action: 'Restart them', dangerous: true },
    effect: [`All programs of the control plane are ended and started again: this console, the API, the network's clients. ${vmsGoOn}`],
    commands: [request('all', '/v1/host/services/restart')],
  })
}

export function servicesPage(): Page {
  return listPage<unknown>({
    title: 'Services',
    path: '/v1/host/services',
    everyMs: 2_000,
    items: (body) => listAt(body, 'items'),
    id: (service) => textAt(service, 'name'),
    label: (service) => textAt(service, 'name'),
    columns: [
      { title: 'Service', width: 24, text: (service) => textAt(service, 'name') },
      {
        ...{ title: 'Up for', width: 12, text: upFor },
        style: (service) => (numberAt(service, 'pid') === null ? severityStyle('error') : theme.body),
      },
      { title: 'Process', width: 9, text: (service) => textAt(service, 'pid'), align: 'right' },
      { title: 'Restarts', width: 9, text: (service) => textAt(service, 'restarts'), align: 'right' },
    ],
    empty: 'There are no services.',
    detail: (service) => textAt(service, 'description'),
    done: { one: 'It is being started again.', all: 'They are being started again.' },
    keys: [
      {
        ...{ key: 'f8', hint: 'Restart it', permission: 'host.support' },
        run: (service) => {
          const name = textAt(service, 'name')
          const effect = [`${name} is ended and started again. ${vmsGoOn}`]
          const commands = [request('one', `/v1/host/services/${name}/restart`)]
          return [
            { kind: 'push', page: dialogPage({ title: 'Restart a service', effect, action: 'Restart it', dangerous: false, commands }) },
          ]
        },
      },
      {
        ...{ key: 'f7', hint: 'Restart all', permission: 'host.support', always: true },
        run: () => [{ kind: 'push', page: restartAllDialog() }],
      },
    ],
  })
}
