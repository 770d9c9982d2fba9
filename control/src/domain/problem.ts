// What is wrong with an input, as data: shared by validation, admission, the API and the console.

/** One broken rule. `code` is stable and dotted; `field` is a path such as `disks[0].file`, empty for the whole document. */
export interface Problem {
  readonly code: string
  readonly field: string
  /** A sentence for people that names the field's rule; it never holds a secret. */
  readonly message: string
  readonly got?: string | number | boolean | null
  readonly min?: number
  readonly max?: number
  readonly allowed?: readonly string[]
}

/** A value, or every problem that was found; never both, never none. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] }
