// What differs between two specs.
import { describe, expect, it } from 'vitest'
import { deviceNames, differingFields, same, withHardware } from '../../../control/src/domain/vm-difference.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const disk = (file: string, rest: object = {}) => ({ datastore: 'local', file, format: 'raw', ...rest })
const base = { name: 'a', disks: [disk('a'), disk('b')], cdroms: [{}], nics: [{ network: 'nat' }] }

describe('the difference of two specs', () => {
  it.each<[string, object, readonly string[]]>([
    ['nothing', {}, []],
    ['two fields', { vcpus: 2, display: 'none' }, ['vcpus', 'display']],
    ['a field inside an object', { smbios: { serial: 'S' } }, ['smbios.serial']],
    ['another kind of boot source', { boot: { from: 'cdrom' } }, ['boot.from']],
    ['a disk that is gone', { disks: [disk('b', { slot: 1 })] }, ['disk0']],
    ['a disk that has come', { disks: [...base.disks, disk('c')] }, ['disk2']],
    ['disks in another order', { disks: [disk('b', { slot: 1 }), disk('a', { slot: 0 })] }, []],
    ['a field of a disk', { disks: [disk('a'), disk('b', { readOnly: true })] }, ['disk1.readOnly']],
    ['a medium', { cdroms: [{ medium: { datastore: 'local', file: 'x' } }] }, ['cdrom0.medium']],
    ['no NIC', { nics: [] }, ['nic0']],
  ])('is %s', (_what, change, expected) => {
    expect(differingFields(spec(ID, base), spec(ID, { ...base, ...change }))).toEqual(expected)
  })

  it('does not depend on the order of keys', () => {
    expect(same({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true)
    expect(same([1, 2], [2, 1])).toBe(false)
    expect(same({ a: 1 }, { a: 1, b: 2 })).toBe(false)
  })
})

it('a spec is held against the hardware that is there', () => {
  const whole = spec(ID, base)
  expect(differingFields(whole, withHardware(whole, deviceNames(whole), whole.vcpus))).toEqual([])
  const lacking = (name: string) => deviceNames(whole).filter((other) => other !== name)
  expect(differingFields(whole, withHardware(whole, lacking('disk1'), whole.vcpus))).toEqual(['disk1'])
  expect(differingFields(whole, withHardware(whole, lacking('nic0'), whole.vcpus))).toEqual(['nic0'])
  expect(differingFields(whole, withHardware(whole, deviceNames(whole), whole.vcpus + 1))).toEqual(['vcpus'])
})
