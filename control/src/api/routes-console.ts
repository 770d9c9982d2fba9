// Routes to the consoles of VMs: screen, serial ports, tickets, pictures, keys.
import type { App } from '../app/app.ts'
import { keyPressSchema } from '../domain/keys.ts'
import { json, noContent } from './answer.ts'
import type { AttachResponse } from './message.ts'
import { type Route, withBody, withoutBody } from './route.ts'
import { consoleTicketSchema, ticketRequestSchema } from './schemas.ts'

type Parameters = { readonly parameters: Readonly<Record<string, string>> }

const vmId = ({ parameters }: Parameters) => parameters.id ?? ''
const BYTES = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
const BINARY = 'binary messages in both directions'

/** Whoever has been given a console loses it with the right to it. */
function attach({ holds }: App, descriptor: number, may: () => boolean): AttachResponse {
  return { kind: 'attach', status: 101, headers: {}, descriptor: holds.socket(descriptor, may) }
}

/** A path segment that is no number of a port names a port that no VM has. */
function portOf({ parameters: { port = '0' } }: Parameters): number {
  return /^\d$/.test(port) ? Number(port) : Number.MAX_SAFE_INTEGER
}

function serialRoute(path: string, summary: string): Route {
  return withoutBody(
    {
      ...{ method: 'GET', path, who: 'vm.console', summary, upgrade: 'websocket' },
      answers: [{ status: 101, description: `The latest 64 KiB, then live; ${BINARY}` }],
    },
    (call) => attach(call.app, call.app.consoles.attachSerial(vmId(call), portOf(call)), call.may),
  )
}

export const consoleRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}/console/log', who: 'vm.view', summary: 'The latest of the first serial port, up to 1 MiB' },
      answers: [{ status: 200, description: 'As it came, bytes', mediaType: 'text/plain' }],
    },
    (call) => {
      const headers = { 'content-type': 'text/plain', ...BYTES }
      return { kind: 'complete', status: 200, headers, body: call.app.consoles.serialLog(vmId(call)) }
    },
  ),
  serialRoute('/v1/vms/{id}/console/serial', 'The first serial port, as a WebSocket'),
  serialRoute('/v1/vms/{id}/console/serial/{port}', 'A serial port by its number from 0, as a WebSocket'),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/vms/{id}/console/vnc',
        who: 'vm.console',
        summary: 'The screen, as a WebSocket',
        upgrade: 'websocket',
      },
      answers: [{ status: 101, description: `The RFB protocol of VNC without authentication of its own; ${BINARY}` }],
    },
    async (call) => attach(call.app, await call.app.consoles.attachVnc(vmId(call)), call.may),
  ),
  withBody(
    {
      ...{
        method: 'POST',
        path: '/v1/vms/{id}/console/tickets',
        who: 'vm.console',
        summary: 'A ticket to a console, for clients that cannot send a token',
      },
      answers: [{ status: 201, description: 'Good once, for a short time', schema: consoleTicketSchema }],
    },
    { schema: ticketRequestSchema, prefix: 'console' },
    (call) => json(201, call.app.consoles.issueTicket(vmId(call), call.body.console, call.body.port, call.by, call.may)),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/consoles/{ticket}',
        who: 'anyone',
        summary: 'The console that a ticket is for, as a WebSocket',
        upgrade: 'websocket',
      },
      answers: [{ status: 101, description: `As that console; ${BINARY}` }],
    },
    async ({ app, parameters }) => {
      const { descriptor, may } = await app.consoles.useTicket(parameters.ticket ?? '')
      return attach(app, descriptor, may)
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}/console/screenshot', who: 'vm.view', summary: 'A picture of the screen' },
      answers: [{ status: 200, description: 'As it is now', mediaType: 'image/png' }],
    },
    async (call) => {
      const headers = { 'content-type': 'image/png', ...BYTES }
      return { kind: 'complete', status: 200, headers, body: await call.app.consoles.screenshot(vmId(call)) }
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/vms/{id}/keys', who: 'vm.console', summary: 'Press keys together, or type text' },
      answers: [{ status: 204, description: 'QEMU has taken them' }],
    },
    { schema: keyPressSchema, prefix: 'keys', secret: true },
    async (call) => {
      await call.app.consoles.pressKeys(vmId(call), call.body)
      return noContent()
    },
  ),
]
