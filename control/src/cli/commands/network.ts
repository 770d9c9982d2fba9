// The management network: looking, changing under commit–confirm, testing, restarting, resetting, adopting cards.
import { readFileSync } from 'node:fs'
import { mergePatch } from '../../domain/merge-patch.ts'
import type { NetworkStep } from '../../domain/network-state.ts'
import type { NetworkTest, NetworkView } from '../../domain/network-view.ts'
import { documentOf } from '../answer.ts'
import type { Command, Context, Option } from '../command.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { note, print } from '../io.ts'
import { confirmChange } from '../network-confirm.ts'
import { NETWORK_OPTIONS, readNetworkPatch } from '../network-options.ts'
import { renderNetwork, renderSteps, renderTestStep } from '../network-view.ts'
import { operationCommand } from '../operation-command.ts'
import { printDocument, printResult } from '../output.ts'
import { printable } from '../printable.ts'
import { pause } from '../wait.ts'

const PATH = '/v1/host/network'
const TEST_LOOK_MS = 500

const CONFIRM: readonly Option[] = [
  {
    name: 'confirm',
    negatable: true,
    help: 'Confirm it over a new connection, which is the default; --no-confirm leaves that to somebody else',
  },
  { name: 'confirm-within', value: 'SECONDS', help: 'When the host undoes it unless it is confirmed, 15 to 600; default 60' },
  { name: 'wait-on-failure', help: 'Let the host wait for the confirmation even when what it looks at is not well' },
]
const YES: Option = { name: 'yes', help: 'Do not ask' }

function query({ given }: Context): string {
  const within = given.value('confirm-within')
  const parts = [
    ...(within === undefined ? [] : [`confirmWithinSeconds=${encodeURIComponent(within)}`]),
    ...(given.has('wait-on-failure') ? ['waitOnFailure=true'] : []),
    ...(given.has('dry-run') ? ['dryRun=true'] : []),
  ]
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function readDocument(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8'))
  } catch (error) {
    throw failure(EXIT.usage, 'usage.unreadable-file', `${path} cannot be read: ${(error as Error).message}`)
  }
}

async function set(context: Context): Promise<void> {
  const { given } = context
  const { patch, problems } = readNetworkPatch(given)
  if (problems.length > 0) throw usage(...problems)
  const file = given.value('file')
  if (file === undefined && Object.keys(patch).length === 0) {
    throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
  }
  const client = context.host()
  const { revision } = await client.call<NetworkView>('GET', PATH)
  const [method, json] = file === undefined ? (['PATCH', patch] as const) : (['PUT', mergePatch(readDocument(file), patch)] as const)
  const answer = await client.request(method, `${PATH}${query(context)}`, { json, headers: { 'if-match': `"${revision}"` } })
  const document = documentOf(answer) as NetworkView | { readonly steps: readonly NetworkStep[] }
  if ('steps' in document) {
    printResult(context, document, () => (given.has('dry-run') ? renderSteps(document.steps) : 'Nothing to change.\n'))
    return
  }
  await settle(context, document)
}

/** Confirms it, unless somebody else will. */
async function settle(context: Context, begun: NetworkView): Promise<void> {
  const { given, io } = context
  const client = context.host()
  const seconds = begun.pending?.secondsLeft ?? 0
  if (given.has('no-confirm')) {
    printResult(
      context,
      begun,
      () => `The change is made, and undone in ${seconds} s unless somebody confirms it: corbel network confirm\n`,
    )
    return
  }
  if (!context.json) note(io, `The change is made, and undone in ${seconds} s unless the host can be reached then.`)
  const { view, host } = await confirmChange(io, client, begun, (line) => note(io, line))
  printResult(context, view, () => {
    const moved = host === client.target.address.host ? '' : `; the host is at ${host} now: corbel login ${host}`
    return `The network is changed, revision ${view.revision}${moved}\n`
  })
}

