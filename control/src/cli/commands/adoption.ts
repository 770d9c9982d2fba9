// VMs that a datastore has and the host does not know: seen, and taken in.
import type { KeptVm } from '../../domain/spec-copy.ts'
import type { Command } from '../command.ts'
import { printResult } from '../output.ts'
import { type RestoreAnswer, renderRestore } from '../restore-view.ts'
import { type Column, renderTable } from '../table.ts'

const COLUMNS: readonly Column<KeptVm>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'MISSING FILES', value: ({ missing }) => missing.join(', ') },
]

const pathOf = (datastore: string | undefined) => `/v1/datastores/${encodeURIComponent(datastore ?? 'local')}/vms`

export const adoptionCommands: readonly Command[] = [
  {
    words: ['datastore', 'vms'],
    summary: 'VMs of a datastore, by the copies of their specs that it keeps',
    details: ['Who may: datastore.view. API: GET /v1/datastores/{name}/vms'],
    arguments: [{ name: 'DATASTORE', kind: 'datastore', optional: true }],
    async run(context) {
      const document = await context.host().call<{ items: readonly KeptVm[] }>('GET', pathOf(context.given.arguments[0]))
      printResult(context, document, () => renderTable(COLUMNS, document.items))
    },
  },
  {
    words: ['datastore', 'adopt-vms'],
    summary: 'Take VMs of a datastore in that the host does not know, as they were',
    details: [
      'After a state partition was lost, or with the disk of another host. Without --vm all that can be; nothing is started.',
      'Who may: vm.create. API: POST /v1/datastores/{name}/vms/adopt',
    ],
    arguments: [{ name: 'DATASTORE', kind: 'datastore', optional: true }],
    options: () => [
      { name: 'vm', value: 'ID', repeated: true, help: 'Only this one' },
      { name: 'dry-run', help: 'Show what it would do, and do nothing' },
    ],
    async run(context) {
      const { given } = context
      const ids = given.values('vm')
      const path = `${pathOf(given.arguments[0])}/adopt${given.has('dry-run') ? '?dryRun=true' : ''}`
      const answer = await context.host().call<RestoreAnswer>('POST', path, { json: ids.length === 0 ? {} : { ids } })
      printResult(context, answer, () => (answer.steps.length === 0 ? 'There is none to be taken in.\n' : renderRestore(answer.steps)))
    },
  },
]
