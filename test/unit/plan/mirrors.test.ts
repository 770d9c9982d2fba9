// Which partitions make an array, and which of two that have gone their own ways is used.
import { describe, expect, it } from 'vitest'
import type { MirrorMember } from '../../../control/src/domain/mirror.ts'
import { planMirrors } from '../../../control/src/plan/mirrors.ts'

const member = (disk: string, part: 5 | 6, more: Partial<MirrorMember> = {}): MirrorMember => ({
  ...{ disk: `/dev/${disk}`, device: `/dev/${disk}${part}`, holds: part === 5 ? 'corbel-state' : 'corbel-data' },
  ...{ uuid: `of-${part}`, copies: 2, events: 20, ranAlone: false },
  ...more,
})
const brief = (members: readonly MirrorMember[]) =>
  planMirrors(members).map(({ devices, rejoin, diverged, missing }) => [devices.join(' '), rejoin.join(' '), diverged.join(' '), missing])

describe('an array', () => {
  it('is made of both copies, the state’s before the datastore’s', () => {
    const all = [member('vda', 6), member('vda', 5), member('vdb', 5), member('vdb', 6)]
    expect(brief(all)).toEqual([
      ['/dev/vda5 /dev/vdb5', '', '', 0],
      ['/dev/vda6 /dev/vdb6', '', '', 0],
    ])
  })

  it('takes both after a power cut between their two superblocks', () => {
    expect(brief([member('vda', 5, { events: 21 }), member('vdb', 5)])).toEqual([['/dev/vda5 /dev/vdb5', '', '', 0]])
  })

  it('starts with one where the other is nowhere', () => {
    expect(brief([member('vdb', 5, { ranAlone: true })])).toEqual([['/dev/vdb5', '', '', 1]])
    expect(brief([member('vdb', 5)])).toEqual([['/dev/vdb5', '', '', 1]])
  })

  it('gives what it lacks to one that was left out meanwhile', () => {
    const all = [member('vda', 5, { events: 40, ranAlone: true }), member('vdb', 5)]
    expect(brief(all)).toEqual([['/dev/vda5', '/dev/vdb5', '', 0]])
  })

  it('leaves alone a lost copy that comes back when another disk has taken its place', () => {
    const all = [member('vda', 5), member('vdb', 5, { events: 60 }), member('vdc', 5, { events: 60 })]
    expect(brief(all)).toEqual([['/dev/vdb5 /dev/vdc5', '', '', 0]])
  })

  it('leaves out one that another was written to without, though their counts are next to each other', () => {
    const all = [member('vda', 5, { events: 21, ranAlone: true }), member('vdb', 5)]
    expect(brief(all)).toEqual([['/dev/vda5', '/dev/vdb5', '', 0]])
  })

  it('is none together with one of another UUID', () => {
    const all = [member('vda', 5), member('vdb', 5, { uuid: 'another' })]
    expect(brief(all)).toEqual([
      ['/dev/vda5', '', '', 1],
      ['/dev/vdb5', '', '', 1],
    ])
  })
})

describe('two disks that were each written to without the other', () => {
  const split = (disk: string, part: 5 | 6, events: number) => member(disk, part, { events, ranAlone: true })

  it('are not put together: the one whose state was written to more often is used, the other left as it is', () => {
    expect(brief([split('vda', 5, 30), split('vdb', 5, 31)])).toEqual([['/dev/vdb5', '', '/dev/vda5', 0]])
  })

  it('give state and datastore from the same one', () => {
    const all = [split('vda', 5, 30), split('vdb', 5, 31), split('vda', 6, 90), split('vdb', 6, 50)]
    expect(brief(all)).toEqual([
      ['/dev/vdb5', '', '/dev/vda5', 0],
      ['/dev/vdb6', '', '/dev/vda6', 0],
    ])
  })

  it('with counts that are equal give the first of them, every time', () => {
    expect(brief([split('vdb', 5, 30), split('vda', 5, 30)])).toEqual([['/dev/vda5', '', '/dev/vdb5', 0]])
  })
})
