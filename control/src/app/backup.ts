// Backup and restore of the whole configuration as one file. The certificate's key is not in it: it stays on the machine that made it.
import { BACKUP_FORMAT, type BackupDocument, readBackupDocument } from '../domain/backup.ts'
import { configurationOfSetting, RUNTIME_SETTINGS, SETTINGS_NEVER_RESTORED } from '../domain/generation.ts'
import type { RestoreItem, RestoreStep } from '../domain/restore.ts'
import type { CredentialRecord } from '../ports/store.ts'
import { configurationOfUser } from './generation-draft.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RestoredSecrets, Restorer, RestoreWish } from './restore.ts'

export interface Backups {
  /** The file, and what it may be called. Refuses with `backup.busy`. */
  make(passphrase: string, by: string): Promise<{ readonly name: string; readonly bytes: Uint8Array }>
  /** Refuses with `backup.busy`, `backup.damaged`, `backup.passphrase.wrong`, `backup.too-large`, `backup.format.later`, and what a restore refuses with. */
  restore(file: string, passphrase: string, wish: RestoreWish): Promise<readonly RestoreStep[]>
}

const KINDS = ['token', 'certificate', 'totp'] as const

const PROBLEMS = {
  damaged: { code: 'backup.damaged', field: 'file', message: 'is no backup, or not whole' },
  passphrase: { code: 'backup.passphrase.wrong', field: 'passphrase', message: 'is not that of this file' },
  'too-large': { code: 'backup.too-large', field: 'file', message: 'is too large' },
} as const

export function createBackups(
  { store, host, clock, backupFiles }: Pick<AppPorts, 'store' | 'host' | 'clock' | 'backupFiles'>,
  ledger: Pick<Ledger, 'write' | 'vms'>,
  restorer: Restorer,
): Backups {
  /** Each takes as much memory as three log-ins. */
  let busy = false

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (busy) throw new Refusal('conflict', 'backup.busy', 'Another backup is being made or opened.')
    busy = true
    try {
      return await work()
    } finally {
      busy = false
    }
  }

  const settingKeys = () =>
    store.listSettingKeys().filter((key) => !RUNTIME_SETTINGS.includes(key) && !SETTINGS_NEVER_RESTORED.includes(key))
  const settingNow = (key: string) => configurationOfSetting(key, store.getSetting(key))

  function document(): BackupDocument {
    const credentials = KINDS.flatMap((kind) => store.listCredentials(kind)).map(({ kind, key, user, document }) => ({
      kind,
      key,
      user,
      document: { ...document },
    }))
    const users = store.listUsers().map(({ spec, passwordHash, passwordChangedAt }) => ({ spec, passwordHash, passwordChangedAt }))
    return {
      ...{ format: BACKUP_FORMAT, madeAt: clock.now(), version: host.facts.version, hostname: host.observeStatus().hostname },
      settings: Object.fromEntries(settingKeys().map((key) => [key, settingNow(key)])),
      users: users as BackupDocument['users'],
      credentials,
      vms: [...ledger.vms.values()].map(({ id, spec }) => ({ id, spec: { ...spec } })),
    }
  }

  function itemsFor({ settings, users, vms }: BackupDocument): readonly RestoreItem[] {
    const ofSettings = [...new Set([...Object.keys(settings), ...settingKeys()])]
      .filter((key) => !RUNTIME_SETTINGS.includes(key) && !SETTINGS_NEVER_RESTORED.includes(key))
      .map((id): RestoreItem => ({ kind: 'setting', id, now: settingNow(id), wanted: settings[id] ?? null }))
    const names = new Set([...users.map(({ spec }) => spec.name), ...store.listUsers().map(({ spec }) => spec.name)])
    const ofUsers = [...names].map((id): RestoreItem => {
      const wanted = users.find(({ spec }) => spec.name === id)
      const account = wanted === undefined ? null : { spec: wanted.spec, passwordChangedAt: wanted.passwordChangedAt }
      return { kind: 'user', id, now: configurationOfUser(store.getUser(id)), wanted: account }
    })
    const specs = new Map(vms.map(({ id, spec }) => [id, spec]))
    const ofVms = [...new Set([...specs.keys(), ...ledger.vms.keys()])].map(
      (id): RestoreItem => ({ kind: 'vm', id, now: ledger.vms.get(id)?.spec ?? null, wanted: specs.get(id) ?? null }),
    )
    return [...ofSettings, ...ofUsers, ...ofVms]
  }

  async function read(file: string, passphrase: string): Promise<BackupDocument> {
    const opened = await backupFiles.open(file, passphrase)
    if ('problem' in opened) throw invalid([PROBLEMS[opened.problem]])
    const checked = readBackupDocument(opened.document)
    if (!checked.ok) throw invalid(checked.problems)
    return checked.value
  }

  return {
    make: (passphrase, by) =>
      alone(async () => {
        const made = document()
        const bytes = await backupFiles.seal(JSON.stringify(made), passphrase)
        ledger.write((draft) =>
          draft.event('host.backup-made', 'info', { kind: 'host', id: 'host' }, `A backup of the configuration was made by ${by}.`),
        )
        return { name: `corbel-${made.hostname}-${made.madeAt.replaceAll(/[:.]/g, '-')}.backup`, bytes }
      }),

    restore: (file, passphrase, wish) =>
      alone(async () => {
        const found = await read(file, passphrase)
        const secrets: RestoredSecrets = {
          users: found.users as RestoredSecrets['users'],
          credentials: found.credentials as unknown as readonly CredentialRecord[],
        }
        const told = { code: 'host.configuration-restored', what: `The backup of ${found.hostname} of ${found.madeAt} was restored` }
        return restorer.restore(() => itemsFor(found), told, wish, { secrets })
      }),
  }
}
