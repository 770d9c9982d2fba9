// The management network: what is wanted, what waits, what is seen; changing, testing, restarting and resetting it, and adopting cards.
import { dialogPage } from './dialog-page.ts'
import { formatTime } from './format.ts'
import { flagAt, listAt, textAt, textsAt, valueAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import { networkFormPage } from './network-form.ts'
import { networkPath } from './network-preview-page.ts'
import { networkResetPage } from './network-reset-page.ts'
import { adapterFacts, changesInWords, replacementsInWords, settingsInWords } from './network-words.ts'
import type { Page, PageCommand } from './page.ts'
import { textPage } from './text-page.ts'
import { severityStyle, theme } from './theme.ts'

const permission = 'network.manage'
const labelColumns = 17

function post(act: string): PageCommand {
  return { kind: 'request', id: act, method: 'POST', path: `${networkPath}/${act}`, body: {} }
}

function asked(title: string, action: string, effect: readonly string[], act: string): readonly PageCommand[] {
  return [{ kind: 'push', page: dialogPage({ title, action, dangerous: true, effect, commands: [post(act)] }) }]
}

function labelled(label: string, value: string, columns: number, style: number = theme.value): readonly Line[] {
  return wrap(value, columns - labelColumns).map((text, index) => [
    { text: (index === 0 ? label : '').padEnd(labelColumns), style: theme.label },
    { text, style },
  ])
}

const outcomes: Readonly<Record<string, number>> = { ok: severityStyle('info'), failed: severityStyle('error') }

/** A change that waits: whose, until when, what of it, and what was found out about it. */
function pendingLines(body: unknown, columns: number): readonly Line[] {
  const pending = valueAt(body, 'pending')
  if (pending === null || pending === undefined) return []
  const changes = changesInWords(valueAt(body, 'wanted'), valueAt(pending, 'settings'))
  return [
    ...labelled(
      'Change waits',
      `by ${textAt(pending, 'by')}, ${textAt(pending, 'phase')}, ${textAt(pending, 'secondsLeft')} s left`,
      columns,
      theme.important,
    ),
    ...changes.flatMap((change) => labelled('', change, columns)),
    ...listAt(pending, 'probes').flatMap((probe) =>
      labelled('', `${textAt(probe, 'state')}: ${textAt(probe, 'message')}`, columns, outcomes[textAt(probe, 'state')] ?? theme.body),
    ),
    [],
  ]
}

function warningLines(body: unknown, columns: number): readonly Line[] {
  const problem = textAt(body, 'problem')
  const replaced = replacementsInWords(body)
  return [
    ...(problem === '' ? [] : labelled('Problem', problem, columns, severityStyle('error'))),
    ...replaced.flatMap((one) => labelled('Exchanged', `${one}. F10 adopts it.`, columns, severityStyle('warning'))),
    ...(problem === '' && replaced.length === 0 ? [] : [[]]),
  ]
}

function seenLines(body: unknown, columns: number): readonly Line[] {
  const seen = valueAt(body, 'seen')
  const addresses = listAt(seen, 'addresses').map((one) => {
    const state = textAt(one, 'state')
    return state === 'ready' ? textAt(one, 'address') : `${textAt(one, 'address')} (${state})`
  })
  const gateways = [textAt(seen, 'gateways.ipv4'), textAt(seen, 'gateways.ipv6')].filter((gateway) => gateway !== '')
  const last = valueAt(body, 'last')
  const none = (values: readonly string[]) => (values.length === 0 ? 'none' : values.join(', '))
  return [
    ...labelled('In use', textAt(seen, 'interface', 'nothing'), columns),
    ...labelled('Addresses', none(addresses), columns),
    ...labelled('Gateways', none(gateways), columns),
    ...labelled('Name servers', none(textsAt(seen, 'nameServers')), columns),
    ...listAt(seen, 'adapters').flatMap((adapter) =>
      labelled(
        `${flagAt(adapter, 'inUse') ? '*' : ' '} ${textAt(adapter, 'name')}`,
        `${textAt(adapter, 'mac')}, ${adapterFacts(adapter)}`,
        columns,
        theme.body,
      ),
    ),
    ...(last === null || last === undefined
      ? []
      : labelled('Latest change', `${formatTime(textAt(last, 'at'))}: ${textAt(last, 'reason')}`, columns, theme.body)),
  ]
}

function linesOf(body: unknown, columns: number): readonly Line[] {
  return [
    ...pendingLines(body, columns),
    ...warningLines(body, columns),
    [{ text: 'As it is', style: theme.frameTitle }],
    ...seenLines(body, columns),
    [],
    [{ text: 'As it is wanted', style: theme.frameTitle }],
    ...settingsInWords(valueAt(body, 'wanted')).flatMap(([label, value]) => labelled(label, value, columns)),
  ]
}

/** For the menu. */
export function networkLines(body: unknown): readonly string[] {
  const addresses = listAt(body, 'seen.addresses').filter((one) => textAt(one, 'scope') === 'global')
  return [
    ...(addresses.length === 0 ? ['No address'] : addresses.map((one) => textAt(one, 'address'))),
    ...(valueAt(body, 'pending') == null ? [] : ['A change waits to be kept.']),
    ...(listAt(body, 'replacements').length === 0 ? [] : ['A card that was exchanged waits to be adopted.']),
  ]
}

function testPage(): Page {
  return textPage({
    title: 'Test of the network',
    path: `${networkPath}/test`,
    everyMs: 1_000,
    lines: (body, columns) => [
      ...labelled('Begun', formatTime(textAt(body, 'startedAt')), columns, theme.body),
      ...listAt(body, 'steps').flatMap((step) => {
        const [state, message] = [textAt(step, 'state'), textAt(step, 'message')]
        const text = [`${textAt(step, 'target')}:`, state, message === '' ? '' : `- ${message}`].filter((part) => part !== '').join(' ')
        return labelled(textAt(step, 'kind'), text, columns, outcomes[state] ?? theme.body)
      }),
      ...(textAt(body, 'endedAt') === '' ? [] : labelled('Ended', formatTime(textAt(body, 'endedAt')), columns, theme.body)),
    ],
    keys: [{ ...{ key: 'f7', hint: 'Test again', permission }, run: () => [post('test')] }],
    done: { test: 'The test has begun.' },
  })
}

export function networkPage(): Page {
  return textPage({
    title: 'Management network',
    path: networkPath,
    everyMs: 2_000,
    lines: linesOf,
    keys: [
      {
        ...{ key: 'f10', hint: 'Adopt', permission, when: (body) => listAt(body, 'replacements').length > 0 },
        run: (body) =>
          asked('Adopt adapters', 'Adopt', [...replacementsInWords(body), 'The settings name what is there from now on.'], 'adopt'),
      },
      { ...{ key: 'enter', hint: 'Change', permission }, run: () => [{ kind: 'push', page: networkFormPage() }] },
      { ...{ key: 'f7', hint: 'Test', permission }, run: () => [post('test')] },
      {
        ...{ key: 'f8', hint: 'Restart', permission },
        run: () =>
          asked(
            'Restart the network',
            'Restart it',
            ['The management network is taken down and set up again: connections end. VMs go on running.'],
            'restart',
          ),
      },
      {
        ...{ key: 'f11', hint: 'Reset', permission },
        run: () => [{ kind: 'push', page: networkResetPage() }],
      },
    ],
    // Not before it has begun: until then the latest is another one.
    opens: { test: testPage },
    done: {
      test: 'The test has begun.',
      adopt: 'The adapter was adopted.',
      restart: 'The network is being restarted.',
    },
  })
}
