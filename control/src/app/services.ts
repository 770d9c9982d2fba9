// The programs of the control plane: how they do, and starting one or all of them again. VMs are none of them and are never touched.
import { SERVICE_NAMES, SERVICE_WORDS, type Service, type ServiceName } from '../domain/service.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** So that whoever asked hears the answer before gateway or control daemon end. */
const ANSWER_FIRST_MS = 500

export interface ServiceControl {
  list(): readonly Service[]
  /** Refuses with `service.unknown`. What was asked is on disk when it returns; it happens a moment later. */
  restart(name: string, by: string): void
  restartAll(by: string): void
  /** All but the guard, which watches over what comes. */
  handOver(message: string): void
}

export function createServiceControl(
  { services, clock, log }: Pick<AppPorts, 'services' | 'clock' | 'log'>,
  ledger: Ledger,
): ServiceControl {
  function observe(name: ServiceName): Service {
    const { pid, startedAtSeconds, restarts } = services.observe(name)
    const upForSeconds =
      pid === null || startedAtSeconds === null ? null : Math.max(0, Math.floor(clock.monotonicMs() / 1000) - startedAtSeconds)
    return { name, description: SERVICE_WORDS[name], pid, upForSeconds, restarts }
  }

  function end(names: readonly ServiceName[], code: string, message: string): void {
    ledger.write((draft) => draft.event(code, 'info', { kind: 'host', id: 'host' }, message))
    clock.after(ANSWER_FIRST_MS, () => {
      // The one that does it comes last.
      for (const name of [...names].sort((a, b) => Number(a === 'controld') - Number(b === 'controld'))) {
        try {
          services.end(name)
        } catch (error) {
          log('error', `${name} could not be ended: ${String(error)}`)
        }
      }
    })
  }

  return {
    list: () => SERVICE_NAMES.map(observe),
    restart(name, by) {
      const known = SERVICE_NAMES.find((candidate) => candidate === name)
      if (known === undefined) throw new Refusal('not-found', 'service.unknown', `There is no service ${name}.`)
      end([known], 'host.service-restarted', `The service ${known} was started again, asked by ${by}.`)
    },
    handOver: (message) =>
      end(
        SERVICE_NAMES.filter((name) => name !== 'guard'),
        'update.takes-over',
        message,
      ),
    restartAll: (by) => end(SERVICE_NAMES, 'host.services-restarted', `All management services were started again, asked by ${by}.`),
  }
}
