// What putting a configuration back would do, object by object: shown before it is done.
import type { ConfigurationKind, FieldDifference } from './generation.ts'

/** An object as it is and as it is to be; null where it is not there. */
export interface RestoreItem {
  readonly kind: ConfigurationKind
  readonly id: string
  readonly now: unknown
  readonly wanted: unknown
}

export const RESTORE_ACTIONS = ['add', 'change', 'remove', 'keep'] as const

export interface RestoreStep {
  readonly kind: ConfigurationKind
  readonly id: string
  /** Of a VM its name, else the id. */
  readonly name: string
  /** `keep`: it stays as it is, and `note` says why. */
  readonly action: (typeof RESTORE_ACTIONS)[number]
  /** What is to be known of it, or null. */
  readonly note: string | null
  /** From how it is now to how it is to be; secrets left out. */
  readonly fields: readonly FieldDifference[]
}
