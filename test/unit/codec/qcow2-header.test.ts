// What is taken as a qcow2 image, and the name of every reason why one is not.
import { describe, expect, it } from 'vitest'
import { parseQcow2Header } from '../../../control/src/codec/qcow2-header.ts'

type Extension = readonly [type: number, data: readonly number[], claimedLength?: number]

interface Fields {
  readonly bytes?: number
  readonly magic?: number
  readonly version?: number
  readonly backingOffset?: number
  readonly clusterBits?: number
  readonly size?: number
  readonly sizeHigh?: number
  readonly crypt?: number
  readonly l1Size?: number
  readonly l1Offset?: number
  readonly refcountOffset?: number
  readonly refcountClusters?: number
  readonly snapshots?: number
  readonly snapshotsOffset?: number
  readonly incompatible?: number
  readonly incompatibleHigh?: number
  readonly autoclear?: number
  readonly refcountOrder?: number
  readonly headerLength?: number
  readonly compression?: number
  readonly extensions?: readonly Extension[]
}

/** A good image of 1 GiB in clusters of 64 KiB, but for what `fields` says. */
function image(fields: Fields = {}): Uint8Array {
  const raw = new Uint8Array(fields.bytes ?? 65_536)
  const whole = new Uint8Array(65_536)
  const view = new DataView(whole.buffer)
  const version = fields.version ?? 3
  view.setUint32(0, fields.magic ?? 0x514649fb)
  view.setUint32(4, version)
  view.setUint32(12, fields.backingOffset ?? 0)
  view.setUint32(20, fields.clusterBits ?? 16)
  view.setUint32(24, fields.sizeHigh ?? 0)
  view.setUint32(28, fields.size ?? 2 ** 30)
  view.setUint32(32, fields.crypt ?? 0)
  view.setUint32(36, fields.l1Size ?? 2)
  view.setUint32(44, fields.l1Offset ?? 0x30000)
  view.setUint32(52, fields.refcountOffset ?? 0x10000)
  view.setUint32(56, fields.refcountClusters ?? 1)
  view.setUint32(60, fields.snapshots ?? 0)
  view.setUint32(68, fields.snapshotsOffset ?? 0)
  let offset = 72
  if (version === 3) {
    view.setUint32(72, fields.incompatibleHigh ?? 0)
    view.setUint32(76, fields.incompatible ?? 0)
    view.setUint32(92, fields.autoclear ?? 0)
    view.setUint32(96, fields.refcountOrder ?? 4)
    view.setUint32(100, fields.headerLength ?? 112)
    view.setUint8(104, fields.compression ?? 0)
    offset = fields.headerLength ?? 112
  }
  for (const [type, data, claimed] of fields.extensions ?? []) {
    view.setUint32(offset, type)
    view.setUint32(offset + 4, claimed ?? data.length)
    whole.set(data, offset + 8)
    offset += 8 + Math.ceil(data.length / 8) * 8
  }
  raw.set(whole.subarray(0, raw.length))
  return raw
}

const NAMES: Extension = [0x6803f857, new Array<number>(48).fill(65)]

