// Events as they happen.
import type { Event } from '../../domain/event.ts'
import type { Client } from '../client.ts'
import type { Command } from '../command.ts'
import { followEvents } from '../event-source.ts'
import { usage } from '../failure.ts'
import { note, print } from '../io.ts'
import { findVm } from '../names.ts'
import { whoMay } from '../operations.ts'
import { printable, renderJson } from '../printable.ts'

export const eventCommands: readonly Command[] = [
  {
    words: ['event', 'follow'],
    summary: 'Events as they happen, until Ctrl-C; none is lost when the connection is',
    details: [`With --json one event a line. ${whoMay('GET /v1/events')}`],
    options: () => [
      { name: 'after', value: 'ID', help: 'Begin with the events after this one; default: with what happens from now on' },
      { name: 'vm', value: 'VM', kind: 'vm', help: 'Only events of this VM' },
      { name: 'code', value: 'PREFIX', help: 'Only events whose code begins so: vm.crashed, task' },
      { name: 'count', value: 'NUMBER', help: 'End after this many' },
    ],
    async run({ given, io, json, host }) {
      const after = numberOf(given.value('after'), '--after')
      const client = host()
      const name = given.value('vm')
      const vm = name === undefined ? null : (await findVm(client, name)).id
      const code = given.value('code') ?? ''
      let left = numberOf(given.value('count'), '--count') ?? Number.POSITIVE_INFINITY
      await followEvents(client, {
        after: after ?? (await latestEvent(client)),
        event(event) {
          if (!event.code.startsWith(code) || (vm !== null && event.target.id !== vm)) return false
          print(io, json ? `${renderJson(event, 0)}\n` : eventLine(event))
          return --left <= 0
        },
        lost: ({ message }) => note(io, `${printable(message)}; trying again`),
      })
    },
  },
]

/** So that none is missed when the connection is lost before the first. */
async function latestEvent(client: Client): Promise<number> {
  const { items } = await client.call<{ items: readonly Event[] }>('GET', '/v1/events')
  return items.at(-1)?.id ?? 0
}

function eventLine({ at, severity, code, message }: Event): string {
  return `${printable(`${at}  ${severity.padEnd(7)}  ${code}  ${message}`)}\n`
}

function numberOf(text: string | undefined, field: string): number | null {
  if (text === undefined) return null
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw usage({ code: 'usage.invalid-value', field, message: `must be a number, not ${text}` })
}
