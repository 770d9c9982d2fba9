// Updates that the host gets itself, asked for at the console: from a stick, or from a URL.
import { dialogPage } from './dialog-page.ts'
import { choiceField, textField } from './form.ts'
import { formPage } from './form-page.ts'
import { listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'

const updatePath = '/v1/host/update'
/** A server may take its time to answer. */
const answerTimeoutMs = 60_000

const kept = 'The slot that runs stays as it is; an update that does not come up in order is undone.'
const restarts = 'Then all VMs are shut down, and the host restarts into it.'
const begun = 'The update is being written: see Tasks. Restart the host with F12 on the status screen when the task host.update has ended.'

const runsOn = 'Then its control plane takes over while VMs run on. It is refused where anything else is new. You log in again.'

type Then = 'later' | 'restart' | 'live'

function takeDialog(update: unknown, then: Then): Page {
  const [device, file, version] = ['device', 'file', 'version'].map((name) => textAt(update, name))
  const effect = [`Corbel ${version} (${file}) goes from the stick into the slot that does not run, once its signature is verified.`, kept]
  const request = { kind: 'request', id: 'take', method: 'POST', timeoutMs: answerTimeoutMs, body: { device, file } } as const
  const path = `${updatePath}/from-medium${then === 'later' ? '' : `?then=${then}`}`
  const more = { later: [], restart: [restarts], live: [runsOn] }[then]
  return dialogPage({
    title: 'Update from a stick',
    effect: [...effect, ...more],
    action: { later: 'Update', restart: 'Update and restart', live: 'Update, VMs run on' }[then],
    dangerous: then === 'restart',
    commands: [{ ...request, path }],
  })
}

export function updateMediaPage(): Page {
  return listPage<unknown>({
    title: 'Update',
    path: `${updatePath}/media`,
    everyMs: 5_000,
    items: (body) => listAt(body, 'items'),
    id: (update) => `${textAt(update, 'device')} ${textAt(update, 'file')}`,
    columns: [
      { title: 'Stick', width: 8, text: (update) => textAt(update, 'device') },
      { title: 'Label', width: 13, text: (update) => textAt(update, 'label') },
      { title: 'Version', width: 14, text: (update) => textAt(update, 'version') },
      { title: 'MB', width: 6, text: (update) => String(Math.round((numberAt(update, 'sizeBytes') ?? 0) / 1_000_000)), align: 'right' },
      { title: 'File', width: 0, text: (update) => textAt(update, 'file') },
    ],
    empty: 'There is no update on a USB stick with a FAT file system. Plug one in: it appears here. F7 gets one from a URL.',
    done: { take: begun },
    keys: [
      { ...{ key: 'enter', hint: 'Update' }, run: (update) => [{ kind: 'push', page: takeDialog(update, 'later') }] },
      { ...{ key: 'f8', hint: 'Update and restart' }, run: (update) => [{ kind: 'push', page: takeDialog(update, 'restart') }] },
      { ...{ key: 'f9', hint: 'VMs run on' }, run: (update) => [{ kind: 'push', page: takeDialog(update, 'live') }] },
      { ...{ key: 'f7', hint: 'From a URL', always: true }, run: () => [{ kind: 'push', page: urlPage() }] },
    ],
  })
}

function urlPage(): Page {
  return formPage({
    title: 'Update from a URL',
    intro: `The host gets the file itself. It goes into the slot that does not run, once its signature is verified. ${kept}`,
    fields: () => [
      textField('url', 'URL', { maxLength: 2000, help: 'Such as http://files.example/corbel.update, or the same by HTTPS.' }),
      textField('fingerprint', 'Fingerprint', {
        help: 'By HTTPS: the SHA-256 of the server’s certificate, AA:BB:… Empty: every server, as the update is signed.',
      }),
      choiceField('then', 'Afterwards', [
        { value: 'later', label: 'wait for the next restart' },
        { value: 'restart', label: 'shut all VMs down, restart' },
        { value: 'live', label: 'take over, VMs run on' },
      ]),
    ],
    confirm: ({ then }) =>
      then === 'restart'
        ? { effect: ['The host gets the update.', restarts], action: 'Update and restart', dangerous: true }
        : then === 'live'
          ? { effect: ['The host gets the update.', runsOn], action: 'Update, VMs run on', dangerous: false }
          : null,
    send: ({ url = '', fingerprint = '', then = 'later' }) => ({
      ...{ method: 'POST', path: `${updatePath}${then === 'later' ? '' : `?then=${then}`}`, timeoutMs: answerTimeoutMs },
      body: { url: url.trim(), ...(fingerprint.trim() === '' ? {} : { fingerprint: fingerprint.trim() }) },
    }),
    done: begun,
  })
}
