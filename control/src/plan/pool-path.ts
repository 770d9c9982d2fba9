// Which pools a pool is in. Pure.
import { ROOT_POOL } from '../domain/pool.ts'

interface Pool {
  readonly name: string
  readonly parent: string
}

/** Of each pool itself and all around it, the host's last; of one that is not there the host's alone. */
export function poolPaths(pools: readonly Pool[]): (name: string) => readonly string[] {
  const parents = new Map(pools.map(({ name, parent }) => [name, parent]))
  const known = new Map<string, readonly string[]>()
  return (name) => {
    const found = known.get(name) ?? pathFrom(name, parents)
    known.set(name, found)
    return found
  }
}

function pathFrom(name: string, parents: ReadonlyMap<string, string>): readonly string[] {
  const path: string[] = []
  for (let at: string | undefined = name; at !== undefined && parents.has(at) && !path.includes(at); at = parents.get(at)) path.push(at)
  return [...path, ROOT_POOL]
}

/** A sum for each pool with all pools inside, and for the host. */
export function sumByPool<Item>(
  items: Iterable<Item>,
  pathOf: (item: Item) => readonly string[],
  amount: (item: Item) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const item of items) for (const name of pathOf(item)) sums.set(name, (sums.get(name) ?? 0) + amount(item))
  return sums
}
