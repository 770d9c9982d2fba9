// The seed: the document on a medium labelled CORBEL-SEED that sets a host up unattended. See docs/seed.md.
import * as v from 'valibot'
import { check, closed, rule } from './check.ts'
import { diskNameEntries } from './disk-name.ts'
import { field } from './field.ts'
import { installSeedSchema } from './install.ts'
import { keyboardLayoutSchema } from './keyboard.ts'
import { hostnameSchema } from './names.ts'
import { managementSchema } from './network.ts'
import { passwordSchema } from './password.ts'
import type { Checked } from './problem.ts'
import { timeSettingSchema } from './time.ts'

/** Of the file system. */
export const SEED_LABEL = 'CORBEL-SEED'
/** In its root. */
export const SEED_FILE = 'seed.json'
export const SEED_MAX_BYTES = 65_536
/** Beside it, once it has been carried out or refused. */
export const RECEIPT_FILE = 'corbel-receipt.json'

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

function isWithin(text: string | undefined, min: number, max: number): boolean {
  return text !== undefined && Number(text) >= min && Number(text) <= max
}

/** What a login can afford: hv-core refuses costlier ones. @source the argon2 reference's encoded form (PHC string format) */
const passwordHashSchema = v.pipe(
  v.string(),
  v.regex(PHC, 'must be an argon2id string such as the argon2 program prints: $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH'),
  rule('cost', 'must have m of 4096 to 262144 (KiB), t of 1 to 16 and p of 1 to 16', (text: string) => {
    const parts = PHC.exec(text)
    return parts === null || (isWithin(parts[1], 4096, 262_144) && isWithin(parts[2], 1, 16) && isWithin(parts[3], 1, 16))
  }),
)

function exactlyOne<Choice extends object>(a: keyof Choice & string, b: keyof Choice & string) {
  return rule<Choice>('exactly-one', `must have either ${a} or ${b}`, (value) => a in value !== b in value)
}

const administratorSchema = v.pipe(
  closed({
    passwordHash: v.exactOptional(v.pipe(passwordHashSchema, field({ title: 'Password hash', description: 'argon2id, as a PHC string.' }))),
    password: v.exactOptional(v.pipe(passwordSchema, field({ title: 'First password', description: 'Hashed at the first boot.' }))),
  }),
  exactlyOne<{ passwordHash?: string; password?: string }>('passwordHash', 'password'),
)

const diskSelectorSchema = v.pipe(closed(diskNameEntries), exactlyOne<{ serial?: string; path?: string }>('serial', 'path'))

const datastoreSchema = closed({
  disk: v.pipe(diskSelectorSchema, field({ title: 'Disk', description: 'By its serial number or by its path.' })),
  initialize: v.pipe(
    v.optional(v.picklist(['never', 'if-blank']), 'never'),
    field({ title: 'Initialize', description: '`if-blank` partitions a disk that holds nothing at all; any other is left alone.' }),
  ),
})

export const seedSchema = closed({
  version: v.pipe(v.literal(1), field({ title: 'Version of this format' })),
  hostname: v.pipe(v.exactOptional(hostnameSchema), field({ title: 'Hostname' })),
  administrator: v.pipe(
    v.exactOptional(administratorSchema),
    field({ title: 'Administrator', description: 'Without one, the console asks for a password.' }),
  ),
  recoveryCode: v.pipe(
    v.exactOptional(
      closed({ hash: v.pipe(passwordHashSchema, field({ title: 'Hash', description: 'Of its 48 digits: argon2id, as a PHC string.' })) }),
    ),
    field({ title: 'Recovery code', description: 'Opens the host at its console, once.' }),
  ),
  management: v.pipe(v.exactOptional(managementSchema), field({ title: 'Management network' })),
  keyboard: v.pipe(v.exactOptional(keyboardLayoutSchema), field({ title: 'Keyboard layout' })),
  time: v.pipe(v.exactOptional(timeSettingSchema), field({ title: 'Time servers' })),
  datastore: v.pipe(v.exactOptional(datastoreSchema), field({ title: 'Datastore', description: 'Where the state and VMs are kept.' })),
  install: v.pipe(
    v.exactOptional(installSeedSchema),
    field({ title: 'Installation', description: 'Booted from its medium, Corbel installs itself on a disk of the machine.' }),
  ),
})

export type Seed = v.InferOutput<typeof seedSchema>
export type DatastoreWish = NonNullable<Seed['datastore']>
export type DiskSelector = DatastoreWish['disk']

/** A seed, or all its problems. Nothing of `administrator` and `recoveryCode` is repeated in a problem. */
export function validateSeed(input: unknown): Checked<Seed> {
  const checked = check(seedSchema, input, 'seed')
  if (checked.ok) return checked
  const problems = checked.problems.map((problem) => {
    if (!/^(administrator|recoveryCode)/.test(problem.field)) return problem
    const { got: _secret, ...rest } = problem
    return rest
  })
  return { ok: false, problems }
}

/** What an installation is known by: all that the seed asks for but its secrets, so that nothing of these can be found out from it. */
export function seedIdentity({ administrator: _a, recoveryCode: _r, ...rest }: Seed): string {
  return JSON.stringify(rest)
}
