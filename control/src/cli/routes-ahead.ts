// Routes that the API has agreed on and the route table does not hold yet; an entry goes when its route is there.
import type { OperationFacts } from './operations.ts'

export const routesAhead: readonly OperationFacts[] = [
  {
    ...{ method: 'PUT', path: '/v1/datastores/{name}/files/{file}', who: 'operator', summary: 'Send a file' },
    ...{ dryRun: false, isTask: false, schema: null },
  },
]
