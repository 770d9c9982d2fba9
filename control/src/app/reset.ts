// Resets: of the configuration, while VMs go on; of all but the datastores, or of everything, with the next start of the host. And a broken state partition made anew.
import type { Task } from '../domain/task.ts'
import type { ResetScope } from '../ports/state-care.ts'
import type { HostPower } from './host-power.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { ServiceControl } from './services.ts'

/** Of VMs, pools and the machine. A setting that is not here is forgotten. */
const KEPT_SETTINGS = ['autostart', 'deleted-vms', 'machine', 'pools', 'resources', 'virtualFunctions'] as const

/** All refuse with `reset.hostname.differs`. */
export interface Reset {
  /** Durable when it returns; the management services are started again a moment later. */
  configuration(hostname: string, by: string): void
  /** VMs are shut down, and the host is restarted without what it forgets. Refuses with `reset.volatile` and `host.going-down`. */
  factory(hostname: string, scope: ResetScope, by: string): Task
  /** VMs are shut down, the partition is made anew, and the host restarted. Refuses with `state.not-broken` and `host.going-down`; the task fails with `state.no-room`. */
  renewState(hostname: string, keep: boolean, by: string): Task
}

const HOST = { kind: 'host', id: 'host' } as const

export function createReset(
  { host, stateCare }: Pick<AppPorts, 'host' | 'stateCare'>,
  ledger: Pick<Ledger, 'write'>,
  services: Pick<ServiceControl, 'restartAll'>,
  hostPower: Pick<HostPower, 'restartAfter'>,
): Reset {
  function requireMeant(hostname: string): void {
    if (hostname === host.observeStatus().hostname) return
    throw invalid([{ code: 'reset.hostname.differs', field: 'hostname', message: 'must be the hostname of this host', got: hostname }])
  }

  return {
    configuration(hostname, by) {
      requireMeant(hostname)
      ledger.write((draft) => {
        draft.forgetConfiguration(KEPT_SETTINGS)
        draft.event('host.configuration-reset', 'warning', HOST, `Users, network and other settings were forgotten, asked by ${by}.`)
      }, by)
      services.restartAll(by)
    },

    factory(hostname, scope, by) {
      requireMeant(hostname)
      if (host.bootOutcome.state === 'volatile') {
        throw new Refusal('conflict', 'reset.volatile', 'The state is in memory: it is forgotten when the host restarts.')
      }
      return hostPower.restartAfter(
        by,
        async () => stateCare.order(scope),
        () => stateCare.order(null),
      )
    },

    renewState(hostname, keep, by) {
      requireMeant(hostname)
      const { brokenState } = host.bootOutcome
      if (brokenState === null) throw new Refusal('conflict', 'state.not-broken', 'There is no state partition that could not be mended.')
      return hostPower.restartAfter(by, () => stateCare.renew(brokenState, keep))
    },
  }
}
