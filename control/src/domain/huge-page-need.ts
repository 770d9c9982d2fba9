// How many huge pages are needed where.

/** At most one for each size and node. */
export interface HugePageNeed {
  readonly sizeKiB: number
  readonly node: number
  readonly pages: number
}

export interface HugePageCount extends HugePageNeed {
  /** So many there are. */
  readonly found: number
}
