// Generations of the configuration: listed, shown, compared, and put back. They come about in the ledger, with every change.
import {
  type ConfigurationChange,
  differingFields,
  type GenerationHead,
  type GenerationView,
  type ObjectDifference,
} from '../domain/generation.ts'
import type { RestoreStep } from '../domain/restore.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Restorer, RestoreWish } from './restore.ts'

export interface Generations {
  /** The first one of a host that has none. */
  start(): void
  /** Below `before`, or the newest; latest first. */
  list(before: number | null, limit: number): readonly GenerationHead[]
  /** With what it changed. Refuses with `generation.not-found`. */
  get(number: number): GenerationView
  /** What is different in `to`, seen from `from`, whichever is the older. Refuses with `generation.not-found`. */
  compare(from: number, to: number): readonly ObjectDifference[]
  /** Refuses with `generation.not-found`, `generation.same`, and what a restore refuses with. */
  restore(number: number, wish: RestoreWish): Promise<readonly RestoreStep[]>
}

export function createGenerations({ store, clock }: Pick<AppPorts, 'store' | 'clock'>, restorer: Restorer): Generations {
  const { generations } = store
  const newest = () => generations.list(null, 1)[0]?.number ?? 0

  function find(number: number): GenerationHead {
    const [found] = generations.list(number + 1, 1)
    if (found?.number === number) return found
    throw new Refusal('not-found', 'generation.not-found', `There is no generation ${number}, or none any more.`)
  }

  return {
    start() {
      if (newest() > 0) return
      const first = { at: clock.now(), by: 'host', what: 'The configuration as it was found; changes are kept from here on.', changes: [] }
      store.atomically(() => store.generations.append(first))
    },

    list: (before, limit) => generations.list(before, limit),

    get(number) {
      const head = find(number)
      return { ...head, objects: (generations.get(number)?.changes ?? []).map(describe) }
    },

    compare(from, to) {
      find(from)
      find(to)
      const changes = generations.difference(Math.min(from, to), Math.max(from, to))
      const turned = from <= to ? changes : changes.map((change) => ({ ...change, before: change.after, after: change.before }))
      return turned.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after)).map(describe)
    },

    async restore(number, wish) {
      const { what } = find(number)
      const items = () =>
        generations.difference(number, newest()).map(({ kind, id, before, after }) => ({ kind, id, wanted: before, now: after }))
      if (items().every(({ now, wanted }) => JSON.stringify(now) === JSON.stringify(wanted))) {
        throw new Refusal('conflict', 'generation.same', `The configuration is the same as in generation ${number}.`)
      }
      return restorer.restore(
        items,
        { code: 'host.configuration-restored', what: `Generation ${number} was restored (${what.slice(0, 200)})` },
        wish,
      )
    },
  }
}

function describe({ kind, id, before, after }: ConfigurationChange): ObjectDifference {
  const { name } = (after ?? before ?? {}) as { readonly name?: unknown }
  const action = before === null ? 'added' : after === null ? 'removed' : 'changed'
  return { kind, id, name: kind === 'vm' && typeof name === 'string' ? name : id, action, fields: differingFields(before, after) }
}
