// What the routes for looking after the host answer, as schemas.
import * as v from 'valibot'
import type { LogPage } from '../app/host-logs.ts'
import { closed } from '../domain/check.ts'
import { LOG_KINDS, LOG_SEVERITIES, type LogKindSummary } from '../domain/host-log.ts'
import { KEYBOARD_LAYOUT_NAMES, type KeyboardView } from '../domain/keyboard.ts'
import type { Mirror } from '../domain/mirror.ts'
import type { MirrorDiskPreview } from '../domain/mirror-disk.ts'
import { SERVICE_NAMES, type Service } from '../domain/service.ts'
import type { SupportInfo, SupportMedium } from '../domain/support.ts'
import { type TimeView, timeSettingSchema } from '../domain/time.ts'
import type { Of } from './schemas.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const logKindSchema = closed({
  kind: v.picklist(LOG_KINDS),
  description: v.string(),
  sizeBytes: count,
}) satisfies Of<LogKindSummary>

export const logPageSchema = closed({
  items: v.array(
    closed({
      number: v.pipe(count, v.description('Increases over all kinds and boots.')),
      at: v.pipe(v.string(), v.description('RFC 3339, UTC, by the clock as it was then.')),
      severity: v.picklist(LOG_SEVERITIES),
      kind: v.picklist(LOG_KINDS),
      text: v.pipe(v.string(), v.description('One line, without control characters.')),
    }),
  ),
  next: v.pipe(count, v.description('For `after`, to go on where this ends.')),
}) satisfies Of<LogPage>

export const mirrorSchema = closed({
  holds: v.picklist(['state', 'datastore']),
  device: v.pipe(v.string(), v.description('Such as /dev/md0.')),
  copies: v.array(
    closed({
      device: v.pipe(v.string(), v.description('A partition, such as /dev/sda5.')),
      state: v.pipe(
        v.picklist(['in-sync', 'copying', 'failed']),
        v.description('`copying`: it gets what the other has. `failed`: it is not used any more.'),
      ),
    }),
  ),
  missing: v.pipe(count, v.description('Copies that are nowhere.')),
  copiedPercent: v.pipe(v.nullable(count), v.description('Of what is being copied; null while nothing is.')),
}) satisfies Of<Mirror>

export const mirrorDiskPreviewSchema = closed({
  device: v.string(),
  from: v.pipe(v.string(), v.description('The disk that it gets everything from.')),
  contents: v.pipe(v.string(), v.description('What it holds now, in words.')),
}) satisfies Of<MirrorDiskPreview>

export const serviceSchema = closed({
  name: v.picklist(SERVICE_NAMES),
  description: v.string(),
  pid: v.nullable(count),
  upForSeconds: v.nullable(count),
  restarts: v.pipe(count, v.description('How often it has been started again in this boot.')),
}) satisfies Of<Service>

export const keyboardViewSchema = closed({
  layout: v.picklist(KEYBOARD_LAYOUT_NAMES),
  layouts: v.array(closed({ name: v.picklist(KEYBOARD_LAYOUT_NAMES), description: v.string() })),
}) satisfies Of<KeyboardView>

export const timeViewSchema = closed({
  now: v.pipe(v.string(), v.description('RFC 3339, UTC.')),
  timeZone: v.pipe(v.literal('UTC'), v.description('Always; clients show their own.')),
  setting: timeSettingSchema,
  servers: v.pipe(v.array(v.string()), v.description('Those that are asked.')),
  serversFrom: v.picklist(['setting', 'dhcp', 'none', 'off']),
  synchronised: v.boolean(),
  source: v.nullable(v.string()),
  stratum: v.nullable(v.number()),
  offsetSeconds: v.pipe(v.nullable(v.number()), v.description('How far the clock is ahead of true time, as far as is known.')),
}) satisfies Of<TimeView>

const bundleSchema = closed({ name: v.string(), sizeBytes: count, madeAt: v.string() })

export const supportInfoSchema = closed({
  lines: v.pipe(v.array(v.string()), v.description('What the host is and how it does, for people.')),
  bundle: v.pipe(v.nullable(bundleSchema), v.description('The one made last, kept until the host restarts.')),
}) satisfies Of<SupportInfo>

export const supportMediumSchema = closed({
  device: v.string(),
  label: v.nullable(v.string()),
  fileSystem: v.literal('vfat'),
  model: v.string(),
  sizeBytes: count,
}) satisfies Of<SupportMedium>

export const bundleRequestSchema = closed({
  device: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z0-9]{1,32}$/, 'must be the name of a stick, such as sdb1'),
      v.description('A stick that the bundle is written to, too.'),
    ),
  ),
})

export const resetRequestSchema = closed({
  hostname: v.pipe(v.string(), v.maxLength(255), v.description('That of this host, as a sign that it is meant.')),
  scope: v.pipe(
    v.optional(v.picklist(['configuration', 'state', 'everything']), 'configuration'),
    v.description(
      '`configuration`: users, network and other settings; VMs go on. `state`: all but the datastores, VMs’ specs too, with a restart. `everything`: datastores too.',
    ),
  ),
})

export const renewStateSchema = closed({
  hostname: v.pipe(v.string(), v.maxLength(255), v.description('That of this host, as a sign that it is meant.')),
  keep: v.pipe(v.optional(v.boolean(), true), v.description('Keep a copy of the partition in the datastore.')),
})
