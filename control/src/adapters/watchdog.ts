// The hardware watchdog: restarts the machine unless it is fed. It was armed before this program was there, and stays armed when it ends.
import { open } from 'hv:copy'
import { openFd, statOrNull } from 'hv:fs'
import { isNativeError } from './host-failure.ts'

export interface Watchdog {
  feed(): void
}

/** Null where the machine has none, or somebody else holds it. @source Documentation/watchdog/watchdog-api.rst */
export function openWatchdog(device: string): Watchdog | null {
  if (statOrNull(device) === null) return null
  try {
    const target = openFd(device, 'w')
    // Any byte is food but `V`, which is a farewell.
    const copy = open(openFd('/dev/zero', 'r'), target)
    return {
      feed() {
        try {
          copy.step(1)
        } catch (error) {
          // Written is all that it has to be; a watchdog has nothing that could be flushed.
          if (!isNativeError(error) || error.code !== 'EINVAL') throw error
        }
      },
    }
  } catch {
    return null
  }
}
