// Puts another configuration in place of the one that there is: what it would do, the question, the act, and the new network confirmed.
import type { NetworkView } from '../domain/network-view.ts'
import type { Context, Option } from './command.ts'
import { confirm } from './confirm.ts'
import { note } from './io.ts'
import { confirmChange } from './network-confirm.ts'
import { printResult } from './output.ts'
import { isNetworkChanged, type RestoreAnswer, renderRestore } from './restore-view.ts'

export const RESTORE_OPTIONS: readonly Option[] = [
  { name: 'dry-run', help: 'Show what it would do, and do nothing' },
  { name: 'yes', help: 'Do not ask' },
  {
    name: 'confirm-within',
    value: 'SECONDS',
    help: 'When the host undoes a change of the network unless it is confirmed, 15 to 600; default 60',
  },
]

export interface Restoring {
  /** Path of the route, which takes `dryRun` and `confirmWithinSeconds`. */
  readonly path: string
  readonly body: object
  readonly question: string
  /** Said in the end. */
  readonly done: string
}

export async function restoreConfiguration(context: Context, { path, body, question, done }: Restoring): Promise<void> {
  const { given, io } = context
  const client = context.host()
  const ask = (query: string) => client.call<RestoreAnswer>('POST', `${path}${query}`, { json: body })
  const planned = await ask('?dryRun=true')
  if (given.has('dry-run')) {
    printResult(context, planned, () => renderRestore(planned.steps))
    return
  }
  if (!context.json) note(io, renderRestore(planned.steps).trimEnd())
  if (!given.has('yes')) await confirm(io, question)
  const within = given.value('confirm-within')
  const answer = await ask(within === undefined ? '' : `?confirmWithinSeconds=${encodeURIComponent(within)}`)
  if (isNetworkChanged(answer.steps)) {
    const begun = await client.call<NetworkView>('GET', '/v1/host/network')
    await confirmChange(io, client, begun, (line) => note(io, line))
  }
  printResult(context, answer, () => `${done}\n`)
}
