// Every route about VMs × everybody × a VM of one's own and a foreign one: let in or not as it is written down a second time.
import { beforeAll, describe, expect, it } from 'vitest'
import { cases, expected, type Matrix, openWorld, seen } from './matrix.ts'

describe('a route', () => {
  let matrix: Matrix
  beforeAll(async () => {
    matrix = await openWorld()
  })

  it.each(cases(/^\w+ \/v1\/vms/))('%s lets in whom it should, and nobody else', async (_what, name, side) => {
    expect(await seen(matrix, name, side)).toEqual(expected(name, side))
  })
})
