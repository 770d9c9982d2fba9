// Takes over what the seed says into the store, once: what is set there already stays as it is.
import { NETWORK_KEYS, resolveNetwork } from '../domain/network-kept.ts'
import { firstUser } from './first-user.ts'
import type { Ledger } from './ledger.ts'
import { RECOVERY_SETTING } from './lockdown.ts'
import type { AppPorts } from './ports.ts'

type Ports = Pick<AppPorts, 'store' | 'host' | 'passwords' | 'clock'>

/** What the seed calls as the store does. */
const SETTINGS = ['keyboard', 'time'] as const

/** Sets those, the recovery code and the network (with the host's name), and makes the administrator, each if the seed has it and the store has not. */
export async function importSeed({ store, host, passwords, clock }: Ports, ledger: Ledger): Promise<void> {
  const { seed } = host.bootOutcome
  const document = seed.state === 'applied' ? seed.document : null
  const administrator = store.countUsers() === 0 ? document?.administrator : undefined
  const passwordHash = administrator === undefined ? null : await hashOf(administrator, passwords)
  const settings = SETTINGS.flatMap((key): { readonly key: string; readonly value: unknown }[] => {
    const value = document?.[key]
    return value === undefined || store.getSetting(key) !== null ? [] : [{ key, value }]
  })
  if (store.getSetting(NETWORK_KEYS.network) === null && (document?.hostname ?? document?.management) !== undefined) {
    settings.push({ key: NETWORK_KEYS.network, value: resolveNetwork((key) => store.getSetting(key), document) })
  }
  // Once it has been used, no later boot with the same seed brings it back.
  const recoveryCode = store.getSetting(RECOVERY_SETTING) === null ? document?.recoveryCode : undefined
  if (passwordHash === null && settings.length === 0 && recoveryCode === undefined) return
  ledger.write((draft) => {
    for (const { key, value } of settings) draft.putSetting(key, value)
    if (recoveryCode !== undefined) draft.putSetting(RECOVERY_SETTING, { hash: recoveryCode.hash, since: clock.now() })
    if (passwordHash !== null) draft.putUser(firstUser(passwordHash, clock.now()))
    draft.event('host.seed-imported', 'info', { kind: 'host', id: 'host' }, 'Settings of the seed were taken over.')
  })
}

async function hashOf(
  administrator: { readonly passwordHash?: string; readonly password?: string },
  passwords: AppPorts['passwords'],
): Promise<string | null> {
  if (administrator.passwordHash !== undefined) return administrator.passwordHash
  return administrator.password === undefined ? null : passwords.hash(administrator.password)
}
