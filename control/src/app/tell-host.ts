// An event about the host that must not keep anything else from going on; where it cannot be written, the log has to do.
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export function tellHost(ledger: Pick<Ledger, 'write'>, log: AppPorts['log'], code: string, message: string): void {
  log('error', message)
  try {
    ledger.write((draft) => draft.event(code, 'error', { kind: 'host', id: 'host' }, message))
  } catch (error) {
    log('error', `${code} could not be told: ${String(error)}`)
  }
}
