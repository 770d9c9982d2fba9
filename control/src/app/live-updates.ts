// An update of the control plane alone takes over while VMs run on: the old one hands over, the new one shows that all is in order, else the guard brings the old one back.
import type { SlotName } from '../domain/boot-slot.ts'
import type { LiveUpdate } from '../domain/live-update.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { ServiceControl } from './services.ts'
import { missingForHealth } from './slot-health.ts'

const HOST = { kind: 'host', id: 'host' } as const
const LOOK_MS = 2_000

export interface LiveUpdates {
  /** Of everything but the control plane; an update with another one takes a restart. */
  readonly host: string
  current(): LiveUpdate | null
  /** The programs of a slot, so that they can take over. Rejects with HostFailure. */
  stage(slot: SlotName, sha256: string): Promise<string>
  /** All that runs but the guard is started again as what was staged, this program last, a moment later. What stands in the way is an event: the update is there all the same. */
  takeOver(update: { readonly slot: SlotName; readonly version: string; readonly directory: string }, by: string): void
  /** Until what took over is confirmed, or is no more. Never rejects. */
  follow(): Promise<void>
}

type Ports = Pick<AppPorts, 'controlPlane' | 'host' | 'network' | 'datastores' | 'selfTest' | 'services' | 'clock' | 'log'>

interface Parts {
  readonly services: Pick<ServiceControl, 'handOver'>
}

export function createLiveUpdates(ports: Ports, ledger: Pick<Ledger, 'write' | 'vms'>, { services }: Parts): LiveUpdates {
  const { controlPlane, clock, log } = ports
  const running = () => [...ledger.vms.values()].filter(({ process }) => process !== null).map(({ id }) => id)

  function confirmed({ version, vms }: LiveUpdate): void {
    const still = running().filter((id) => vms.includes(id)).length
    const message = `The control plane of Corbel ${version} has taken over; VMs that ran on meanwhile: ${still}.`
    log('info', message)
    ledger.write((draft) => draft.event('update.live', 'info', HOST, message))
    // It watched until now, as the one of before.
    ports.services.end('guard')
  }

  return {
    host: controlPlane.host,
    current: () => controlPlane.live(),
    stage: async (slot, sha256) => (await controlPlane.stage(slot, sha256)).directory,

    takeOver(update, by) {
      try {
        controlPlane.replace({ ...update, vms: running() })
        services.handOver(`The control plane of Corbel ${update.version} takes over while VMs run on, asked by ${by}.`)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        const message = `The control plane of Corbel ${update.version} could not take over: ${why} The update will be tried at the next restart.`
        log('error', message)
        ledger.write((draft) => draft.event('update.live-failed', 'error', HOST, message))
      }
    },

    async follow() {
      for (let words = ''; ; ) {
        const live = controlPlane.live()
        if (live === null || live.confirmed) return
        try {
          const missing = await missingForHealth(ports, ledger, live.vms)
          controlPlane.report(missing)
          if (missing.length === 0) return confirmed(live)
          if (missing.join('; ') !== words) log('info', `the control plane that took over is not confirmed yet: ${missing.join('; ')}`)
          words = missing.join('; ')
        } catch (error) {
          log('error', `the control plane that took over: ${error instanceof Error ? error.message : String(error)}`)
        }
        await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
      }
    },
  }
}
