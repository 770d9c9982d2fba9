// What is seen of a VM and typed to it: serial console, log, picture of the screen, keys.
import { writeFileSync } from 'node:fs'
import { KEYS } from '../../domain/keys.ts'
import type { Command } from '../command.ts'
import { openConsole } from '../console-socket.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { note, print } from '../io.ts'
import { findVm } from '../names.ts'
import { operation, whoMay } from '../operations.ts'
import { say } from '../output.ts'
import { printableLines } from '../printable.ts'
import { attach } from '../terminal-console.ts'

const VM = { name: 'VM', kind: 'vm' } as const

export const vmConsoleCommands: readonly Command[] = [
  {
    words: ['vm', 'console'],
    summary: 'The serial console of a VM, in this terminal; leave it by Ctrl-]',
    details: [
      'It begins with the latest 64 KiB. Several can look and type at the same time.',
      'Without a terminal the input is sent and the output printed until the console ends.',
      whoMay('GET /v1/vms/{id}/console/serial/{port}'),
    ],
    arguments: [VM],
    options: () => [{ name: 'port', value: 'NUMBER', help: 'Of the serial port, from 0 (the default)' }],
    async run({ given, io, host }) {
      const port = given.value('port') ?? '0'
      if (!/^\d$/.test(port)) throw usage({ code: 'usage.invalid-value', field: '--port', message: `must be a number from 0, not ${port}` })
      const client = host()
      const { id, spec } = await findVm(client, given.arguments[0] ?? '')
      const path = `/v1/vms/${id}/console/serial`
      const socket = await openConsole(client, port === '0' ? path : `${path}/${port}`)
      if (io.input.isTTY === true) note(io, `The console of ${spec.name}. Leave it by Ctrl-].`)
      const how = await attach(socket, io)
      if (io.input.isTTY === true)
        note(io, how === 'left' ? `\nLeft the console of ${spec.name}.` : `\nThe console of ${spec.name} has ended.`)
    },
  },
  {
    words: ['vm', 'log'],
    summary: operation('GET /v1/vms/{id}/console/log').summary,
    details: [
      'On a terminal what would move its cursor is left out; elsewhere it is printed byte for byte.',
      whoMay('GET /v1/vms/{id}/console/log'),
    ],
    arguments: [VM],
    async run({ given, io, host }) {
      const client = host()
      const { id } = await findVm(client, given.arguments[0] ?? '')
      const { bytes } = await client.request('GET', `/v1/vms/${id}/console/log`)
      if (io.output.isTTY === true) print(io, printableLines(bytes.toString()))
      else io.output.write(bytes)
    },
  },
  {
    words: ['vm', 'screenshot'],
    summary: 'A picture of a VM’s screen, as PNG',
    details: [whoMay('GET /v1/vms/{id}/console/screenshot')],
    arguments: [VM],
    options: () => [
      { name: 'output', value: 'FILE', kind: 'local-file', help: 'Where to write it; default: the output, unless that is a terminal' },
    ],
    async run(context) {
      const { given, io, host } = context
      const file = given.value('output')
      if (file === undefined && io.output.isTTY === true)
        throw usage({ code: 'usage.missing-argument', field: '--output', message: 'name a file for the picture: --output=FILE' })
      const client = host()
      const { id, spec } = await findVm(client, given.arguments[0] ?? '')
      const { bytes } = await client.request('GET', `/v1/vms/${id}/console/screenshot`)
      if (file === undefined) return void io.output.write(bytes)
      try {
        writeFileSync(file, bytes)
      } catch (error) {
        throw failure(EXIT.failed, 'file.not-written', `${file} cannot be written: ${(error as Error).message}`)
      }
      say(context, `${spec.name}: its screen is in ${file}`)
    },
  },
  {
    words: ['vm', 'keys'],
    summary: 'Press keys of a VM’s keyboard, or type text',
    details: [
      'Keys joined by + are pressed together, combinations one after the other: corbel vm keys web1 ctrl+alt+delete',
      `Keys: ${KEYS.join(' ')}`,
      whoMay('POST /v1/vms/{id}/keys'),
    ],
    arguments: [VM, { name: 'KEY+KEY…', kind: 'key', optional: true, repeated: true, values: KEYS }],
    options: () => [{ name: 'text', value: 'TEXT', help: 'Typed after the keys, as on a US keyboard' }],
    async run({ given, host }) {
      const [vm = '', ...combinations] = given.arguments
      const text = given.value('text')
      if (combinations.length === 0 && text === undefined)
        throw usage({ code: 'usage.missing-argument', field: 'KEY', message: 'no key is given, and no --text' })
      const client = host()
      const { id } = await findVm(client, vm)
      const presses = [...combinations.map((combination) => ({ keys: combination.split('+') })), ...(text === undefined ? [] : [{ text }])]
      for (const press of presses) await client.request('POST', `/v1/vms/${id}/keys`, { json: press })
    },
  },
]
