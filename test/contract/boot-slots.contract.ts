// What every implementation of the boot environment of system slots promises.
import { describe, expect, it } from 'vitest'
import type { BootEnvironment, BootSlotsSeen } from '../../control/src/domain/boot-slot.ts'

export interface BootSlotsBench {
  read(): Promise<BootSlotsSeen | null>
  write(environment: BootEnvironment): Promise<void>
}

/** `make` gives a disk as after an installation of 0.1.0, booted from slot a; without one it gives none. */
export function bootSlotsContract(make: (installed: boolean) => BootSlotsBench): void {
  describe('the boot environment', () => {
    it('says which slot runs, what is in each, and what the loader goes by', async () => {
      expect(await make(true).read()).toMatchObject({
        environment: { order: ['a', 'b'], slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'empty', tries: 0 } }, once: null },
        ...{ running: 'a', disk: '/dev/vda', versions: { a: '0.1.0', b: null }, others: [] },
      })
    })

    it('is read as it was written', async () => {
      const bench = make(true)
      const environment: BootEnvironment = {
        ...{ order: ['b', 'a'], once: 'a' },
        slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'trying', tries: 2 } },
      }
      await bench.write(environment)
      expect((await bench.read())?.environment).toEqual(environment)
    })

    it('is none where the system runs from its medium, and is not written there', async () => {
      const bench = make(false)
      expect(await bench.read()).toBeNull()
      await expect(
        bench.write({ order: ['a', 'b'], slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'empty', tries: 0 } }, once: null }),
      ).rejects.toMatchObject({ code: 'slots.not-installed' })
    })
  })
}
