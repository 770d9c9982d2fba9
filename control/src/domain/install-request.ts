// What whoever stands at the machine asks the installer for: a disk, what may become of it, and what the new host is told for its first boot.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { installSeedSchema, installTargetSchema, mirrorSchema } from './install.ts'
import { type Seed, seedSchema } from './seed.ts'

const { hostname, administrator, management, keyboard, time } = seedSchema.entries

export const installRequestSchema = closed({
  target: v.pipe(installTargetSchema, field({ title: 'Target', description: 'As in a seed.' })),
  mirror: mirrorSchema,
  wipe: installSeedSchema.entries.wipe,
  ...{ hostname, administrator, management, keyboard, time },
})

export type InstallRequest = v.InferOutput<typeof installRequestSchema>

/** The seed of the first boot, as text: what was asked for but the installation itself. Null where nothing was. */
export function firstBootText(
  asked: Omit<Partial<Seed>, 'version' | 'install' | 'datastore' | 'administrator'>,
  secrets: { readonly passwordHash: string | null; readonly recoveryHash: string | null },
): string | null {
  const { hostname, management, keyboard, time } = asked
  const settings = {
    ...(hostname === undefined ? {} : { hostname }),
    ...(secrets.passwordHash === null ? {} : { administrator: { passwordHash: secrets.passwordHash } }),
    ...(secrets.recoveryHash === null ? {} : { recoveryCode: { hash: secrets.recoveryHash } }),
    ...(management === undefined ? {} : { management }),
    ...(keyboard === undefined ? {} : { keyboard }),
    ...(time === undefined ? {} : { time }),
  }
  return Object.keys(settings).length === 0 ? null : JSON.stringify({ version: 1, ...settings })
}
