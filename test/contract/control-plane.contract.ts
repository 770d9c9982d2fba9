// What every implementation of the control plane's programs promises.
import { describe, expect, it } from 'vitest'
import type { LiveUpdate } from '../../control/src/domain/live-update.ts'
import type { ControlPlane } from '../../control/src/ports/control-plane.ts'

export interface ControlPlaneBench {
  readonly controlPlane: ControlPlane
  /** Of the programs in slot b. */
  readonly sha256: string
  /** The directory that a program is started from now. */
  programs(): string
  /** Directories that were staged and are there. */
  staged(): readonly string[]
  /** As the guard does. */
  undo(live: LiveUpdate): void
}

/** `make` gives a host that runs the programs of its image. */
export function controlPlaneContract(make: () => ControlPlaneBench): void {
  describe('the control plane', () => {
    it('is the image’s until something else takes over', async () => {
      const { controlPlane, sha256, programs, staged } = make()
      const own = programs()
      expect(controlPlane.host).toMatch(/^[0-9a-f]{64}$/)
      expect(controlPlane.live()).toBeNull()
      const { directory } = await controlPlane.stage('b', sha256)
      expect([programs(), staged(), controlPlane.live()]).toEqual([own, [directory], null])
    })

    it('of a slot is not taken where it is another than what was signed', async () => {
      const { controlPlane, staged } = make()
      await expect(controlPlane.stage('b', '00'.repeat(32))).rejects.toMatchObject({ name: 'HostFailure', code: 'update.programs' })
      expect(staged()).toEqual([])
    })

    it('that takes over is what is started, with what it has still to show, until the one before comes back', async () => {
      const { controlPlane, sha256, programs, undo } = make()
      const own = programs()
      const { directory } = await controlPlane.stage('b', sha256)
      controlPlane.replace({ slot: 'b', version: '0.2.0', directory, vms: ['v1'] })
      expect(programs()).toBe(directory)
      controlPlane.report(['no address'])
      const live = controlPlane.live()
      expect(live).toMatchObject({
        slot: 'b',
        version: '0.2.0',
        directory,
        before: own,
        vms: ['v1'],
        missing: ['no address'],
        confirmed: false,
      })
      if (live !== null) undo(live)
      expect([programs(), controlPlane.live()]).toEqual([own, null])
    })

    it('that is confirmed stays, alone, and gives way to the next', async () => {
      const { controlPlane, sha256, programs, staged } = make()
      const take = async () => {
        const { directory } = await controlPlane.stage('b', sha256)
        controlPlane.replace({ slot: 'b', version: '0.2.0', directory, vms: [] })
        return directory
      }
      const first = await take()
      controlPlane.report([])
      expect(controlPlane.live()).toMatchObject({ directory: first, missing: [], confirmed: true })
      const second = await take()
      expect(second === first).toBe(false)
      expect(controlPlane.live()).toMatchObject({ before: first, confirmed: false })
      expect([...staged()].sort()).toEqual([first, second].sort())
      controlPlane.report([])
      expect([programs(), staged()]).toEqual([second, [second]])
    })

    it('reports nothing where nothing has taken over', () => {
      const { controlPlane, programs } = make()
      const own = programs()
      controlPlane.report([])
      expect([programs(), controlPlane.live()]).toEqual([own, null])
    })
  })
}
