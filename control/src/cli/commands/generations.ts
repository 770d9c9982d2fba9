// Generations of the configuration: listing, showing, comparing, and putting one back.
import type { GenerationHead, GenerationView, ObjectDifference } from '../../domain/generation.ts'
import type { Command, Context } from '../command.ts'
import { usage } from '../failure.ts'
import { printResult } from '../output.ts'
import { printable } from '../printable.ts'
import { renderDifference } from '../restore-view.ts'
import { RESTORE_OPTIONS, restoreConfiguration } from '../restoring.ts'
import { type Column, renderTable } from '../table.ts'

const PATH = '/v1/host/generations'

const COLUMNS: readonly Column<GenerationHead>[] = [
  { title: 'NUMBER', value: ({ number }) => number, align: 'right' },
  { title: 'AT', value: ({ at }) => at },
  { title: 'BY', value: ({ by }) => by },
  { title: 'WHAT', value: ({ what }) => what },
]

function numberOf(text: string | undefined, name: string): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw usage({ code: 'usage.invalid-value', field: name, message: `must be the number of a generation, not ${text ?? 'nothing'}` })
  }
  return Number(text)
}

async function restore(context: Context): Promise<void> {
  const number = numberOf(context.given.arguments[0], 'GENERATION')
  await restoreConfiguration(context, {
    path: `${PATH}/${number}/restore`,
    body: {},
    question: `Put the configuration back as it was in generation ${number}?`,
    done: `The configuration is as it was in generation ${number}, but for what is said to stay.`,
  })
}

export const generationCommands: readonly Command[] = [
  {
    words: ['host', 'generations'],
    summary: 'Generations of the configuration: who changed what, latest first',
    details: ['The latest 100, or the 100 before --before.', 'Who may: host.reset. API: GET /v1/host/generations'],
    options: () => [{ name: 'before', value: 'NUMBER', help: 'Only older ones than this' }],
    async run(context) {
      const before = context.given.value('before')
      const query = before === undefined ? '' : `?before=${numberOf(before, '--before')}`
      const page = await context.host().call<{ items: readonly GenerationHead[] }>('GET', `${PATH}${query}`)
      printResult(context, page, () => renderTable(COLUMNS, page.items))
    },
  },
  {
    words: ['host', 'generation'],
    summary: 'One generation of the configuration, with what it changed',
    details: ['Secrets are left out.', 'Who may: host.reset. API: GET /v1/host/generations/{generation}'],
    arguments: [{ name: 'GENERATION', kind: 'text' }],
    async run(context) {
      const number = numberOf(context.given.arguments[0], 'GENERATION')
      const found = await context.host().call<GenerationView>('GET', `${PATH}/${number}`)
      printResult(context, found, () => `${printable(`${found.at}  ${found.by}  ${found.what}`)}\n${renderDifference(found.objects)}`)
    },
  },
  {
    words: ['host', 'generation-diff'],
    summary: 'What is different between two generations',
    details: [
      'What is different in OTHER, seen from GENERATION; without OTHER in the newest, which is how things are.',
      'Who may: host.reset. API: GET /v1/host/generations/{generation}/diff',
    ],
    arguments: [
      { name: 'GENERATION', kind: 'text' },
      { name: 'OTHER', kind: 'text', optional: true },
    ],
    async run(context) {
      const [from, to] = context.given.arguments
      const query = to === undefined ? '' : `?against=${numberOf(to, 'OTHER')}`
      const document = await context
        .host()
        .call<{ items: readonly ObjectDifference[] }>('GET', `${PATH}/${numberOf(from, 'GENERATION')}/diff${query}`)
      printResult(context, document, () => (document.items.length === 0 ? 'Nothing is different.\n' : renderDifference(document.items)))
    },
  },
  {
    words: ['host', 'restore-generation'],
    summary: 'Put the configuration back as it was in a generation',
    details: [
      'Shows what it does, asks, and confirms the network over a new connection where that is part of it. VMs that run go on with what they have;',
      'a VM that was made since and is off is forgotten, its files stay. Passwords, lockdown, recovery code and your own account stay as they are.',
      'Who may: host.reset. API: POST /v1/host/generations/{generation}/restore',
    ],
    arguments: [{ name: 'GENERATION', kind: 'text' }],
    options: () => RESTORE_OPTIONS,
    run: restore,
  },
]
