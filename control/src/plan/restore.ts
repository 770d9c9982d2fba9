// Decides what of an earlier or other configuration is put back, and what stays as it is: VMs that run, the author's way in, what the host is locked with.
import { differingFields, SETTINGS_NEVER_RESTORED } from '../domain/generation.ts'
import type { RestoreItem, RestoreStep } from '../domain/restore.ts'

export interface RestoreFacts {
  /** Whose account and roles stay as they are. Null: nobody asks who has one, so all accounts stay. */
  readonly author: { readonly name: string; readonly roles: readonly string[] } | null
  /** Whether accounts that are not there now come with their passwords, codes and tokens. */
  readonly withSecrets: boolean
  /** Whether the author may give, or take, what an account has: by the roles as they are and as they would be. Of null: nothing. */
  coversAccount(account: unknown, roles: unknown): boolean
  /** Whether the author has every permission of these roles. */
  coversRoles(roles: unknown): boolean
  /** Whether this version makes anything of it. */
  understandsSetting(key: string, value: unknown): boolean
  /** `off`, `running` (or suspended: it has a state of its own), or `busy` with a task. */
  vmState(id: string): 'off' | 'running' | 'busy'
  /** Which files of its disks and media are not there, in words, or null. */
  missingFiles(id: string, wanted: unknown): string | null
  /** By id, why a VM cannot have the spec that is wanted for it: it is not understood, or clashes with what the others are then. `pools` undefined: as they are. */
  clashes(wanted: ReadonlyMap<string, unknown>, removed: ReadonlySet<string>, pools: unknown): ReadonlyMap<string, string>
  /** Why pools and the host's resources cannot be as they would be then, or null. Undefined: as they are. */
  poolProblem(pools: unknown, resources: unknown, wanted: ReadonlyMap<string, unknown>, removed: ReadonlySet<string>): string | null
  /** Whether somebody may do everything who can log in, with these accounts in place of those of the same names; null: none. */
  isAdministered(accounts: ReadonlyMap<string, unknown>): boolean
}

const ACCOUNTS_STAY = 'Accounts stay as they are.'
const BEYOND = 'It is beyond the rights of whoever asks for it.'
const POOL_SETTINGS = ['pools', 'resources']

/** One step for each item that is different, in the order given. */
export function planRestore(items: readonly RestoreItem[], facts: RestoreFacts): readonly RestoreStep[] {
  const different = items.filter(({ now, wanted }) => differingFields(now, wanted).length > 0)
  const setting = (key: string) => different.find(({ kind, id }) => kind === 'setting' && id === key)?.wanted
  const users = planUsers(different, facts, setting('roles'))
  // Pools hang on VMs and VMs on pools: what cannot be is left out, and the rest looked at again.
  for (let kept: ReadonlyMap<string, string> = new Map(); ; ) {
    const vms = different.filter(({ kind }) => kind === 'vm').map((item) => planVm(item, facts, kept.get(item.id)))
    const { wanted, removed } = outcomeOf(vms, different)
    const poolProblem = facts.poolProblem(setting('pools'), setting('resources'), wanted, removed)
    const clash = facts.clashes(wanted, removed, poolProblem === null ? setting('pools') : undefined)
    if (clash.size > 0) {
      kept = new Map([...kept, ...clash])
      continue
    }
    const settings = planSettings(different, facts, poolProblem)
    const steps = new Map([...users, ...vms, ...settings].map((step) => [`${step.kind} ${step.id}`, step]))
    return different.flatMap(({ kind, id }) => steps.get(`${kind} ${id}`) ?? [])
  }
}

function step(item: RestoreItem, action: RestoreStep['action'], note: string | null): RestoreStep {
  const { kind, id, now, wanted } = item
  const { name } = (wanted ?? now) as { readonly name?: unknown }
  return { kind, id, name: kind === 'vm' && typeof name === 'string' ? name : id, action, note, fields: differingFields(now, wanted) }
}

function actionOf({ now, wanted }: RestoreItem): RestoreStep['action'] {
  if (wanted === null) return 'remove'
  return now === null ? 'add' : 'change'
}