describe('a qcow2 image', () => {
  const good = { version: 3, virtualSizeBytes: 2 ** 30, clusterBits: 16, snapshots: 0 }
  it.each<[string, Fields, Partial<typeof good>]>([
    ['of version 3', {}, {}],
    ['of version 2, whose header is shorter', { version: 2 }, { version: 2 }],
    ['with the shortest header of version 3', { headerLength: 104 }, {}],
    ['of which no more than the header is there', { bytes: 120 }, {}],
    ['larger than 4 GiB', { sizeHigh: 3, size: 512, l1Size: 25 }, { virtualSizeBytes: 3 * 2 ** 32 + 512 }],
    ['with small clusters', { clusterBits: 9, size: 32_768, l1Size: 1, bytes: 512 }, { clusterBits: 9, virtualSizeBytes: 32_768 }],
    ['with internal snapshots', { snapshots: 3, snapshotsOffset: 0x50000 }, { snapshots: 3 }],
    ['with a table of feature names and an extension that nobody knows', { extensions: [NAMES, [0x12345678, [1, 2, 3]]] }, {}],
    ['that is marked dirty, for QEMU repairs it', { incompatible: 1 }, {}],
    ['compressed with zstd', { incompatible: 8, compression: 1 }, {}],
    ['with extended entries of the second level', { incompatible: 16, l1Size: 4 }, {}],
  ])('is taken %s', (_name, fields, expected) => {
    expect(parseQcow2Header(image(fields))).toEqual({ ok: true, value: { ...good, ...expected } })
  })

  it('is found wherever in a larger buffer it lies', () => {
    const buffer = new Uint8Array(70_000)
    buffer.set(image(), 777)
    expect(parseQcow2Header(buffer.subarray(777, 777 + 65_536)).ok).toBe(true)
  })

  it.each<[string, Fields, readonly string[]]>([
    ['that is none', { magic: 0x4b444d56 }, ['image.not-qcow2 magic']],
    ['of the first version', { version: 1 }, ['image.unsupported-feature version']],
    ['of a version to come', { version: 4 }, ['image.unsupported-feature version']],
    ['with a backing file', { backingOffset: 0x200 }, ['image.backing-file backing_file_offset']],
    ['of version 2 with a backing file', { version: 2, backingOffset: 0x200 }, ['image.backing-file backing_file_offset']],
    ['with the format of a backing file', { extensions: [NAMES, [0xe2792aca, [114, 97, 119]]] }, ['image.backing-file backing_format']],
    [
      'of version 2 with the format of a backing file',
      { version: 2, extensions: [[0xe2792aca, [114, 97, 119]]] },
      ['image.backing-file backing_format'],
    ],
    ['with its data elsewhere', { incompatible: 4 }, ['image.data-file incompatible_features']],
    ['that claims a raw data file', { autoclear: 2 }, ['image.data-file incompatible_features']],
    ['that names a data file without saying so', { extensions: [[0x44415441, [47, 120]]] }, ['image.data-file data_file_name']],
    ['encrypted the old way', { crypt: 1 }, ['image.unsupported-feature crypt_method']],
    [
      'encrypted with LUKS',
      { crypt: 2, extensions: [[0x0537be77, new Array<number>(16).fill(0)]] },
      ['image.unsupported-feature crypt_method', 'image.unsupported-feature encryption_header'],
    ],
    ['with an unknown feature', { incompatible: 32 }, ['image.unsupported-feature incompatible_features']],
    ['with an unknown feature far up', { incompatibleHigh: 0x80000000 }, ['image.unsupported-feature incompatible_features']],
    ['of an unknown compression', { incompatible: 8, compression: 2 }, ['image.unsupported-feature compression_type']],
    ['with a compression that its features do not name', { compression: 1 }, ['image.unsupported-feature compression_type']],
    ['marked as corrupt', { incompatible: 2 }, ['image.corrupt incompatible_features']],
    ['cut off in its header', { bytes: 103 }, ['image.malformed ']],
    ['cut off after its magic', { bytes: 8 }, ['image.malformed ']],
    ['cut off before its magic ends', { bytes: 3 }, ['image.not-qcow2 magic']],
    ['cut off where extensions should be', { bytes: 112 }, ['image.malformed ']],
    ['with clusters that are too small', { clusterBits: 8 }, ['image.malformed cluster_bits']],
    ['with clusters that are too large', { clusterBits: 22 }, ['image.malformed cluster_bits']],
    ['with extended entries in too small clusters', { incompatible: 16, clusterBits: 13, l1Size: 512 }, ['image.malformed cluster_bits']],
    ['that is larger than can be', { sizeHigh: 0x00200000, l1Size: 4_194_304 }, ['image.malformed size', 'image.malformed l1_size']],
    ['whose table is too small for it', { l1Size: 1 }, ['image.malformed l1_size']],
    ['whose table is too small for it with extended entries', { incompatible: 16, l1Size: 3 }, ['image.malformed l1_size']],
    ['whose table is larger than QEMU takes', { l1Size: 4_194_305 }, ['image.malformed l1_size']],
    ['whose table begins nowhere', { l1Offset: 0 }, ['image.malformed l1_table_offset']],
    ['whose table begins inside a cluster', { l1Offset: 0x30200 }, ['image.malformed l1_table_offset']],
    ['without counts of references', { refcountClusters: 0 }, ['image.malformed refcount_table_clusters']],
    ['whose counts begin inside a cluster', { refcountOffset: 0x10008 }, ['image.malformed refcount_table_offset']],
    ['whose snapshots begin inside a cluster', { snapshots: 1, snapshotsOffset: 8 }, ['image.malformed snapshots_offset']],
    ['with counts that are too wide', { refcountOrder: 7 }, ['image.malformed refcount_order']],
    ['with a header that is too short', { headerLength: 96 }, ['image.malformed header_length']],
    ['with a header of an odd length', { headerLength: 108 }, ['image.malformed header_length']],
    ['with an extension that ends after its cluster', { extensions: [[0x12345678, [], 0xffffffff]] }, ['image.malformed ']],
    [
      'with everything wrong at once',
      { backingOffset: 0x200, incompatible: 4, crypt: 1 },
      ['image.backing-file backing_file_offset', 'image.unsupported-feature crypt_method', 'image.data-file incompatible_features'],
    ],
  ])('is refused %s', (_name, fields, expected) => {
    const parsed = parseQcow2Header(image(fields))
    expect(parsed.ok ? [] : parsed.problems.map(({ code, field }) => `${code} ${field}`)).toEqual(expected)
  })

  it('that begins with extensions beyond what was read is refused, not believed', () => {
    const bytes = image({ clusterBits: 21, l1Offset: 0x200000, refcountOffset: 0x200000, extensions: [[0x12345678, [], 100_000]] })
    expect(parseQcow2Header(bytes)).toMatchObject({ ok: false, problems: [{ code: 'image.malformed' }] })
  })
})
