// What every implementation of support's tools promises of a bundle.
import { describe, expect, it } from 'vitest'
import type { SupportTools } from '../../control/src/ports/support.ts'

/** `make` gives a host without sticks, on which nothing was packed. */
export function supportContract(make: () => SupportTools): void {
  describe('a support bundle', () => {
    it('is none before one is packed', () => expect(make().read()).toBeNull())

    it('is the one packed last, of the size that was told', async () => {
      const support = make()
      const size = await support.pack([{ name: 'host/one.txt', text: 'one\n' }])
      expect(size).toBeGreaterThan(0)
      expect(support.read()?.length).toBe(size)
      const first = support.read()
      const other = await support.pack([{ name: 'host/two.txt', text: '0123456789abcdef\n'.repeat(100) }])
      expect(support.read()?.length).toBe(other)
      expect(support.read()).not.toEqual(first)
    })

    it('has what the machine says of itself, each under a name of its own', async () => {
      const entries = await make().observe()
      const names = entries.map(({ name }) => name)
      expect(names).toContain('host/proc/version')
      expect(names.length).toBe(new Set(names).size)
      expect(entries.find(({ name }) => name === 'host/proc/version')?.text).toMatch(/^Linux/)
    })

    it('is not written to a stick that is not there', async () => {
      const support = make()
      await support.pack([{ name: 'host/one.txt', text: 'one\n' }])
      expect(await support.media()).toEqual([])
      await expect(support.write('sdx9', 'bundle.tar.gz')).rejects.toMatchObject({ name: 'HostFailure', code: 'support.medium-failed' })
    })
  })
}
