// Which updates a host takes: its own base, not older unless asked for, no larger than a slot.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { compareVersions, refuseUpdate, type UpdateManifest, updateManifestSchema } from '../../../control/src/domain/update-manifest.ts'

const MANIFEST: UpdateManifest = {
  ...{ format: 1, version: '1.3.0', base: 'debian', host: 'ab'.repeat(32), programs: 'ef'.repeat(32), minimumFrom: '1.0.0' },
  payload: { bytes: 1000, sha256: 'cd'.repeat(32) },
}
const TARGET = { version: '1.2.0', base: 'debian', slotBytes: 2000 }
const refused = (manifest: Partial<UpdateManifest>, more: { allowDowngrade?: boolean; payloadBytes?: number } = {}) =>
  refuseUpdate({ ...MANIFEST, ...manifest }, TARGET, { allowDowngrade: false, payloadBytes: 1000, ...more }).map(({ code }) => code)

describe('versions', () => {
  it.each([
    ['1.2.3', '1.2.3', 0],
    ['1.2.10', '1.2.9', 1],
    ['1.10.0', '1.9.9', 1],
    ['2.0.0', '10.0.0', -1],
    ['1.2.3-rc1', '1.2.3', -1],
    ['1.2.3', '1.2.3-debug', 1],
    ['1.2.3-rc1', '1.2.3-rc2', -1],
    ['1.2.4-rc1', '1.2.3', 1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign)
  })
})

describe('an update', () => {
  it.each([
    ['newer', {}, []],
    ['of the same version', { version: '1.2.0' }, []],
    ['older', { version: '1.1.9' }, ['update.older']],
    ['older by its suffix', { version: '1.2.0-rc1' }, ['update.older']],
    ['of another base', { base: 'buildroot' }, ['update.base']],
    ['for newer hosts only', { minimumFrom: '1.2.1' }, ['update.too-old']],
    [
      'larger than a slot, and not as long as its file',
      { payload: { ...MANIFEST.payload, bytes: 2001 } },
      ['update.too-large', 'update.size'],
    ],
  ])('%s', (_, manifest, codes) => {
    expect(refused(manifest)).toEqual(codes)
  })

  it('that is older is taken when a downgrade is asked for', () => {
    expect(refused({ version: '1.1.9' }, { allowDowngrade: true })).toEqual([])
  })
})

describe('a manifest', () => {
  const problems = (input: unknown) => {
    const checked = check(updateManifestSchema, input, 'update')
    return checked.ok ? [] : checked.problems.map(({ field }) => field)
  }

  it('has all its fields, in their forms, and no others', () => {
    expect(problems(MANIFEST)).toEqual([])
    expect(problems({ ...MANIFEST, format: 2 })).toEqual(['format'])
    expect(problems({ ...MANIFEST, version: '1.2' })).toEqual(['version'])
    expect(problems({ ...MANIFEST, payload: { bytes: 0, sha256: 'AB' } })).toEqual(['payload.bytes', 'payload.sha256'])
    expect(problems({ ...MANIFEST, more: 1 })).toEqual(['more'])
  })
})
