// Routes about PCI devices of the host: what they are for, who has them, and their virtual functions.
import { virtualFunctionsRequestSchema } from '../domain/pci-device.ts'
import { json } from './answer.ts'
import { flag, type Route, withBody, withoutBody } from './route.ts'
import { listOf } from './schemas.ts'
import { hostDeviceSchema } from './schemas-devices.ts'

export const deviceRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/devices',
        who: 'host.view',
        summary: 'PCI devices: what the host needs them for, which VM has them',
      },
      answers: [{ status: 200, description: 'As they are now', schema: listOf(hostDeviceSchema) }],
    },
    ({ app }) => json(200, { items: app.passthrough.list() }),
  ),
  withBody(
    {
      ...{ method: 'PUT', path: '/v1/host/devices/{device}/virtual-functions', who: 'host.configure' },
      ...{ summary: 'Set how many virtual functions a device has', query: { dryRun: flag('Check everything, change nothing') } },
      answers: [{ status: 200, description: 'The device as it is then; with `dryRun` as it is', schema: hostDeviceSchema }],
    },
    { schema: virtualFunctionsRequestSchema, prefix: 'virtual-functions' },
    async ({ app, parameters, body, query, by }) =>
      json(200, await app.virtualFunctions.set(parameters.device ?? '', body.count, { dryRun: query.dryRun === 'true', by })),
  ),
]
