// The first bytes of a qcow2 image → what it says of itself, or why it is not taken. Never more than the header: what the clusters hold is QEMU's to check.
// @source QEMU docs/interop/qcow2.rst, and the limits of its block/qcow2.c
import type { Checked, Problem } from '../domain/problem.ts'

/** As many bytes of an image's beginning as are wanted: header and extensions have always fitted into far less. */
export const QCOW2_HEADER_BYTES = 65_536

export interface Qcow2Header {
  readonly version: 2 | 3
  /** What a guest sees. */
  readonly virtualSizeBytes: number
  /** 9 to 21: a cluster has 2 to the power of this many bytes. */
  readonly clusterBits: number
  /** Inside the image. */
  readonly snapshots: number
}

const MAGIC = 0x514649fb
const VERSION_2_BYTES = 72
const VERSION_3_BYTES = 104
const MAX_L1_ENTRIES = (32 * 1024 * 1024) / 8
const ZSTD = 1

const INCOMPATIBLE = { corrupt: 1, dataFile: 2, compression: 3, extendedL2: 4 } as const
/** Bit 0 is the dirty bit: QEMU repairs the counts by itself. */
const KNOWN_INCOMPATIBLE_BITS = 0b11111
const AUTOCLEAR_RAW_DATA_FILE = 1

const EXTENSION = { end: 0, backingFormat: 0xe2792aca, dataFileName: 0x44415441, encryption: 0x0537be77 } as const

/**
 * `bytes` is the beginning of the file: {@link QCOW2_HEADER_BYTES}, or all of a shorter file. Each problem's `field` is the header's word. Codes:
 * `image.not-qcow2` (no magic), `image.backing-file` and `image.data-file` (it names, or has a place for, another file), `image.corrupt` (marked so by QEMU),
 * `image.unsupported-feature` (another version, encryption, unknown feature bits or compression), `image.malformed` (cut off, or against the format).
 */
export function parseQcow2Header(bytes: Uint8Array): Checked<Qcow2Header> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8 || view.getUint32(0) !== MAGIC) {
    return { ok: false, problems: [problem('not-qcow2', 'magic', 'The file does not begin as a qcow2 image does.')] }
  }
  const version = view.getUint32(4)
  if (version !== 2 && version !== 3) {
    return { ok: false, problems: [problem('unsupported-feature', 'version', 'must be 2 or 3', { got: version, min: 2, max: 3 })] }
  }
  if (bytes.length < (version === 2 ? VERSION_2_BYTES : VERSION_3_BYTES)) {
    return { ok: false, problems: [problem('malformed', '', 'The file ends inside its header.', { got: bytes.length })] }
  }
  const clusterBits = view.getUint32(20)
  if (clusterBits < 9 || clusterBits > 21) {
    return { ok: false, problems: [problem('malformed', 'cluster_bits', 'must be 9 to 21', { got: clusterBits, min: 9, max: 21 })] }
  }
  const headerBytes = version === 2 ? VERSION_2_BYTES : view.getUint32(100)
  const problems = [
    ...commonProblems(view, clusterBits),
    ...(version === 2 ? [] : featureProblems(view, clusterBits, headerBytes)),
    ...extensionProblems(view, headerBytes, 2 ** clusterBits),
  ]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, value: { version, virtualSizeBytes: number64(view, 24), clusterBits, snapshots: view.getUint32(60) } }
}

/** Fields of both versions. */
function commonProblems(view: DataView, clusterBits: number): Problem[] {
  const clusterBytes = 2 ** clusterBits
  const sizeBytes = number64(view, 24)
  // An entry of the first level stands for a cluster of entries of the second.
  const neededL1Entries = Math.ceil(sizeBytes / (clusterBytes * (clusterBytes / (extendedL2(view) ? 16 : 8))))
  const l1Entries = view.getUint32(36)
  const found: (Problem | false)[] = [
    number64(view, 8) !== 0 && problem('backing-file', 'backing_file_offset', 'The image needs another file, its backing file.'),
    !Number.isSafeInteger(sizeBytes) && problem('malformed', 'size', 'The disk is larger than any that can be.', { got: sizeBytes }),
    view.getUint32(32) !== 0 &&
      problem('unsupported-feature', 'crypt_method', 'Encrypted images are not supported.', { got: view.getUint32(32) }),
    l1Entries > MAX_L1_ENTRIES && problem('malformed', 'l1_size', 'is above its maximum', { got: l1Entries, max: MAX_L1_ENTRIES }),
    l1Entries < neededL1Entries && problem('malformed', 'l1_size', 'is too small for the disk', { got: l1Entries, min: neededL1Entries }),
    view.getUint32(56) === 0 && problem('malformed', 'refcount_table_clusters', 'The image counts no references.', { got: 0 }),
    misaligned(view, 'l1_table_offset', 40, clusterBytes),
    misaligned(view, 'refcount_table_offset', 48, clusterBytes),
    view.getUint32(60) > 0 && misaligned(view, 'snapshots_offset', 64, clusterBytes),
  ]
  return found.filter((one) => one !== false)
}

