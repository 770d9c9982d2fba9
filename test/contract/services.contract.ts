// What every implementation of the programs that init keeps running promises.
import { describe, expect, it } from 'vitest'
import type { Services } from '../../control/src/ports/services.ts'

export interface ServicesBench {
  readonly services: Services
  /** Resolves when init has started the program again that was ended. */
  startedAgain(): Promise<void>
}

/** `make` gives a host whose `logd` runs, started once, or none of its programs does. */
export function servicesContract(make: (runs: boolean) => ServicesBench): void {
  describe('services', () => {
    it('that were never started have no process, and there is nothing to end', () => {
      const { services } = make(false)
      const nothing = { pid: null, startedAtSeconds: null, restarts: 0 }
      expect(services.observe('logd')).toEqual(nothing)
      services.end('logd')
      expect(services.observe('logd')).toEqual(nothing)
    })

    it('that run are told with their process', () => {
      const { services } = make(true)
      const { pid, startedAtSeconds, restarts } = services.observe('logd')
      expect(pid).toBeGreaterThan(1)
      expect(startedAtSeconds).toBeGreaterThanOrEqual(0)
      expect(restarts).toBe(0)
      expect(services.observe('logd').pid).toBe(pid)
    })

    it('that are ended are started again, as another process, and that is counted', async () => {
      const { services, startedAgain } = make(true)
      const { pid } = services.observe('logd')
      services.end('logd')
      await startedAgain()
      const again = services.observe('logd')
      expect(again.pid).toBeGreaterThan(1)
      expect(again.pid === pid).toBe(false)
      expect(again.restarts).toBe(1)
      services.end('logd')
      await startedAgain()
      expect(services.observe('logd').restarts).toBe(2)
    })
  })
}
