// An installation: the disks that there are, which one is wanted, what may become of what is on it, and how far it is.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { diskNameEntries } from './disk-name.ts'
import { field } from './field.ts'
import type { Problem } from './problem.ts'

/**
 * `blank`: nothing at all. `unfinished`: an installation that was cut off. `corbel`: Corbel installed, or a disk with its state or datastore.
 * `foreign`: anything else. `unknown`: it could not be found out.
 */
export type DiskHolding = 'blank' | 'unfinished' | 'corbel' | 'foreign' | 'unknown'

export interface InstallDisk {
  /** `/dev/vda`. */
  readonly device: string
  readonly model: string | null
  readonly serial: string | null
  /** Name in /dev/disk/by-path as other systems have it. */
  readonly byPath: string | null
  readonly sizeBytes: number
  /** Of a logical sector. */
  readonly sectorBytes: number
  /** Without moving parts, as the disk says. */
  readonly ssd: boolean
  /** A stick, a card, or a disk at a USB port. */
  readonly removable: boolean
  readonly readOnly: boolean
  /** The running system comes from it. */
  readonly bootMedium: boolean
  readonly holds: DiskHolding
  /** In words, such as `Windows (NTFS), FAT`. */
  readonly contents: string
  /** It has the layout of an installation: slots and boot files can be written anew and the rest be kept. */
  readonly installed: boolean
  /** It has a datastore of Corbel's. */
  readonly datastore: boolean
  /** UUID of the mirror that its state is a copy of; null where it is none. */
  readonly mirror: string | null
  /** SHA-256 of the seed that it was installed by, or null. */
  readonly seedSha256: string | null
}

/** A disk as whoever chooses sees it. */
export interface InstallCandidate extends InstallDisk {
  /** Why nothing can be installed on it, whatever becomes of what it holds. */
  readonly unusable: string | null
}

/** `fresh`: the whole disk. `refresh`: slots and boot files of an installation, configuration and datastore stay. */
export type InstallAction = 'fresh' | 'refresh'

export interface InstallPreview {
  readonly device: string
  /** The second disk, where there is one. */
  readonly mirror: string | null
  readonly action: InstallAction
  /** What the disk, or each of them, holds now, in words. */
  readonly contents: string
}

const gib = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_048_576))

type Target = { serial?: string; path?: string; minGiB?: number; maxGiB?: number; ssd?: boolean }

export const installTargetSchema = v.pipe(
  closed({
    ...diskNameEntries,
    minGiB: v.exactOptional(v.pipe(gib, field({ title: 'At least', description: 'GiB; smaller disks are passed over.' }))),
    maxGiB: v.exactOptional(v.pipe(gib, field({ title: 'At most', description: 'GiB; larger disks are passed over.' }))),
    ssd: v.exactOptional(v.pipe(v.boolean(), field({ title: 'SSD', description: 'Only disks without moving parts, or only those with.' }))),
  }),
  rule<Target>('one-name', 'must have only one of serial and path', ({ serial, path }) => serial === undefined || path === undefined),
  rule<Target>('range', 'must have minGiB no larger than maxGiB', ({ minGiB, maxGiB }) => (minGiB ?? 0) <= (maxGiB ?? Number.MAX_VALUE)),
)

export type InstallTarget = v.InferOutput<typeof installTargetSchema>

/** What may become of what is on the disk. */
export const WIPE_POLICIES = ['if-blank', 'datastore-kept', 'everything'] as const
export type WipePolicy = (typeof WIPE_POLICIES)[number]

const wipe = v.optional(v.picklist(WIPE_POLICIES), 'if-blank')
const then = v.optional(v.picklist(['restart', 'power-off']), 'restart')
const WIPE_FIELD = {
  title: 'Wipe',
  description:
    '`if-blank`: only a disk that holds nothing. `datastore-kept`: an installed Corbel too; its system is written anew, its configuration and datastore stay. `everything`: whatever it holds is lost.',
}

export const mirrorSchema = v.exactOptional(
  v.pipe(
    installTargetSchema,
    field({
      title: 'Mirror',
      description:
        'A second disk, chosen in the same way, that gets the same: the host starts from either, and state and datastore outlive the loss of one. As much is used as the smaller one has.',
    }),
  ),
)

/** Of a seed: Corbel installs itself, unattended. */
export const installSeedSchema = closed({
  target: v.pipe(
    v.optional(installTargetSchema, {}),
    field({
      title: 'Target',
      description: 'The smallest disk of those that are meant; never the boot medium, nor a removable one that is not named.',
    }),
  ),
  mirror: mirrorSchema,
  wipe: v.pipe(wipe, field(WIPE_FIELD)),
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed, and no value is awaited
  then: v.pipe(then, field({ title: 'Then', description: 'What the machine does when it is done.' })),
})

/** Where an installation stands. */
export type InstallState = 'idle' | 'running' | 'done' | 'failed'

/** Who asks for it: nobody, who stands at the machine, or the seed; `done`: the seed has been carried out before. */
export type InstallMode = 'none' | 'ask' | 'seed' | 'done'

export interface InstallProgress {
  /** In words: `Copying the system`. */
  readonly step: string
  /** 0 to 100. */
  readonly percent: number
}

export interface InstallView {
  readonly mode: InstallMode
  readonly state: InstallState
  /** The disk's device, once one was chosen; and that of its mirror, where there is one. */
  readonly device: string | null
  readonly mirror: string | null
  readonly progress: InstallProgress | null
  /** Why it failed or was refused. */
  readonly problem: Problem | null
  /** What the machine does then. */
  readonly afterwards: 'restart' | 'power-off'
}
