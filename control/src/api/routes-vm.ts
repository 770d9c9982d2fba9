// Routes about VMs.
import type { App } from '../app/app.ts'
import type { Task } from '../domain/task.ts'
import { vmSpecSchema } from '../domain/vm.ts'
import type { Vm } from '../domain/vm-status.ts'
import { json, jsonText, noContent, vmFragment } from './answer.ts'
import { etag, matches } from './etag.ts'
import type { CompleteResponse } from './message.ts'
import { type Call, flag, type Route, withBody, withoutBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, listOf, patchSchema, shutdownRequestSchema, taskSchema, vmSchema } from './schemas.ts'
import { allocationSchema } from './schemas-pool.ts'
import { permitOf } from './vm-rights.ts'

const DRY_RUN = { dryRun: flag('Check everything, write nothing; the answer is what would have been answered') }

function vmAnswer(status: number, vm: Vm, headers: Readonly<Record<string, string>> = {}): CompleteResponse {
  return jsonText(status, vmFragment(vm), { etag: etag(vm.revision), ...headers })
}

const change = ({ query, by }: Pick<Call<unknown>, 'query' | 'by'>) => ({ dryRun: query.dryRun === 'true', by })
const vmId = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.id ?? ''

function powerRoute(verb: string, summary: string, act: (power: App['power'], id: string, by: string) => Task): Route {
  return withBody(
    { method: 'POST', path: `/v1/vms/{id}/${verb}`, who: 'vm.power', summary, answers: [ACCEPTED] },
    { schema: emptySchema, prefix: 'vm' },
    (call) => accepted(act(call.app.power, vmId(call), call.by)),
  )
}

/** Without the fields that were left out. */
function definedOnly<T extends object>(body: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

export const vmRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms', who: 'vm.view', on: 'any', summary: 'All VMs' },
      answers: [{ status: 200, description: 'Oldest first', schema: listOf(vmSchema) }],
    },
    ({ app, rights }) => {
      const vms = rights.visible('vm.view', app.vms.list(), ({ id }) => app.places.ofVm(id))
      return jsonText(200, `{"items":[${vms.map(vmFragment).join()}]}`)
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/vms', who: 'vm.create', on: 'any', summary: 'Create a VM', query: DRY_RUN },
      answers: [
        { status: 201, description: 'The VM, off', schema: vmSchema },
        { status: 200, description: 'With `dryRun`: the VM that would be made', schema: vmSchema },
      ],
    },
    { schema: vmSpecSchema, prefix: 'vm' },
    (call) => {
      const how = change(call)
      const vm = call.app.vms.create(call.body, { ...how, permit: permitOf(call) })
      return how.dryRun ? vmAnswer(200, vm) : vmAnswer(201, vm, { location: `/v1/vms/${vm.id}` })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}', who: 'vm.view', summary: 'One VM' },
      answers: [{ status: 200, description: 'The VM; the ETag is for `If-Match` and leaves its status out', schema: vmSchema }],
    },
    (call) => vmAnswer(200, call.app.vms.get(vmId(call))),
  ),
  withBody(
    {
      ...{ method: 'PATCH', path: '/v1/vms/{id}', who: 'vm.configure', summary: 'Change a VM’s spec by a merge patch' },
      ...{ query: DRY_RUN, ifMatch: 'required' },
      answers: [
        { status: 200, description: 'The VM as changed; `status.pending` names what waits for the next power-on', schema: vmSchema },
        {
          status: 202,
          description: 'The task that changes the running VM, and keeps the change when it has succeeded',
          schema: taskSchema,
        },
      ],
    },
    { schema: patchSchema, prefix: 'vm', mediaTypes: ['application/merge-patch+json', 'application/json'] },
    (call) => {
      const how = { ...change(call), permit: permitOf(call) }
      const { vm, task } = call.app.vms.patch(vmId(call), call.body, matches(call.headers['if-match'] ?? ''), how)
      return task === null ? vmAnswer(200, vm) : accepted(task)
    },
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/vms/{id}', who: 'vm.delete', summary: 'Delete a VM that is off; its files are kept' },
      ...{ query: DRY_RUN, ifMatch: 'optional' },
      answers: [{ status: 204, description: 'It is gone' }],
    },
    { schema: emptySchema, prefix: 'vm' },
    (call) => {
      call.app.vms.remove(vmId(call), matches(call.headers['if-match'] ?? '*'), change(call))
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/vms/{id}/power-on', who: 'vm.power', summary: 'Power on', query: DRY_RUN },
      answers: [ACCEPTED, { status: 200, description: 'With `dryRun`: what it would be given', schema: allocationSchema }],
    },
    { schema: emptySchema, prefix: 'vm' },
    (call) => {
      const { power } = call.app
      return change(call).dryRun ? json(200, power.tryPowerOn(vmId(call))) : accepted(power.powerOn(vmId(call), call.by))
    },
  ),
  withBody(
    { method: 'POST', path: '/v1/vms/{id}/shutdown', who: 'vm.power', summary: 'Ask the guest to shut down', answers: [ACCEPTED] },
    { schema: shutdownRequestSchema, prefix: 'shutdown' },
    (call) => accepted(call.app.power.shutdown(vmId(call), call.by, definedOnly(call.body))),
  ),
  powerRoute('power-off', 'Power off at once', (power, id, by) => power.powerOff(id, by)),
  powerRoute('reset', 'Reset, as the button does', (power, id, by) => power.reset(id, by)),
  powerRoute('pause', 'Let it stand still, in memory', (power, id, by) => power.pause(id, by)),
  powerRoute('resume', 'Let it go on, from paused or suspended', (power, id, by) => power.resume(id, by)),
  powerRoute('suspend', 'Write its memory to the datastore and end its process; can be cancelled', (power, id, by) =>
    power.suspend(id, by),
  ),
]
