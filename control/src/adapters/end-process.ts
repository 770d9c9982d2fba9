// Ends what was started here.
import type { Process } from 'hv:process'

const SIGKILL = 9

/** At once, whether it still runs or not. */
export function endProcess(running: Process): void {
  try {
    running.kill(SIGKILL)
  } catch {
    // ESRCH: it has ended.
  }
}
