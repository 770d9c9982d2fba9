// What an update file says of itself, and whether a host may take it.
import * as v from 'valibot'
import type { SlotName } from './boot-slot.ts'
import { closed } from './check.ts'
import type { Problem } from './problem.ts'

const version = v.pipe(v.string(), v.regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}(-[0-9A-Za-z.-]{1,40})?$/, 'must be such as 1.2.3 or 1.2.3-rc1'))
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'))

/** Before the ISO in an update file. */
export const UPDATE_HEADER_BYTES = 4096

export const updateManifestSchema = closed({
  format: v.literal(1),
  version,
  /** The kind of image: an appliance takes only its own. */
  base: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be the name of a base')),
  /** Of the ISO that follows the header. */
  payload: closed({ bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER)), sha256 }),
  /** Of everything but the control plane. */
  host: sha256,
  /** Of the control plane's programs, as sha256sum lists them. */
  programs: sha256,
  /** The oldest version that may be updated to this one. */
  minimumFrom: version,
})

export type UpdateManifest = v.InferOutput<typeof updateManifestSchema>

/** What takes the update. */
export interface UpdateTarget {
  readonly version: string
  readonly base: string
  readonly slotBytes: number
}

/** Of an update that is taken, or would be. */
export interface UpdateOutcome {
  readonly slot: SlotName
  readonly version: string
  /** Of the system that runs. */
  readonly from: string
  readonly downgrade: boolean
  /** What is in that slot until then. */
  readonly replaces: string | null
  readonly sizeBytes: number
  readonly dryRun: boolean
  /** Nothing else differs from what runs: it can take over while VMs run on. */
  readonly controlPlaneOnly: boolean
  /** Whether it does so now. */
  readonly live: boolean
  /** Whether the host restarts into it now. */
  readonly restarts: boolean
}

/** Below zero where `a` is older; what follows a dash comes before the version without it. @source Semantic Versioning 2.0.0, section 11; identifiers are compared as text */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (const index of [0, 1, 2]) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  if (left.suffix === right.suffix) return 0
  if (left.suffix === '') return 1
  if (right.suffix === '') return -1
  return left.suffix < right.suffix ? -1 : 1
}

function parts(text: string): { readonly numbers: readonly number[]; readonly suffix: string } {
  const dash = text.indexOf('-')
  const numbers = (dash < 0 ? text : text.slice(0, dash)).split('.').map(Number)
  return { numbers, suffix: dash < 0 ? '' : text.slice(dash + 1) }
}

/** Everything that forbids it. Codes: `update.base`, `update.older`, `update.too-old`, `update.too-large`, `update.size`. */
export function refuseUpdate(
  { version: offered, base, payload, minimumFrom }: UpdateManifest,
  target: UpdateTarget,
  { allowDowngrade, payloadBytes }: { readonly allowDowngrade: boolean; readonly payloadBytes: number },
): readonly Problem[] {
  const problems: (Problem | false)[] = [
    base !== target.base && {
      ...{ code: 'update.base', field: 'base', message: `must be ${target.base}, as on this host`, got: base, allowed: [target.base] },
    },
    !allowDowngrade &&
      compareVersions(offered, target.version) < 0 && {
        ...{ code: 'update.older', field: 'version', got: offered },
        message: `is older than ${target.version}, which runs here; ask for a downgrade if it is meant`,
      },
    compareVersions(target.version, minimumFrom) < 0 && {
      ...{ code: 'update.too-old', field: 'minimumFrom', got: minimumFrom },
      message: `is newer than ${target.version}, which runs here: update to a version in between first`,
    },
    payload.bytes > target.slotBytes && {
      ...{
        code: 'update.too-large',
        field: 'payload.bytes',
        message: 'is more than a slot holds',
        got: payload.bytes,
        max: target.slotBytes,
      },
    },
    payload.bytes !== payloadBytes && {
      ...{ code: 'update.size', field: 'payload.bytes', got: payload.bytes },
      message: `does not go with the file, which has ${payloadBytes} bytes after its header`,
    },
  ]
  return problems.filter((problem) => problem !== false)
}
