// Takes over what the seed says into the store, once: what is set there already stays as it is.
import { FIRST_USER } from '../domain/user.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export const DEFAULT_HOSTNAME = 'corbel'

type Ports = Pick<AppPorts, 'store' | 'host' | 'passwords'>

/** Sets `hostname` and `management` and makes the administrator, each if the seed has it and the store has not. */
export async function importSeed({ store, host, passwords }: Ports, ledger: Ledger): Promise<void> {
  const { seed } = host.bootOutcome
  const document = seed.state === 'applied' ? seed.document : null
  const administrator = store.countUsers() === 0 ? document?.administrator : undefined
  const passwordHash = administrator === undefined ? null : await hashOf(administrator, passwords)
  const hostname = store.getSetting('hostname') === null ? (document?.hostname ?? null) : null
  const management = store.getSetting('management') === null ? (document?.management ?? null) : null
  if (passwordHash === null && hostname === null && management === null) return
  ledger.write((draft) => {
    if (hostname !== null) draft.putSetting('hostname', hostname)
    if (management !== null) draft.putSetting('management', management)
    if (passwordHash !== null) draft.putUser({ name: FIRST_USER, passwordHash, role: 'administrator' })
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
