// Routes about what runs inside VMs, by its guest agent.
import { type Call, type Route, withBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, freezeSchema } from './schemas.ts'

const vmId = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.id ?? ''

export const guestRoutes: readonly Route[] = [
  withBody(
    {
      ...{ method: 'POST', path: '/v1/vms/{id}/guest/freeze', who: 'vm.guest', answers: [ACCEPTED] },
      summary: 'Freeze the guest’s file systems, everything unwritten written first; they are thawed when the time is over',
    },
    { schema: freezeSchema, prefix: 'guest.freeze' },
    (call) => accepted(call.app.guests.freeze(vmId(call), call.body.timeoutSeconds, call.by)),
  ),
  withBody(
    { method: 'POST', path: '/v1/vms/{id}/guest/thaw', who: 'vm.guest', summary: 'Thaw the guest’s file systems', answers: [ACCEPTED] },
    { schema: emptySchema, prefix: 'vm' },
    (call) => accepted(call.app.guests.thaw(vmId(call), call.by)),
  ),
]
