// Generations in memory, with the promises of the real ones.
import type { ConfigurationChange, Generation, GenerationHead } from '../../control/src/domain/generation.ts'
import { GENERATION_CHARACTERS_KEPT, GENERATIONS_KEPT, type GenerationStore } from '../../control/src/ports/generation-store.ts'

export class FakeGenerationStore implements GenerationStore {
  #kept: Generation[] = []
  #last = 0
  readonly #write: () => void

  /** `write` is called before each change, and may throw. */
  constructor(write: () => void) {
    this.#write = write
  }

  append(made: Omit<Generation, 'number'>): number {
    this.#write()
    this.#last++
    this.#kept.push(JSON.parse(JSON.stringify({ number: this.#last, ...made })) as Generation)
    while (this.#kept.length > 1 && (this.#kept.length > GENERATIONS_KEPT || this.#characters() > GENERATION_CHARACTERS_KEPT))
      this.#kept.shift()
    return this.#last
  }

  get(number: number): Generation | null {
    const found = this.#kept.find((one) => one.number === number)
    return found === undefined ? null : { ...found, changes: [...found.changes].sort(byKey) }
  }

  list(before: number | null, limit: number): readonly GenerationHead[] {
    const older = this.#kept.filter(({ number }) => before === null || number < before)
    return older
      .reverse()
      .slice(0, limit)
      .map(({ changes, ...head }) => ({ ...head, changes: changes.length }))
  }

  difference(from: number, to: number): readonly ConfigurationChange[] {
    const found = new Map<string, ConfigurationChange>()
    for (const { number, changes } of this.#kept) {
      if (number <= from || number > to) continue
      for (const change of changes) {
        const key = `${change.kind} ${change.id}`
        found.set(key, { ...change, before: (found.get(key) ?? change).before })
      }
    }
    return [...found.values()].sort(byKey)
  }

  clear(): void {
    this.#kept = []
  }

  save(): () => void {
    const [kept, last] = [[...this.#kept], this.#last]
    return () => {
      this.#kept = kept
      // As with AUTOINCREMENT, a number that was rolled back is used again.
      this.#last = last
    }
  }

  #characters(): number {
    const sizes = this.#kept.flatMap(({ changes }) =>
      changes.map(({ kind, id, before, after }) => kind.length + id.length + JSON.stringify(before).length + JSON.stringify(after).length),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}

function byKey(a: ConfigurationChange, b: ConfigurationChange): number {
  const [left, right] = [`${a.kind} ${a.id}`, `${b.kind} ${b.id}`]
  return left < right ? -1 : 1
}
