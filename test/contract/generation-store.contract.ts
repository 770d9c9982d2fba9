// What the store promises of generations: numbered, listed from the newest, differing by what was changed between two of them, and bounded.
import { describe, expect, it } from 'vitest'
import type { ConfigurationChange } from '../../control/src/domain/generation.ts'
import type { Store } from '../../control/src/ports/store.ts'

const AT = '2026-01-01T00:00:00.000Z'

function change(id: string, before: unknown, after: unknown, kind: ConfigurationChange['kind'] = 'setting'): ConfigurationChange {
  return { kind, id, before, after }
}

export function generationStoreContract(make: () => Store): void {
  describe('generations', () => {
    const add = (store: Store, ...changes: ConfigurationChange[]) =>
      store.generations.append({ at: AT, by: 'anna', what: `${changes.length} things`, changes })

    it('are numbered from 1 and given back whole', () => {
      const store = make()
      const changes = [change('a', null, { x: [1] }), change('b', 'ä', null, 'user')]
      expect([add(store, ...changes), add(store)]).toEqual([1, 2])
      expect(store.generations.get(1)).toEqual({ number: 1, at: AT, by: 'anna', what: '2 things', changes })
      expect(store.generations.get(3)).toBeNull()
    })

    it('are listed from the newest, page by page', () => {
      const store = make()
      for (let count = 0; count < 3; count++) add(store, change('a', count, count + 1))
      expect(store.generations.list(null, 2)).toEqual(
        [3, 2].map((number) => ({ number, at: AT, by: 'anna', what: '1 things', changes: 1 })),
      )
      expect(store.generations.list(2, 9).map(({ number }) => number)).toEqual([1])
    })

    it('differ in each object once: by what it was at the one and what it is at the other', () => {
      const store = make()
      add(store, change('a', null, 1))
      add(store, change('a', 1, 2), change('v', null, { name: 'x' }, 'vm'))
      add(store, change('a', 2, 3))
      add(store, change('v', { name: 'x' }, null, 'vm'))
      expect(store.generations.difference(1, 3)).toEqual([change('a', 1, 3), change('v', null, { name: 'x' }, 'vm')])
      expect(store.generations.difference(1, 4)).toEqual([change('a', 1, 3), change('v', null, null, 'vm')])
      expect(store.generations.difference(4, 4)).toEqual([])
    })

    it('are the newest 1,000, and of those removed no change is left', () => {
      const store = make()
      store.atomically(() => {
        for (let count = 0; count < 1_003; count++) add(store, change('a', count, count + 1))
      })
      expect(store.generations.list(null, 2_000).map(({ number }) => number)).toEqual(
        Array.from({ length: 1_000 }, (_, index) => 1_003 - index),
      )
      expect(store.generations.get(3)).toBeNull()
      expect(store.generations.difference(0, 1_003)).toEqual([change('a', 3, 1_003)])
    })

    it('have 32 Mi characters in all, the newest however large it is', () => {
      const store = make()
      const large = 'x'.repeat(12 * 1024 * 1024)
      store.atomically(() => {
        add(store, change('a', null, large))
        add(store, change('b', null, large))
        add(store, change('c', null, large))
      })
      expect(store.generations.list(null, 9).map(({ number }) => number)).toEqual([3, 2])
    })

    it('are undone with the step that fails', () => {
      const store = make()
      const attempt = () =>
        store.atomically(() => {
          add(store, change('a', 1, 2))
          throw new Error('stop')
        })
      expect(attempt).toThrow('stop')
      expect(store.generations.list(null, 9)).toEqual([])
    })

    it('are forgotten with the configuration, and their numbers are not used again', () => {
      const store = make()
      add(store, change('a', 1, 2))
      store.forgetConfiguration([])
      expect([store.generations.list(null, 9), store.generations.difference(0, 9), add(store)]).toEqual([[], [], 2])
    })
  })
}
