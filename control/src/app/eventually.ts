// Writes what has happened already and cannot be refused: tried until the store takes it (a full disk gets room again).
import type { AppPorts } from './ports.ts'

const RETRY_MS = 5_000

/** Resolves once `write` has not thrown. `what` names it in the log. */
export function eventually({ clock, log }: Pick<AppPorts, 'clock' | 'log'>, what: string, write: () => void): Promise<void> {
  return new Promise((resolve) => {
    const attempt = () => {
      try {
        write()
        resolve()
      } catch (error) {
        log('error', `${what} could not be written yet: ${String(error)}`)
        clock.after(RETRY_MS, attempt)
      }
    }
    attempt()
  })
}
