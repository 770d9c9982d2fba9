// Waits a while, or until the program is interrupted.
import { setTimeout as delay } from 'node:timers/promises'

/** Rejects with the signal's reason. */
export async function pause(milliseconds: number, interrupted: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal: interrupted })
  } catch {
    throw interrupted.reason
  }
}
