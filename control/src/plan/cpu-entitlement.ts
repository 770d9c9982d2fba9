// How the CPUs of a pool are divided among what is in it when everybody wants as much as there is. Pure.

export interface Contender {
  /** Cores that are promised. */
  readonly reservation: number
  /** Cores that it can use at most. */
  readonly most: number
  readonly shares: number
}

/**
 * Cores for each, in the order given: what is reserved, and of the rest in proportion to shares, but to nobody more than it can use. Where more is reserved
 * than there is, which admission does not let happen, everybody gets the same part of it.
 */
export function entitle(cores: number, contenders: readonly Contender[]): readonly number[] {
  const entitled = contenders.map(({ reservation, most }) => Math.min(reservation, most))
  const reserved = sum(entitled)
  if (reserved >= cores) return entitled.map((value) => (reserved === 0 ? 0 : (value * cores) / reserved))
  let rest = cores - reserved
  let wanting = contenders.map((_, index) => index).filter((index) => room(index) > 0)

  function room(index: number): number {
    return (contenders[index]?.most ?? 0) - (entitled[index] ?? 0)
  }

  // Each round satisfies somebody for good, or divides all that is left.
  while (rest > 0 && wanting.length > 0) {
    const perShare = rest / sum(wanting.map((index) => contenders[index]?.shares ?? 0))
    const satisfied = wanting.filter((index) => room(index) <= perShare * (contenders[index]?.shares ?? 0))
    const isDone = new Set(satisfied)
    for (const index of satisfied.length > 0 ? satisfied : wanting) {
      const given = satisfied.length > 0 ? room(index) : perShare * (contenders[index]?.shares ?? 0)
      entitled[index] = (entitled[index] ?? 0) + given
      rest -= given
    }
    wanting = satisfied.length > 0 ? wanting.filter((index) => !isDone.has(index)) : []
  }
  return entitled
}

/** Of a cgroup: the kernel divides a contended CPU by them. @source Linux Documentation/admin-guide/cgroup-v2.rst, cpu.weight */
const MAX_WEIGHT = 10_000

/** In proportion to what each is entitled to; the smallest weight, 1, is as little as the kernel can give. */
export function weightsOf(entitled: readonly number[]): readonly number[] {
  const largest = Math.max(...entitled, Number.MIN_VALUE)
  return entitled.map((cores) => Math.max(1, Math.round((cores / largest) * MAX_WEIGHT)))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
