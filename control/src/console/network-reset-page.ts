// Going back to the network of a new host: for how long it waits to be kept, what it does, F11.
import { formPage, type Sending } from './form-page.ts'
import { problemsOfSeconds, secondsField } from './network-form.ts'
import { networkPath } from './network-preview-page.ts'
import type { Page } from './page.ts'

export function networkResetPage(): Page {
  return formPage({
    title: 'Reset the network',
    intro: 'DHCP on the first adapter with a link, everything else as on a new host, but for its name.',
    fields: () => [secondsField()],
    check: problemsOfSeconds,
    confirm: ({ seconds = '' }) => ({
      effect: [
        'The network is set up as on a new host; connections end. VMs go on running.',
        `It is undone after ${seconds} s unless it is kept with F9.`,
      ],
      action: 'Reset it',
      dangerous: true,
    }),
    send: ({ seconds }): Sending => ({
      ...{ method: 'POST', path: `${networkPath}/reset?confirmWithinSeconds=${seconds}`, body: {} },
    }),
    done: 'The network is reset. Keep it with F9 where it waits for that.',
    action: 'Reset it',
  })
}
