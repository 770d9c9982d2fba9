// What every implementation of resource groups promises.
import { describe, expect, it } from 'vitest'
import type { ResourceGroup } from '../../control/src/domain/resource-group.ts'
import type { ResourceGroups } from '../../control/src/ports/resource-groups.ts'

export interface ResourceGroupsBench {
  readonly groups: ResourceGroups
  /** A directory that is there, all controllers handed down to it. */
  readonly top: string
  /** Null when there is no such file. */
  read(path: string): string | null
  /** Makes the group of a VM with a process in it, of a user that is not root, at 500; returns what tells how soon it is given up. */
  startIn(path: string): () => number
}

/** `make` gives groups with nothing arranged. The files used are there with any controllers, and none. */
export function resourceGroupsContract(make: () => ResourceGroupsBench): void {
  const pool = (path: string, files: Record<string, string>): ResourceGroup => ({ path, kind: 'pool', files })

  describe('groups', () => {
    it('of pools are made, one in the other, and say what they are to say', () => {
      const { groups, top, read } = make()
      const inner = `${top}/pool.a/pool.b`
      expect(
        groups.arrange([pool(`${top}/pool.a`, { 'cgroup.max.descendants': '100' }), pool(inner, { 'cgroup.max.descendants': '50' })]),
      ).toEqual([])
      expect([read(`${top}/pool.a/cgroup.max.descendants`), read(`${inner}/cgroup.max.descendants`)]).toEqual(['100', '50'])
    })

    it('change when they are arranged anew', () => {
      const { groups, top, read } = make()
      groups.arrange([pool(`${top}/pool.a`, { 'cgroup.max.descendants': '100' })])
      groups.arrange([pool(`${top}/pool.a`, { 'cgroup.max.descendants': 'max' })])
      expect(read(`${top}/pool.a/cgroup.max.descendants`)).toBe('max')
    })

    it('that are removed and come again say what they are to say', () => {
      const { groups, top, read } = make()
      const one = [pool(`${top}/pool.a`, { 'cgroup.max.descendants': '100' })]
      groups.arrange(one)
      groups.remove(`${top}/pool.a`)
      expect(read(`${top}/pool.a/cgroup.max.descendants`)).toBeNull()
      groups.remove(`${top}/pool.a`)
      expect(groups.arrange(one)).toEqual([])
      expect(read(`${top}/pool.a/cgroup.max.descendants`)).toBe('100')
    })

    it('of VMs say of their processes how soon they are given up, more or less than before', () => {
      const { groups, top, startIn } = make()
      const path = `${top}/0e5e9f1c`
      const score = startIn(path)
      for (const oomScoreAdj of [800, 200, 500]) {
        expect(groups.arrange([{ path, kind: 'vm', files: {}, oomScoreAdj }])).toEqual([])
        expect(score()).toBe(oomScoreAdj)
      }
    })

    it('tell what cannot be written, and go on with the rest', () => {
      const { groups, top, read } = make()
      const problems = groups.arrange([
        pool(`${top}/pool.a`, { 'none.max': '1', 'cgroup.max.descendants': '100' }),
        pool(`${top}/pool.b`, { 'cgroup.max.descendants': '7' }),
      ])
      expect(problems).toEqual([expect.stringContaining('pool.a/none.max')])
      expect([read(`${top}/pool.a/cgroup.max.descendants`), read(`${top}/pool.b/cgroup.max.descendants`)]).toEqual(['100', '7'])
    })
  })
}
