// Every route of the API, as data.

import type { Route } from './route.ts'
import { sessionRoutes } from './routes-access.ts'
import { consoleRoutes } from './routes-console.ts'
import { datastoreRoutes } from './routes-datastore.ts'
import { deviceRoutes } from './routes-devices.ts'
import { guestRoutes } from './routes-guest.ts'
import { hostRoutes } from './routes-host.ts'
import { poolRoutes } from './routes-pool.ts'
import { usageRoutes } from './routes-usage.ts'
import { vmRoutes } from './routes-vm.ts'

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...hostRoutes,
  ...deviceRoutes,
  ...poolRoutes,
  ...datastoreRoutes,
  ...vmRoutes,
  ...guestRoutes,
  ...consoleRoutes,
  ...usageRoutes,
]
