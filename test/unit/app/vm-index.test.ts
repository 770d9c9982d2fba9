// Who has a name, an address, a uid or a file, as VMs come, change and go.
import { beforeEach, describe, expect, it } from 'vitest'
import { createVmIndex, type KeptVmIndex } from '../../../control/src/app/vm-index.ts'
import type { VmRecord } from '../../../control/src/ports/store.ts'
import { spec } from '../../fakes/spec.ts'

const MACS = { a: '52:54:00:00:00:0a', b: '52:54:00:00:00:0b' } as const
const specOf = (id: 'a' | 'b', files: readonly string[]) =>
  spec(id, {
    ...{ name: `vm-${id}`, nics: [{ network: 'nat', mac: MACS[id] }] },
    disks: files.map((file) => ({ datastore: 'local', file, format: 'raw' })),
  })

function record(id: 'a' | 'b', files: readonly string[], rest: Partial<VmRecord> = {}): VmRecord {
  return {
    ...{ id, revision: 1, uid: id === 'a' ? 20_000 : 20_001, spec: specOf(id, files), process: null, startedAt: null, startedSpec: null },
    ...{ bootMemoryMiB: null, changingTo: null, suspended: null, restarts: [], lastExit: null, ...rest },
  }
}

describe('the index of VMs', () => {
  let vms: Map<string, VmRecord>
  let index: KeptVmIndex
  const put = (one: VmRecord) => {
    vms.set(one.id, one)
    index.put(one)
  }
  const sharing = (...files: string[]) => index.sharing(specOf('a', files)).map(({ id }) => id)

  beforeEach(() => {
    vms = new Map([['a', record('a', ['1'])]])
    index = createVmIndex(vms)
    put(record('b', ['2', '3']))
  })

  it('tells of others only, of those that were there first as well', () => {
    expect([index.otherNamed('b', 'vm-a')?.id, index.otherNamed('a', 'vm-a')]).toEqual(['a', undefined])
    expect([index.otherWithMac('a', MACS.b)?.id, index.otherWithMac('b', MACS.b)]).toEqual(['b', undefined])
    expect([index.hasUid(20_000), index.hasUid(20_002)]).toEqual([true, false])
  })

  it('finds each VM once that holds any of the files', () => {
    expect(sharing('1', '2', '3')).toEqual(['a', 'b'])
    expect(sharing('4')).toEqual([])
  })

  it.each<[string, Partial<VmRecord>]>([
    ['in force', { startedSpec: specOf('b', ['4']) }],
    ['becoming', { changingTo: specOf('b', ['4']) }],
    ['suspended', { suspended: { at: '', spec: specOf('b', ['4']), bootMemoryMiB: 64 } }],
  ])('knows files that are %s', (_what, rest) => {
    put(record('b', [], rest))
    expect(sharing('4')).toEqual(['b'])
  })

  it('forgets what is so no longer', () => {
    put(record('b', ['3'], { spec: { ...specOf('b', ['3']), name: 'other' } }))
    expect([sharing('2'), sharing('3'), index.otherNamed('a', 'vm-b')]).toEqual([[], ['b'], undefined])
    vms.delete('b')
    index.remove('b')
    expect([sharing('3'), index.hasUid(20_001), index.otherWithMac('a', MACS.b)]).toEqual([[], false, undefined])
  })
})
