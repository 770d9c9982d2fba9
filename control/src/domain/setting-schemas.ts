// Whether a setting is one that this version understands: asked of what comes from elsewhere, or from another version, before it is put in force.
import * as v from 'valibot'
import { hostResourcesSchema } from './host-resources.ts'
import { keyboardLayoutSchema } from './keyboard.ts'
import { networkSchema } from './network.ts'
import { virtualFunctionsSchema } from './pci-device.ts'
import { poolSpecSchema } from './pool.ts'
import { sessionPolicySchema } from './session.ts'
import { syslogSchema } from './syslog.ts'
import { timeSettingSchema } from './time.ts'
import { roleSpecSchema } from './user.ts'

const listOf = (spec: v.GenericSchema) => v.array(v.object({ spec }))

const SCHEMAS: Readonly<Record<string, v.GenericSchema>> = {
  keyboard: keyboardLayoutSchema,
  network: networkSchema,
  pools: listOf(poolSpecSchema),
  resources: hostResourcesSchema,
  roles: listOf(roleSpecSchema),
  'session-policy': sessionPolicySchema,
  syslog: syslogSchema,
  time: timeSettingSchema,
  virtualFunctions: virtualFunctionsSchema,
}

/** Null, which is that it is not set, always is. */
export function understandsSetting(key: string, value: unknown): boolean {
  if (value === null) return true
  const schema = SCHEMAS[key]
  return schema !== undefined && v.safeParse(schema, value).success
}