async function runTest(context: Context): Promise<void> {
  const client = context.host()
  const [name] = context.given.arguments
  let test = await client.call<NetworkTest>('POST', `${PATH}/test`, { json: name === undefined ? {} : { name } })
  let shown = 0
  for (;;) {
    const done = test.steps.findIndex(({ state }) => state === 'waiting' || state === 'running')
    const ready = test.steps.slice(shown, done < 0 ? undefined : done)
    if (!context.json) for (const step of ready) print(context.io, `${printable(renderTestStep(step).trimEnd())}\n`)
    shown += ready.length
    if (test.endedAt !== null || done < 0) break
    await pause(TEST_LOOK_MS, context.io.interrupted)
    test = await client.call<NetworkTest>('GET', `${PATH}/test`)
  }
  if (context.json) printDocument(context, test)
  const failed = test.steps.filter(({ state }) => state === 'failed').length
  if (failed > 0) throw failure(EXIT.failed, 'network.test.failed', failed === 1 ? 'One test failed.' : `${failed} tests failed.`)
}

async function act(context: Context, what: 'confirm' | 'undo' | 'adopt', said: string): Promise<void> {
  const view = await context.host().call<NetworkView>('POST', `${PATH}/${what}`, { json: {} })
  printResult(context, view, () => `${said}\n`)
}

export const networkCommands: readonly Command[] = [
  {
    words: ['network', 'show'],
    summary: 'The management network: what is wanted, what waits, what is seen',
    details: ['Who may: host.view. API: GET /v1/host/network'],
    async run(context) {
      const view = await context.host().call<NetworkView>('GET', PATH)
      printResult(context, view, () => renderNetwork(view))
    },
  },
  {
    words: ['network', 'set'],
    summary: 'Change the management network, then confirm it over a new connection; what cannot be confirmed is undone',
    details: [
      'With --file all of it is set anew. Who may: network.manage. API: PUT /v1/host/network',
      'Else the fields that are given. API: PATCH /v1/host/network',
    ],
    options: () => [
      ...NETWORK_OPTIONS,
      {
        name: 'file',
        value: 'FILE',
        kind: 'local-file',
        help: 'A JSON document of the settings, - for the input; options are added to it',
      },
      { name: 'dry-run', help: 'Show what would be done and do nothing' },
      ...CONFIRM,
    ],
    run: set,
  },
  {
    words: ['network', 'confirm'],
    summary: 'Keep the change of the network that waits',
    details: ['Who may: network.manage. API: POST /v1/host/network/confirm'],
    run: (context) => act(context, 'confirm', 'The change is kept.'),
  },
  {
    words: ['network', 'undo'],
    summary: 'Undo the change of the network that waits',
    details: ['Who may: network.manage. API: POST /v1/host/network/undo'],
    run: (context) => act(context, 'undo', 'The change is being undone.'),
  },
  {
    words: ['network', 'test'],
    summary: 'Test link, addresses, gateway, name servers, and a name',
    details: [
      'NAME is what the name servers are asked for, by default the host itself. Who may: network.manage. API: POST /v1/host/network/test',
      'Results are shown as they come. API: GET /v1/host/network/test',
    ],
    arguments: [{ name: 'NAME', kind: 'text', optional: true }],
    run: runTest,
  },
  operationCommand(['network', 'restart'], 'POST /v1/host/network/restart', {
    details: ['VMs run on; their connections to the outside are interrupted for some seconds.'],
    question: (name) => `Take the management network of ${name} down and set it up again?`,
  }),
  {
    words: ['network', 'reset'],
    summary: 'Go back to DHCP on the first adapter with a link; undone unless it is confirmed',
    details: ['Sources that may use the API are reset, too. Who may: network.manage. API: POST /v1/host/network/reset'],
    options: () => [...CONFIRM, YES],
    async run(context) {
      const client = context.host()
      if (!context.given.has('yes')) await confirm(context.io, `Reset the management network of ${client.target.address.host}?`)
      const view = await client.call<NetworkView>('POST', `${PATH}/reset${query(context)}`, { json: {} })
      if (view.pending === null) printResult(context, view, () => 'Nothing to change.\n')
      else await settle(context, view)
    },
  },
  {
    words: ['network', 'adopt'],
    summary: 'Keep the adapters that stand in for ones that are not there',
    details: ['Who may: network.manage. API: POST /v1/host/network/adopt'],
    run: (context) => act(context, 'adopt', 'The adapters are adopted.'),
  },
]
