// What everything that fills a system slot promises, and what is left for the next boot.
import { describe, expect, it } from 'vitest'
import type { GuardNote, SlotName, SlotTrial } from '../../control/src/domain/boot-slot.ts'
import type { BootSlots, SignedManifest } from '../../control/src/ports/boot-slots.ts'

/** What comes by the offered descriptor: an update of 0.2.0, anything else, or an update of which the last byte does not come. */
type Comes = 'update' | 'other' | 'held'

export interface SlotUpdateBench {
  readonly slots: BootSlots
  /** To be offered the descriptor; counts how often it was. */
  readonly offer: (descriptor: number) => void
  readonly offered: () => number
  /** Of what comes behind the header. */
  readonly payload: { readonly bytes: number; readonly sha256: string }
  /** A bit of the root image of a slot of `/dev/vda` flips. */
  damage(slot: SlotName): void
  /** As an earlier boot does. */
  leave(trial: SlotTrial): void
  guardNote(): GuardNote | null
}

const TRIAL: SlotTrial = { slot: 'b', version: '0.2.0', reason: null }
const NOTES: readonly GuardNote[] = [
  { trying: true, confirmed: false, missing: ['The API does not answer.'] },
  { trying: false, confirmed: true, missing: [] },
]

class Request {
  requested = false
  #handler = () => {}

  onRequest(handler: () => void): void {
    this.#handler = handler
    if (this.requested) handler()
  }

  make(): void {
    this.requested = true
    this.#handler()
  }
}

/** `make` gives an installed disk that was booted from slot a. */
export function slotUpdatesContract(make: (comes: Comes) => SlotUpdateBench): void {
  const following = () => {
    const percents: number[] = []
    return { percents, cancellation: new Request(), progress: (percent: number) => void percents.push(percent) }
  }
  const versionOf = async ({ slots }: SlotUpdateBench) => (await slots.read())?.versions.b
  const cancelled = { code: 'update.cancelled' }

  describe('filling a slot', () => {
    it('shows the header, and with leave to do so puts what follows into the slot', async () => {
      const bench = make('update')
      const seen: (SignedManifest | null)[] = []
      const { percents, ...rest } = following()
      const allow = (manifest: SignedManifest | null) => {
        seen.push(manifest)
        expect(bench.offered()).toBe(1)
        return Promise.resolve(bench.payload)
      }
      await bench.slots.fill('b', bench.offer, allow, rest)
      expect(bench.offered()).toBe(1)
      expect(seen).toHaveLength(1)
      expect(JSON.parse(seen[0]?.text ?? '')).toMatchObject({ version: '0.2.0' })
      expect(seen[0]?.bytes.length).toBe(seen[0]?.text.length)
      expect(await versionOf(bench)).toBe('0.2.0')
      expect(percents.length).toBeGreaterThan(0)
      expect(percents).toEqual([...percents].sort((x, y) => x - y))
      expect(percents.every((percent) => percent >= 0 && percent <= 100)).toBe(true)
    })

    it('ends with the refusal of who decides, and writes nothing then', async () => {
      const bench = make('other')
      const refusal = new Error('not that')
      const allow = (manifest: SignedManifest | null) => {
        expect(manifest).toBeNull()
        return Promise.reject(refusal)
      }
      await expect(bench.slots.fill('b', bench.offer, allow, following())).rejects.toBe(refusal)
      expect(await versionOf(bench)).toBeNull()
    })

    it('ends when it is cancelled in the middle', async () => {
      const bench = make('held')
      const { cancellation } = following()
      const progress = () => cancellation.make()
      const filling = bench.slots.fill('b', bench.offer, () => Promise.resolve(bench.payload), { progress, cancellation })
      await expect(filling).rejects.toMatchObject(cancelled)
    })

    it('ends when it is cancelled before it is decided, however that is', async () => {
      const bench = make('update')
      const { cancellation, progress } = following()
      const undecided = () => {
        cancellation.make()
        return new Promise<never>(() => {})
      }
      await expect(bench.slots.fill('b', bench.offer, undecided, { progress, cancellation })).rejects.toMatchObject(cancelled)
      expect(await versionOf(bench)).toBeNull()
    })

    it('writes nothing when it was cancelled before it began', async () => {
      const bench = make('update')
      const { cancellation, progress } = following()
      cancellation.make()
      const filling = bench.slots.fill('b', bench.offer, () => Promise.resolve(bench.payload), { progress, cancellation })
      await expect(filling).rejects.toMatchObject(cancelled)
      expect(await versionOf(bench)).toBeNull()
    })
  })

  describe('a trial', () => {
    it('is what was left behind, until it is forgotten', () => {
      const { slots, leave } = make('update')
      expect(slots.trial()).toBeNull()
      slots.forgetTrial()
      leave(TRIAL)
      expect(slots.trial()).toEqual(TRIAL)
      expect(slots.trial()).toEqual(TRIAL)
      slots.forgetTrial()
      expect(slots.trial()).toBeNull()
      slots.forgetTrial()
    })
  })

  it('nothing is copied to a disk that is none of the system’s, nor over what runs', async () => {
    const { slots } = make('update')
    for (const disk of ['/dev/vda', '/dev/vdb'])
      await expect(slots.copy('a', '/dev/vda', disk)).rejects.toMatchObject({ code: 'slots.not-installed' })
  })

  it('a slot is whole until a file of it is not as it was written', async () => {
    const { slots, damage } = make('update')
    expect(await slots.check('a', '/dev/vda')).toEqual([])
    damage('a')
    expect(await slots.check('a', '/dev/vda')).toEqual(['corbel/root.img'])
    await expect(slots.check('a', '/dev/vdb')).rejects.toMatchObject({ code: 'slots.not-installed' })
  })

  it('the guard goes by what it was told last', () => {
    const { slots, guardNote } = make('update')
    expect(guardNote()).toBeNull()
    for (const note of NOTES) {
      slots.tellGuard(note)
      expect(guardNote()).toEqual(note)
    }
  })
}
