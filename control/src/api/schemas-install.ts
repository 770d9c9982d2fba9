// What the installer answers, as schemas of the API document.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { field } from '../domain/field.ts'
import type { InstallCandidate, InstallPreview, InstallView } from '../domain/install.ts'
import { type Of, problemSchema } from './schemas.ts'

const text = v.string()
const textOrNull = v.nullable(v.string())

export const installDiskSchema = closed({
  device: text,
  model: textOrNull,
  serial: textOrNull,
  byPath: textOrNull,
  sizeBytes: v.number(),
  sectorBytes: v.number(),
  ssd: v.boolean(),
  removable: v.boolean(),
  readOnly: v.boolean(),
  bootMedium: v.pipe(v.boolean(), field({ title: 'Boot medium', description: 'The running system comes from it.' })),
  holds: v.picklist(['blank', 'unfinished', 'corbel', 'foreign', 'unknown']),
  contents: v.pipe(text, field({ title: 'Contents', description: 'In words.' })),
  installed: v.pipe(v.boolean(), field({ title: 'Installed', description: 'Its system can be written anew and the rest be kept.' })),
  datastore: v.boolean(),
  mirror: v.pipe(textOrNull, field({ title: 'Mirror', description: 'UUID of the mirror that its state is a copy of.' })),
  seedSha256: textOrNull,
  unusable: v.pipe(textOrNull, field({ title: 'Unusable', description: 'Why nothing can be installed on it.' })),
}) satisfies Of<InstallCandidate>

export const installViewSchema = closed({
  mode: v.picklist(['none', 'ask', 'seed', 'done']),
  state: v.picklist(['idle', 'running', 'done', 'failed']),
  device: textOrNull,
  mirror: textOrNull,
  progress: v.nullable(closed({ step: text, percent: v.number() })),
  problem: v.nullable(problemSchema),
  afterwards: v.picklist(['restart', 'power-off']),
}) satisfies Of<InstallView>

export const installPreviewSchema = closed({
  device: text,
  mirror: textOrNull,
  action: v.picklist(['fresh', 'refresh']),
  contents: text,
}) satisfies Of<InstallPreview>

export const leaveSchema = closed({
  how: v.pipe(
    v.optional(v.picklist(['restart', 'power-off']), 'restart'),
    field({ title: 'How', description: 'Into the new system, or off.' }),
  ),
})
