// Schemas of generations of the configuration, what is different between them, and what a restore does.
import * as v from 'valibot'
import { BACKUP_MAX_BYTES, passphraseSchema } from '../domain/backup.ts'
import { closed } from '../domain/check.ts'
import { field } from '../domain/field.ts'
import {
  CONFIGURATION_KINDS,
  type FieldDifference,
  type GenerationHead,
  type GenerationView,
  type ObjectDifference,
} from '../domain/generation.ts'
import { RESTORE_ACTIONS, type RestoreStep } from '../domain/restore.ts'
import type { KeptVm } from '../domain/spec-copy.ts'
import type { Of } from './schemas.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const fieldDifferenceSchema = closed({
  field: v.pipe(v.string(), v.description('A path such as `nics[0].mac`; empty for the whole.')),
  before: v.pipe(v.unknown(), v.description('Null where it was not there; of secrets only that there is one.')),
  after: v.unknown(),
}) satisfies Of<FieldDifference>

const object = {
  kind: v.picklist(CONFIGURATION_KINDS),
  id: v.pipe(v.string(), v.description('A setting’s key, a user’s name, a VM’s id.')),
  name: v.pipe(v.string(), v.description('Of a VM its name, else the id.')),
}
const head = {
  number: v.pipe(count, v.description('From 1, increasing, never used twice.')),
  at: v.pipe(v.string(), v.description('RFC 3339, UTC.')),
  by: v.pipe(v.string(), v.description('A user, `console`, or `host` for what it did by itself.')),
  what: v.pipe(v.string(), v.description('What was done, in words.')),
  changes: v.pipe(count, v.description('How many objects it changed.')),
}

const generationHeadSchema = closed(head) satisfies Of<GenerationHead>

export const objectDifferenceSchema = closed({
  ...object,
  action: v.picklist(['added', 'changed', 'removed']),
  fields: v.array(fieldDifferenceSchema),
}) satisfies Of<ObjectDifference>

export const generationSchema = closed({ ...head, objects: v.array(objectDifferenceSchema) }) satisfies Of<GenerationView>

export const generationPageSchema = closed({
  items: v.array(generationHeadSchema),
  next: v.pipe(v.nullable(count), v.description('For `before`, to go on with older ones; null: there are none.')),
})

const restoreStepSchema = closed({
  ...object,
  action: v.pipe(v.picklist(RESTORE_ACTIONS), v.description('`keep`: it stays as it is.')),
  note: v.pipe(v.nullable(v.string()), v.description('Why it stays, or what is to be known of it.')),
  fields: v.array(fieldDifferenceSchema),
}) satisfies Of<RestoreStep>

export const restoreSchema = closed({ steps: v.array(restoreStepSchema) })

export const backupRequestSchema = closed({ passphrase: passphraseSchema })

export const backupFileSchema = closed({
  file: v.pipe(
    v.string(),
    v.maxLength(Math.ceil(BACKUP_MAX_BYTES / 3) * 4),
    field({ title: 'File', description: 'As `POST /v1/host/backup` gave it, in base64.' }),
  ),
  passphrase: v.pipe(v.string(), v.maxLength(1024), field({ title: 'Passphrase', description: 'That of the file.' })),
})

export const keptVmSchema = closed({
  id: v.string(),
  name: v.pipe(v.nullable(v.string()), v.description('Null where nothing can be made of the copy.')),
  state: v.pipe(v.picklist(['adoptable', 'registered', 'unreadable']), v.description('`registered`: this host has it.')),
  missing: v.pipe(v.array(v.string()), v.description('Of its disks and media, those that are not there.')),
}) satisfies Of<KeptVm>

export const adoptRequestSchema = closed({
  ids: v.exactOptional(
    v.pipe(
      v.array(v.pipe(v.string(), v.uuid())),
      v.minLength(1),
      v.maxLength(1_000),
      field({ title: 'VMs', description: 'Without it all that can be.' }),
    ),
  ),
})
