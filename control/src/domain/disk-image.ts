// What can be asked of disk images: making, growing, copying them. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { fileNameSchema } from './names.ts'

const MIN_SIZE_BYTES = 1_048_576
const MAX_SIZE_BYTES = 64 * 2 ** 40
const SECTOR_BYTES = 512

export const IMAGE_FORMATS = ['raw', 'qcow2'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

const sizeSchema = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(MIN_SIZE_BYTES),
  v.maxValue(MAX_SIZE_BYTES),
  rule('not-multiple', `must be a multiple of ${SECTOR_BYTES}`, (bytes: number) => bytes % SECTOR_BYTES === 0),
  field({ title: 'Size', unit: 'bytes', description: 'What a guest sees; a multiple of 512.' }),
)

const newDiskObject = closed({
  file: v.pipe(fileNameSchema, field({ title: 'File name', description: 'Of the file to be made; there must be none of this name.' })),
  format: v.pipe(v.picklist(IMAGE_FORMATS), field({ title: 'Format' })),
  sizeBytes: sizeSchema,
  preallocation: v.pipe(
    v.optional(v.picklist(['none', 'metadata', 'full']), 'none'),
    field({
      title: 'Preallocation',
      description:
        '`none`: room is taken as it is written to. `metadata`: qcow2 only, its tables are made. `full`: everything is written once.',
    }),
  ),
})

/** A type alias, as only these count as records for valibot's `forward`. */
export type NewDisk = v.InferOutput<typeof newDiskObject>

export const newDiskSchema = v.pipe(
  newDiskObject,
  v.forward(
    rule<NewDisk>(
      'not-for-format',
      'metadata is for the format qcow2',
      (disk) => disk.preallocation !== 'metadata' || disk.format === 'qcow2',
    ),
    ['preallocation'],
  ),
)

const knownFormat = 'Of the file as it is; needed only where nothing tells: a file that no VM uses and that begins as a qcow2 image does.'

export const growSchema = closed({
  sizeBytes: sizeSchema,
  format: v.exactOptional(v.pipe(v.picklist(IMAGE_FORMATS), field({ title: 'Format', description: knownFormat }))),
})
export type Growth = v.InferOutput<typeof growSchema>

export const copySchema = closed({
  to: v.pipe(fileNameSchema, field({ title: 'File name', description: 'Of the copy; there must be none of this name.' })),
  format: v.exactOptional(
    v.pipe(v.picklist(IMAGE_FORMATS), field({ title: 'Format', description: 'Of the copy; that of the original when absent.' })),
  ),
  sourceFormat: v.exactOptional(v.pipe(v.picklist(IMAGE_FORMATS), field({ title: 'Format of the original', description: knownFormat }))),
})
export type Copy = v.InferOutput<typeof copySchema>
