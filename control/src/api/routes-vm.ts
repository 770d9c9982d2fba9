// Routes about VMs.
import type { Power } from '../app/power.ts'
import type { Vm } from '../domain/vm.ts'
import { vmSpecSchema } from '../domain/vm.ts'
import { jsonText, noContent, vmFragment } from './answer.ts'
import { etag, matches } from './etag.ts'
import type { CompleteResponse } from './message.ts'
import { type Call, type Route, withBody, withoutBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, listOf, vmPatchSchema, vmSchema } from './schemas.ts'

const DRY_RUN = { dryRun: 'Check everything, write nothing; the answer is what would have been answered' }

function vmAnswer(status: number, vm: Vm, headers: Readonly<Record<string, string>> = {}): CompleteResponse {
  return jsonText(status, vmFragment(vm), { etag: etag(vm.revision), ...headers })
}

const change = ({ query, by }: Pick<Call<unknown>, 'query' | 'by'>) => ({ dryRun: query.dryRun === 'true', by })
const vmId = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.id ?? ''

function powerRoute(
  verb: string,
  summary: string,
  act: (power: Pick<Power, 'powerOn' | 'shutdown' | 'powerOff' | 'reset'>, id: string, by: string) => ReturnType<Power['powerOn']>,
): Route {
  return withBody(
    { method: 'POST', path: `/v1/vms/{id}/${verb}`, who: 'operator', summary, answers: [ACCEPTED] },
    { schema: emptySchema, prefix: 'vm' },
    (call) => accepted(act(call.app.power, vmId(call), call.by)),
  )
}

export const vmRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms', who: 'viewer', summary: 'All VMs' },
      answers: [{ status: 200, description: 'Oldest first', schema: listOf(vmSchema) }],
    },
    ({ app }) => jsonText(200, `{"items":[${app.vms.list().map(vmFragment).join()}]}`),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/vms', who: 'operator', summary: 'Create a VM', query: DRY_RUN },
      answers: [
        { status: 201, description: 'The VM, off', schema: vmSchema },
        { status: 200, description: 'With `dryRun`: the VM that would be made', schema: vmSchema },
      ],
    },
    { schema: vmSpecSchema, prefix: 'vm' },
    (call) => {
      const how = change(call)
      const vm = call.app.vms.create(call.body, how)
      return how.dryRun ? vmAnswer(200, vm) : vmAnswer(201, vm, { location: `/v1/vms/${vm.id}` })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}', who: 'viewer', summary: 'One VM' },
      answers: [{ status: 200, description: 'The VM; the ETag is for `If-Match` and leaves its status out', schema: vmSchema }],
    },
    (call) => vmAnswer(200, call.app.vms.get(vmId(call))),
  ),
  withBody(
    {
      ...{ method: 'PATCH', path: '/v1/vms/{id}', who: 'operator', summary: 'Change a VM’s spec by a merge patch' },
      ...{ query: DRY_RUN, ifMatch: 'required' },
      answers: [{ status: 200, description: 'The VM as changed', schema: vmSchema }],
    },
    { schema: vmPatchSchema, prefix: 'vm', mediaTypes: ['application/merge-patch+json', 'application/json'] },
    (call) => vmAnswer(200, call.app.vms.patch(vmId(call), call.body, matches(call.headers['if-match'] ?? ''), change(call))),
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/vms/{id}', who: 'operator', summary: 'Delete a VM that is off; its files are kept' },
      ...{ query: DRY_RUN, ifMatch: 'optional' },
      answers: [{ status: 204, description: 'It is gone' }],
    },
    { schema: emptySchema, prefix: 'vm' },
    (call) => {
      call.app.vms.remove(vmId(call), matches(call.headers['if-match'] ?? '*'), change(call))
      return noContent()
    },
  ),
  powerRoute('power-on', 'Power on', (power, id, by) => power.powerOn(id, by)),
  powerRoute('shutdown', 'Ask the guest to shut down; fails after 60 s', (power, id, by) => power.shutdown(id, by)),
  powerRoute('power-off', 'Power off at once', (power, id, by) => power.powerOff(id, by)),
  powerRoute('reset', 'Reset, as the button does', (power, id, by) => power.reset(id, by)),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}/console/log', who: 'viewer', summary: 'The latest of the serial port, up to 1 MiB' },
      answers: [{ status: 200, description: 'As it came, bytes', mediaType: 'text/plain' }],
    },
    (call) => {
      const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
      return { kind: 'complete', status: 200, headers, body: call.app.serialLog(vmId(call)) }
    },
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/vms/{id}/console/serial',
        who: 'operator',
        summary: 'The serial port, as a WebSocket with binary messages',
      },
      upgrade: 'websocket',
      answers: [{ status: 101, description: 'The latest 64 KiB, then live; what is sent goes to the VM' }],
    },
    (call) => ({ kind: 'attach', status: 101, headers: {}, descriptor: call.app.attachSerial(vmId(call)) }),
  ),
]
