// VMs that come one after the other: those asked for together are admitted as those that really come singly.
import { describe, expect, it } from 'vitest'
import type { Claim } from '../../../control/src/plan/admission.ts'
import { Entrance, type Scene } from '../../../control/src/plan/entrance.ts'
import { Chance, must } from './random-hosts.ts'

describe('whatever a host has, and had before', () => {
  const chance = new Chance(11)

  function scene(): Scene {
    const before = chance.host()
    const isLess = chance.some(3) > 0
    const capacity = isLess
      ? { ...before, cores: 1 + chance.some(before.cores - 1), memoryMiB: before.memoryMiB - chance.some(1500) }
      : before
    const pools = chance.pools()
    const running: Claim[] = []
    for (let at = chance.some(3); at > 0; at--) {
      const claim = chance.claim(`r${at}`, pools)
      const come = new Entrance({ capacity, before: null, pools, running }, 'normal')
      if (come.shortages(claim).length === 0) running.push(claim)
    }
    return { capacity, before: isLess ? before : null, pools, running }
  }

  it('so many fit one after the other as are said to, each looked at anew', () => {
    let [bounded, admitted] = [0, 0]
    for (let round = 0; round < 1200; round++) {
      const { running, ...rest } = scene()
      const priority = chance.priority()
      const asked = chance.claim('asked', rest.pools)
      const fits = new Entrance({ ...rest, running }, priority).fits(asked, 12)
      const together = new Entrance({ ...rest, running }, priority)
      const taken = [...running]
      for (let count = 0; count <= fits && count < 12; count++) {
        const claim = { ...asked, id: `asked${count}` }
        const alone = new Entrance({ ...rest, running: taken }, priority).shortages(claim)
        const isFull = count === fits
        must(alone.length > 0 === isFull, () => ({ round, count, fits, claim, alone }))
        must(together.shortages(claim).length > 0 === isFull, () => ({ round, count, fits, claim }))
        if (isFull) bounded++
        else {
          together.take(claim)
          taken.push(claim)
          admitted++
        }
      }
    }
    expect(Math.min(bounded, admitted)).toBeGreaterThan(500)
  })
})
