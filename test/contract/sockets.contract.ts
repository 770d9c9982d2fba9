// What every implementation of sockets that can be taken back promises.
import { describe, expect, it } from 'vitest'
import type { HeldSocket } from '../../control/src/ports/sockets.ts'

export interface HeldBench {
  readonly held: HeldSocket
  /** Of what was given away. */
  clientCloses(): void
  /** Whether whoever has it has been told of its end by now. */
  isClosed(): Promise<boolean>
  /** Until all that was closed has been heard of. */
  settle(): Promise<void>
}

export function socketsContract(make: () => HeldBench): void {
  const setup = () => {
    const bench = make()
    const calls = { number: 0 }
    bench.held.onClose(() => void calls.number++)
    return { ...bench, calls }
  }

  describe('a held socket', () => {
    it('is open until it is closed under whoever has it, of which nobody is told here', async () => {
      const { held, isClosed, settle, calls } = setup()
      expect(await isClosed()).toBe(false)
      held.close()
      await settle()
      expect(await isClosed()).toBe(true)
      expect(calls.number).toBe(0)
    })

    it('tells once that its client has closed it', async () => {
      const { clientCloses, isClosed, settle, calls } = setup()
      clientCloses()
      await settle()
      expect([calls.number, await isClosed()]).toEqual([1, true])
    })

    it('can be closed again, and after its client', async () => {
      const { held, clientCloses, settle, calls } = setup()
      clientCloses()
      await settle()
      held.close()
      held.close()
      await settle()
      expect(calls.number).toBe(1)
    })

    it('says nothing of a client that closes what was closed under it', async () => {
      const { held, clientCloses, settle, calls } = setup()
      held.close()
      clientCloses()
      await settle()
      expect(calls.number).toBe(0)
    })
  })
}
