// Of what takes many boots `make test` runs a few, and `make e2e` all.

/** The rows at these places; all of them when `CORBEL_E2E` is set. */
export function sample<Row>(rows: readonly Row[], ...places: readonly number[]): readonly Row[] {
  return process.env.CORBEL_E2E === undefined ? places.flatMap((at) => rows.slice(at, at + 1)) : rows
}

/** Of a case that stands for itself: left to `make e2e`. */
export const leftToE2e = process.env.CORBEL_E2E === undefined
