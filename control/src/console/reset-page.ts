// Reset of the configuration: what is forgotten and what stays, then F11.
import { dialogPage } from './dialog-page.ts'
import type { Context, Page } from './page.ts'

export function resetPage({ status }: Context): Page {
  return dialogPage({
    ...{ title: 'Reset the configuration', action: 'Reset it', dangerous: true },
    effect: [
      'Forgotten are all users, sessions, tokens and second factors, hostname, network, time servers, keyboard layout and lockdown. A seed that is plugged in is taken over again; else this console asks for the first password.',
      'VMs, pools, datastores, the certificate, log and audit log stay, and VMs go on running.',
    ],
    commands: [{ kind: 'request', id: 'reset', method: 'POST', path: '/v1/host/reset', body: { hostname: status?.hostname ?? '' } }],
  })
}
