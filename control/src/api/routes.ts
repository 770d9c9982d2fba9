// Every route of the API, as data.

import type { Route } from './route.ts'
import { sessionRoutes } from './routes-access.ts'
import { accountRoutes } from './routes-accounts.ts'
import { auditRoutes } from './routes-audit.ts'
import { careRoutes } from './routes-care.ts'
import { consoleRoutes } from './routes-console.ts'
import { credentialRoutes } from './routes-credentials.ts'
import { datastoreRoutes } from './routes-datastore.ts'
import { deviceRoutes } from './routes-devices.ts'
import { generationRoutes } from './routes-generations.ts'
import { guestRoutes } from './routes-guest.ts'
import { hostRoutes } from './routes-host.ts'
import { installRoutes } from './routes-install.ts'
import { lockdownRoutes } from './routes-lockdown.ts'
import { networkRoutes } from './routes-network.ts'
import { poolRoutes } from './routes-pool.ts'
import { slotRoutes } from './routes-slots.ts'
import { syslogRoutes } from './routes-syslog.ts'
import { usageRoutes } from './routes-usage.ts'
import { vmRoutes } from './routes-vm.ts'

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...accountRoutes,
  ...credentialRoutes,
  ...hostRoutes,
  ...careRoutes,
  ...generationRoutes,
  ...slotRoutes,
  ...lockdownRoutes,
  ...installRoutes,
  ...deviceRoutes,
  ...networkRoutes,
  ...poolRoutes,
  ...datastoreRoutes,
  ...vmRoutes,
  ...guestRoutes,
  ...consoleRoutes,
  ...usageRoutes,
  ...auditRoutes,
  ...syslogRoutes,
]
