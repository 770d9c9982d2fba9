// Numbers that look like chance and are the same in every run.

/**
 * Every bit of the seed moves every bit of what comes of it: multiplied alone, seeds that follow one another would begin in even steps.
 * @source MurmurHash3, the last step of its 32-bit variant (fmix32)
 */
function mixed(seed: number): number {
  const once = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

/** Of each call a whole number from 0 to below `bound` (a linear congruence). */
export function seededPick(seed: number): (bound: number) => number {
  let state = mixed(seed)
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
