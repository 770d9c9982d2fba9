// Schemas of the system slots, and of what becomes of an update.
import * as v from 'valibot'
import { SLOT_MARKS, SLOT_NAMES, type SystemSlotsView } from '../domain/boot-slot.ts'
import { closed } from '../domain/check.ts'
import type { UpdateOutcome } from '../domain/update-manifest.ts'
import type { UpdateOnMedium } from '../domain/update-source.ts'
import type { Of } from './schemas.ts'

const slot = v.picklist(SLOT_NAMES)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const version = v.nullable(v.pipe(v.string(), v.description('Null where no release can be read.')))

export const systemSlotsSchema = closed({
  running: v.pipe(v.nullable(slot), v.description('Null where the system does not run from an installed disk; then there are no slots.')),
  confirmed: v.pipe(v.boolean(), v.description('Whether the slot that runs is confirmed: it came up in order.')),
  missing: v.pipe(v.array(v.string()), v.readonly(), v.description('What keeps it from being confirmed, in words.')),
  disks: v.pipe(count, v.description('How many disks carry the system.')),
  items: v.pipe(
    v.array(
      closed({
        slot,
        version,
        mark: v.pipe(
          v.picklist(SLOT_MARKS),
          v.description(
            '`good`: was confirmed once. `trying`: has to be, within its tries. `bad`: was given up. `empty`: holds no system, or half of one.',
          ),
        ),
        tries: v.pipe(count, v.description('Starts left before the other slot is taken; 3 for one that is confirmed.')),
        damaged: v.pipe(
          v.array(v.string()),
          v.readonly(),
          v.description('Files that are not as they were written, and on which disk, as far as that was looked at.'),
        ),
        running: v.boolean(),
        live: v.pipe(v.boolean(), v.description('Its control plane has taken over while the host runs from the other one.')),
        next: v.pipe(v.boolean(), v.description('Is started at the next restart.')),
      }),
    ),
    v.readonly(),
  ),
}) satisfies Of<SystemSlotsView>

export const updateOutcomeSchema = closed({
  slot: v.pipe(slot, v.description('Where it is, or would be.')),
  version: v.string(),
  from: v.pipe(v.string(), v.description('The version that runs.')),
  downgrade: v.boolean(),
  controlPlaneOnly: v.pipe(v.boolean(), v.description('Nothing else differs from what runs: it can take over while VMs run on')),
  live: v.boolean(),
  replaces: version,
  sizeBytes: v.pipe(count, v.description('Without the header.')),
  dryRun: v.boolean(),
  restarts: v.pipe(v.boolean(), v.description('Whether the host shuts its VMs down and restarts now.')),
}) satisfies Of<UpdateOutcome>

export const foundUpdateSchema = closed({
  device: v.pipe(v.string(), v.description('The stick, by the kernel’s name: `sdb1`.')),
  label: v.nullable(v.string()),
  model: v.string(),
  file: v.string(),
  sizeBytes: count,
  version: v.string(),
}) satisfies Of<UpdateOnMedium>
