// Gives devices their slots: one that was there keeps its own, so that its address stays whatever is added or removed beside it.

interface Slotted {
  readonly slot?: number | undefined
}

/**
 * Each of `wanted` with a slot below `count`: the one it names; else that of the earlier device that `same` takes it for; else the lowest that is free.
 * `wanted` has at most `count` devices, and names no slot twice.
 */
export function assignSlots<Wanted extends Slotted, Earlier extends { readonly slot: number }>(
  wanted: readonly Wanted[],
  earlier: readonly Earlier[],
  count: number,
  same: (wanted: Wanted, earlier: Earlier, position: number) => boolean,
): (Wanted & { readonly slot: number })[] {
  const taken = new Set(wanted.flatMap(({ slot }) => slot ?? []))
  const kept = wanted.map((device, position) => {
    if (device.slot !== undefined) return device.slot
    const before = earlier.find((candidate) => !taken.has(candidate.slot) && same(device, candidate, position))
    if (before !== undefined) taken.add(before.slot)
    return before?.slot
  })
  const free = Array.from({ length: count }, (_, slot) => slot).filter((slot) => !taken.has(slot))
  return wanted.map((device, position) => {
    const slot = kept[position] ?? free.shift()
    if (slot === undefined) throw new RangeError(`more than ${count} devices`)
    return { ...device, slot }
  })
}
