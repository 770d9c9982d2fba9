// Numbers that look like chance and are the same in every run.

/** Of each call a whole number from 0 to below `bound` (a linear congruence). Seeds that follow one another begin far from one another. */
export function seededPick(seed: number): (bound: number) => number {
  let state = Math.imul(seed, 0x9e3779b1)
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
