// A disk that takes the place of one that a mirror has lost.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { installTargetSchema } from './install.ts'
import type { JobDisk } from './install-job.ts'
import type { Mirror } from './mirror.ts'

export const mirrorDiskRequestSchema = closed({
  target: v.pipe(installTargetSchema, field({ title: 'Target', description: 'The disk, as the target of an installation is chosen.' })),
  wipe: v.pipe(
    v.optional(v.picklist(['if-blank', 'everything']), 'if-blank'),
    field({ title: 'Wipe', description: '`if-blank`: only a disk that holds nothing. `everything`: whatever it holds is lost.' }),
  ),
})

export type MirrorDiskRequest = v.InferOutput<typeof mirrorDiskRequestSchema>

/** What the program that does it is told. */
export interface MirrorDiskJob {
  readonly disk: JobDisk
  /** The disk that has everything: `/dev/vda`. */
  readonly from: string
  readonly arrays: readonly { readonly device: string; readonly holds: Mirror['holds'] }[]
}

/** Of a dry run. */
export interface MirrorDiskPreview {
  readonly device: string
  readonly from: string
  /** What it holds now, in words. */
  readonly contents: string
}
