// Where generations of the configuration are kept: appended, and removed from their oldest end. Part of the store, and of its transactions.
import type { ConfigurationChange, Generation, GenerationHead } from '../domain/generation.ts'

/** Whichever is reached first; the newest is kept in any case. */
export const GENERATIONS_KEPT = 1_000
export const GENERATION_CHARACTERS_KEPT = 32 * 1024 * 1024

export interface GenerationStore {
  /** Numbers it, and removes the oldest beyond the limits. */
  append(made: Omit<Generation, 'number'>): number
  get(number: number): Generation | null
  /** Below `before`, or the newest; latest first. */
  list(before: number | null, limit: number): readonly GenerationHead[]
  /** Every object that was changed after generation `from` and up to `to`: as it was at the one and at the other. By kind and id; some may be the same at both. */
  difference(from: number, to: number): readonly ConfigurationChange[]
}