function planVm(item: RestoreItem, facts: RestoreFacts, clash: string | undefined): RestoreStep {
  if (clash !== undefined) return step(item, 'keep', clash)
  const action = actionOf(item)
  if (action === 'add') return step(item, action, facts.missingFiles(item.id, item.wanted))
  const state = facts.vmState(item.id)
  if (state === 'busy') return step(item, 'keep', 'A task is at work on it.')
  if (action === 'remove') {
    return state === 'running' ? step(item, 'keep', 'It is not off.') : step(item, action, 'The files of its disks stay.')
  }
  return step(item, action, state === 'running' ? 'It runs on with what it has; this is in force from its next power-on.' : null)
}

function outcomeOf(steps: readonly RestoreStep[], items: readonly RestoreItem[]) {
  const wanted = new Map<string, unknown>()
  const removed = new Set<string>()
  for (const { id, action } of steps) {
    if (action === 'remove') removed.add(id)
    if (action === 'add' || action === 'change') wanted.set(id, items.find((item) => item.kind === 'vm' && item.id === id)?.wanted)
  }
  return { wanted, removed }
}

function planUsers(items: readonly RestoreItem[], facts: RestoreFacts, roles: unknown): readonly RestoreStep[] {
  const { author } = facts
  const steps = items
    .filter(({ kind }) => kind === 'user')
    .map((item): RestoreStep => {
      if (author === null) return step(item, 'keep', ACCOUNTS_STAY)
      if (item.id === author.name) return step(item, 'keep', 'The account of whoever asks for it stays as it is.')
      if (![item.now, item.wanted].every((one) => facts.coversAccount(one, roles))) return step(item, 'keep', BEYOND)
      if (item.wanted === null) return step(item, 'remove', null)
      if (item.now === null) return step(item, 'add', facts.withSecrets ? null : 'Comes back without password, codes and tokens.')
      return specOf(item.now) === specOf(item.wanted) ? step(item, 'keep', 'Passwords stay as they are.') : step(item, 'change', null)
    })
  const after = new Map(
    steps
      .filter(({ action }) => action !== 'keep')
      .map(({ id }) => [id, items.find((item) => item.kind === 'user' && item.id === id)?.wanted]),
  )
  if (after.size === 0 || facts.isAdministered(after)) return steps
  const note = 'Nobody would be left who may do everything and can log in.'
  return steps.map((one) => (one.action === 'keep' ? one : { ...one, action: 'keep', note }))
}

function specOf(account: unknown): string {
  return JSON.stringify((account as { readonly spec?: unknown }).spec)
}

function planSettings(items: readonly RestoreItem[], facts: RestoreFacts, poolProblem: string | null): readonly RestoreStep[] {
  const settings = items.filter(({ kind }) => kind === 'setting')
  return settings.map((item) => {
    if (SETTINGS_NEVER_RESTORED.includes(item.id)) return step(item, 'keep', 'Who may open the host stays as it is.')
    if (!facts.understandsSetting(item.id, item.wanted)) return step(item, 'keep', 'This version does not understand it.')
    if (POOL_SETTINGS.includes(item.id) && poolProblem !== null) return step(item, 'keep', poolProblem)
    if (item.id === 'roles' && facts.author === null) return step(item, 'keep', ACCOUNTS_STAY)
    if (item.id === 'roles' && ![item.now, item.wanted].every(facts.coversRoles)) return step(item, 'keep', BEYOND)
    if (item.id === 'roles' && hasOwnRoleOf(item, facts)) return step(item, 'keep', 'A role of whoever asks for it would be another.')
    if (item.id === 'network') return step(item, actionOf(item), 'It is undone unless it is confirmed over the new path or at the console.')
    if (item.id === 'virtualFunctions') return step(item, actionOf(item), 'In force from the next start of the host.')
    return step(item, actionOf(item), null)
  })
}

/** Whether a role that the author has would be gone or changed. */
function hasOwnRoleOf({ now, wanted }: RestoreItem, { author }: RestoreFacts): boolean {
  if (author === null) return false
  const found = (roles: unknown, name: string) =>
    JSON.stringify(
      (Array.isArray(roles) ? (roles as { readonly spec?: { readonly name?: string } }[]) : []).find(({ spec }) => spec?.name === name),
    )
  return author.roles.some((name) => found(now, name) !== found(wanted, name))
}
