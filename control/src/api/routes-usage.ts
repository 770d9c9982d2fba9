// Routes about what is used: now, in the past, and for Prometheus.
import type { Resolution } from '../domain/usage.ts'
import { RESOLUTIONS } from '../domain/usage.ts'
import { json, text } from './answer.ts'
import { METRICS_TYPE, renderMetrics } from './prometheus.ts'
import { type Call, type Route, withoutBody } from './route.ts'
import { allUsageSchema, hostUsageAnswerSchema, poolUsageAnswerSchema, vmUsageAnswerSchema } from './schemas-usage.ts'

const RESOLUTION = {
  resolution: {
    description: 'Of the history: `10s` is the last hour and the default, `5m` the last day',
    allowed: RESOLUTIONS,
  },
}

const resolutionOf = ({ query }: Pick<Call<unknown>, 'query'>) => (query.resolution ?? '10s') as Resolution

export const usageRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/usage', who: 'usage.view', summary: 'What the host, pools and the VMs that run use' },
      answers: [{ status: 200, description: 'The latest samples, at most 10 s old', schema: allUsageSchema }],
    },
    ({ app }) => json(200, app.accounting.all()),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/usage', who: 'usage.view', summary: 'What the host uses, and used', query: RESOLUTION },
      answers: [{ status: 200, description: 'The latest sample and the past', schema: hostUsageAnswerSchema }],
    },
    (call) => json(200, call.app.accounting.host(resolutionOf(call))),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/vms/{id}/usage', who: 'usage.view', summary: 'What a VM uses, and used', query: RESOLUTION },
      answers: [{ status: 200, description: 'The latest sample and the past', schema: vmUsageAnswerSchema }],
    },
    (call) => json(200, call.app.accounting.vm(call.parameters.id ?? '', resolutionOf(call))),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/pools/{pool}/usage', who: 'usage.view', summary: 'What a pool uses, and used', query: RESOLUTION },
      answers: [{ status: 200, description: 'The latest sample and the past', schema: poolUsageAnswerSchema }],
    },
    (call) => json(200, call.app.accounting.pool(call.parameters.pool ?? '', resolutionOf(call))),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/metrics',
        who: 'usage.view',
        summary: 'What the host, pools and the VMs that run use, for Prometheus',
      },
      answers: [{ status: 200, description: 'The text format 0.0.4', mediaType: 'text/plain' }],
    },
    ({ app }) => text(METRICS_TYPE, renderMetrics(app.accounting.all(), app.host().facts.version)),
  ),
]
