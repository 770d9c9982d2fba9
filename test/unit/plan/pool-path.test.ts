// Which pools a pool is in, and sums along the way.
import { describe, expect, it } from 'vitest'
import { poolPaths, sumByPool } from '../../../control/src/plan/pool-path.ts'

const POOLS = [
  { name: 'a', parent: 'host' },
  { name: 'b', parent: 'a' },
  { name: 'lost', parent: 'gone' },
]

describe('a pool', () => {
  it.each([
    ['b', ['b', 'a', 'host']],
    ['host', ['host']],
    ['lost', ['lost', 'host']],
    ['nowhere', ['host']],
  ])('%s is in those around it, the host’s last', (name, path) => {
    expect(poolPaths(POOLS)(name)).toEqual(path)
  })

  it('has the sum of all inside', () => {
    const pathOf = poolPaths(POOLS)
    const sums = sumByPool(['a', 'b', 'b', 'host'], pathOf, (name) => name.length)
    expect([...sums]).toEqual([
      ['a', 3],
      ['host', 7],
      ['b', 2],
    ])
  })
})
