// The audit log: listed, taken away as it is, and looked through on the machine of whoever asks, so that nobody has to believe the host.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { AUDIT_RESULTS, type AuditEntry, type AuditMark, type AuditVerdict, createAuditCheck } from '../../domain/audit.ts'
import type { Client } from '../client.ts'
import type { Command, Given, Option } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { print } from '../io.ts'
import { operation } from '../operations.ts'
import { printDocument, printResult } from '../output.ts'
import { type Column, renderPairs, renderTable } from '../table.ts'

const FILTERS: readonly Option[] = [
  { name: 'user', value: 'NAME', help: 'Only of this user' },
  { name: 'action', value: 'PART', help: 'Only what contains this: login, "PATCH /v1/vms"' },
  { name: 'result', value: 'RESULT', values: AUDIT_RESULTS, help: `Only with this result: ${AUDIT_RESULTS.join(', ')}` },
  { name: 'since', value: 'TIME', help: 'Only from then on: 2026-01-31T12:00:00Z' },
  { name: 'until', value: 'TIME', help: 'Only before then' },
]
const LISTED = 200
const PAGE = 500

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'SEQUENCE', value: ({ sequence }) => sequence, align: 'right' },
  { title: 'AT', value: ({ at }) => at },
  { title: 'USER', value: ({ user }) => user },
  { title: 'FROM', value: ({ from }) => from },
  { title: 'RESULT', value: ({ result, repeated }) => (repeated === null ? result : `${result} (${repeated.count} times)`) },
  { title: 'CODE', value: ({ code }) => code },
  { title: 'ACTION', value: ({ action }) => action },
  {
    title: 'OBJECT',
    value: ({ object }) =>
      Object.entries(object)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
  },
]

interface Page {
  readonly items: readonly AuditEntry[]
  readonly next: number | null
  readonly base: AuditMark
  readonly head: AuditMark
  readonly problem: string | null
}

export const auditCommands: readonly Command[] = [
  {
    words: ['audit', 'list'],
    summary: 'Who asked for what, and what became of it, newest first',
    details: [`Who may: ${operation('GET /v1/audit').who}. API: GET /v1/audit`],
    options: () => [...FILTERS, { name: 'count', value: 'NUMBER', help: `So many entries; default ${LISTED}` }],
    async run(context) {
      const wanted = countOf(context.given)
      const client = context.host()
      let page = await client.call<Page>('GET', pathOf(context.given, { limit: Math.min(wanted, PAGE) }))
      const items = [...page.items]
      while (items.length < wanted && page.next !== null) {
        page = await client.call<Page>('GET', pathOf(context.given, { limit: Math.min(wanted - items.length, PAGE), before: page.next }))
        items.push(...page.items)
      }
      printResult(context, { ...page, items }, () => renderTable(COLUMNS, items))
    },
  },
  {
    words: ['audit', 'export'],
    summary: 'The audit log as it is kept, oldest first, one entry a line',
    details: [
      'The SHA-256 of a line without its last field `hash` is that hash; `previous` is that of the line before.',
      `Who may: ${operation('GET /v1/audit').who}. API: GET /v1/audit`,
    ],
    options: () => [...FILTERS, { name: 'after', value: 'SEQUENCE', help: 'Only what comes after this entry' }],
    async run({ given, io, host }) {
      await eachLine(host(), pathOf(given, { limit: PAGE, after: sequenceOf(given.value('after')) }), (line) => print(io, `${line}\n`))
    },
  },
  {
    words: ['audit', 'verify'],
    summary: 'Whether the audit log is whole: every entry is downloaded, or read from an export, and its hash computed here',
    details: [
      'Ends with exit code 1 where an entry was altered, removed or added. What was cut off at the end shows only against a newest entry that is known from elsewhere: see --head.',
      `Who may: ${operation('GET /v1/audit/verify').who}. API: GET /v1/audit/verify`,
    ],
    arguments: [{ name: 'FILE', kind: 'local-file', optional: true }],
    options: () => [
      { name: 'head', value: 'HASH', help: 'The hash of an entry that must be in it, as it was written down or forwarded before' },
    ],
    async run(context) {
      const [file] = context.given.arguments
      const check = createAuditCheck((text) => createHash('sha256').update(text).digest('hex'))
      const head = context.given.value('head')?.toLowerCase()
      let headSeen = head === undefined
      const add = (line: string) => {
        headSeen ||= line.endsWith(`"hash":"${head}"}`)
        check.add(line)
      }
      let said: AuditVerdict | null = null
      if (file === undefined) {
        const client = context.host()
        // What the host finds is said too: it may know of more than it hands out.
        said = await client.call<AuditVerdict>('GET', '/v1/audit/verify')
        await eachLine(client, `/v1/audit?limit=${PAGE}&after=0`, add)
      } else {
        for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) add(line)
      }
      conclude(context, check.end(), said, headSeen)
    },
  },
]

function conclude(context: Parameters<Command['run']>[0], found: AuditVerdict, said: AuditVerdict | null, headSeen: boolean): void {
  const short = said !== null && found.to.sequence < said.to.sequence ? `entries after ${found.to.sequence} were not handed out` : null
  const problem = found.problem ?? said?.problem ?? short ?? (headSeen ? null : 'the entry with the hash that was named is not in it')
  if (context.json) printDocument(context, { ...found, whole: problem === null, problem })
  if (problem !== null) throw failure(EXIT.failed, 'audit.chain-broken', `The audit log is not whole: ${problem}.`)
  if (!context.json) print(context.io, renderPairs(pairsOf(found)))
}

function pairsOf({ from, to }: AuditVerdict): readonly (readonly [string, string])[] {
  const removed: readonly (readonly [string, string])[] =
    from.sequence === 0 ? [] : [['Removed', `entries up to ${from.sequence}, as an entry says`]]
  return [['Whole', `entries ${from.sequence + 1} to ${to.sequence}`], ...removed, ['Newest hash', to.hash]]
}

/** From page to page, as the host says where the next one is. */
async function eachLine(client: Client, first: string, line: (line: string) => void): Promise<void> {
  let path: string | undefined = first
  while (path !== undefined) {
    const { bytes, headers } = await client.request('GET', path, { headers: { accept: 'application/x-ndjson' } })
    for (const each of bytes.toString().split('\n')) if (each !== '') line(each)
    path = /^<(\/v1\/audit\?[^>]*)>; rel="next"$/.exec(String(headers.link ?? ''))?.[1]
  }
}

function pathOf(given: Given, rest: Readonly<Record<string, number>>): string {
  const filters = FILTERS.flatMap(({ name }): [string, string][] => {
    const value = given.value(name)
    return value === undefined ? [] : [[name, value]]
  })
  const pairs = [...filters, ...Object.entries(rest)].map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `/v1/audit?${pairs.join('&')}`
}

function countOf(given: Given): number {
  const count = Number(given.value('count') ?? LISTED)
  if (Number.isInteger(count) && count >= 1) return count
  throw usage({ code: 'usage.invalid-value', field: '--count', message: 'must be a number, 1 or more' })
}

function sequenceOf(text = '0'): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw usage({ code: 'usage.invalid-value', field: '--after', message: `must be a number, not ${text}` })
}
