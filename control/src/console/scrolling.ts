// Where a page of lines stands after a key that scrolls.
export interface Scrolled {
  /** Index of the first line that is seen. */
  readonly top: number
  /** That are seen at once. */
  readonly rows: number
  /** That there are. */
  readonly lines: number
}

/** The first line to be seen from now on, so that as many as fit are; the same for a key that does not scroll. */
export function topAfter(name: string | null, { top, rows, lines }: Scrolled): number {
  const last = Math.max(0, lines - rows)
  const to: Readonly<Record<string, number>> = {
    up: top - 1,
    down: top + 1,
    'page-up': top - rows + 1,
    'page-down': top + rows - 1,
    home: 0,
    end: last,
  }
  return Math.max(0, Math.min(last, (name === null ? undefined : to[name]) ?? top))
}