/** Fields that version 3 added. */
function featureProblems(view: DataView, clusterBits: number, headerBytes: number): Problem[] {
  const compression = headerBytes > VERSION_3_BYTES && view.byteLength > VERSION_3_BYTES ? view.getUint8(VERSION_3_BYTES) : 0
  const otherCompression = incompatible(view, INCOMPATIBLE.compression)
  const unknown = view.getUint32(72) !== 0 || view.getUint32(76) > KNOWN_INCOMPATIBLE_BITS
  const refcountOrder = view.getUint32(96)
  const found: (Problem | false)[] = [
    incompatible(view, INCOMPATIBLE.corrupt) && problem('corrupt', 'incompatible_features', 'The image is marked as corrupt.'),
    (incompatible(view, INCOMPATIBLE.dataFile) || (view.getUint32(92) & (1 << AUTOCLEAR_RAW_DATA_FILE)) !== 0) &&
      problem('data-file', 'incompatible_features', 'The image keeps its data in another file.'),
    unknown && problem('unsupported-feature', 'incompatible_features', 'The image needs a feature that is not known.'),
    (otherCompression ? compression !== ZSTD : compression !== 0) &&
      problem('unsupported-feature', 'compression_type', 'must be deflate or zstd', { got: compression }),
    extendedL2(view) && clusterBits < 14 && problem('malformed', 'cluster_bits', 'must be at least 14', { got: clusterBits, min: 14 }),
    refcountOrder > 6 && problem('malformed', 'refcount_order', 'must be at most 6', { got: refcountOrder, max: 6 }),
  ]
  return found.filter((one) => one !== false)
}

/** Extensions follow the header; they end with one that says so, or with the first cluster. */
function extensionProblems(view: DataView, headerBytes: number, clusterBytes: number): Problem[] {
  const minimum = view.getUint32(4) === 2 ? VERSION_2_BYTES : VERSION_3_BYTES
  if (headerBytes < minimum || headerBytes > clusterBytes || headerBytes % 8 !== 0) {
    const limits = { got: headerBytes, min: minimum, max: clusterBytes }
    return [problem('malformed', 'header_length', `must be a multiple of 8 from ${minimum} to ${clusterBytes}`, limits)]
  }
  const problems: Problem[] = []
  for (let offset = headerBytes; offset < clusterBytes; ) {
    if (offset + 8 > view.byteLength) return [...problems, problem('malformed', '', 'The header extensions do not end where they should.')]
    const type = view.getUint32(offset)
    const length = view.getUint32(offset + 4)
    if (type === EXTENSION.end) break
    if (length > clusterBytes - offset - 8)
      return [...problems, problem('malformed', '', 'A header extension is too long.', { got: length })]
    problems.push(...extensionProblem(type))
    offset += 8 + Math.ceil(length / 8) * 8
  }
  return problems
}

function extensionProblem(type: number): Problem[] {
  switch (type) {
    case EXTENSION.backingFormat:
      return [problem('backing-file', 'backing_format', 'The image has a format for a backing file.')]
    case EXTENSION.dataFileName:
      return [problem('data-file', 'data_file_name', 'The image names another file that has its data.')]
    case EXTENSION.encryption:
      return [problem('unsupported-feature', 'encryption_header', 'Encrypted images are not supported.')]
    default:
      return []
  }
}

function incompatible(view: DataView, bit: number): boolean {
  return (view.getUint32(76) & (1 << bit)) !== 0
}

function extendedL2(view: DataView): boolean {
  return view.getUint32(4) === 3 && incompatible(view, INCOMPATIBLE.extendedL2)
}

function misaligned(view: DataView, field: string, offset: number, clusterBytes: number): Problem | false {
  const value = number64(view, offset)
  return (value === 0 || value % clusterBytes !== 0) && problem('malformed', field, 'must be the beginning of a cluster', { got: value })
}

/** Not exact above 2 to the power of 53, which is more than any of these may be. */
function number64(view: DataView, offset: number): number {
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4)
}

function problem(code: string, field: string, message: string, facts: Pick<Problem, 'got' | 'min' | 'max'> = {}): Problem {
  return { code: `image.${code}`, field, message, ...facts }
}
