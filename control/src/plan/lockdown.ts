// Who is let in by which door in which mode of lockdown, and which lockdown would let nobody out again. Pure.
import type { Lockdown } from '../domain/lockdown.ts'
import type { Problem } from '../domain/problem.ts'

/** `network`: a password, a session, a token or a certificate over the network. `console`: someone logging in, or logged in, at the machine. */
export type Door = 'network' | 'console'

export interface Comer {
  readonly name: string
  /** Whether they may configure the host: the console is for those. */
  readonly configures: boolean
}

export interface Turned {
  readonly code: string
  readonly message: string
}

/** Null: let in, to whatever their permissions allow. */
export function decideEntry({ mode, apiUsers, breakGlass }: Lockdown, door: Door, { name, configures }: Comer): Turned | null {
  if (door === 'network') return mode === 'normal' || apiUsers.includes(name) ? null : NOT_NAMED
  if (mode === 'strict') return CONSOLE_CLOSED
  if (mode === 'locked' && !breakGlass.includes(name)) return NOT_BREAK_GLASS
  return configures ? null : CONSOLE_FORBIDDEN
}

const NOT_NAMED: Turned = {
  code: 'lockdown.not-named',
  message: 'The host is locked: only users named in its lockdown may come in.',
}
const NOT_BREAK_GLASS: Turned = {
  code: 'lockdown.not-break-glass',
  message: 'The host is locked: only users of its break-glass list may log in at the console.',
}
export const CONSOLE_CLOSED: Turned = {
  code: 'lockdown.console-closed',
  message: 'Strict lockdown: nobody may log in at the console. The recovery code opens it.',
}
const CONSOLE_FORBIDDEN: Turned = {
  code: 'lockdown.console-administrators',
  message: 'The console is for users who may configure the host.',
}

/** A user, as far as a way out depends on them. */
export interface Known extends Comer {
  readonly enabled: boolean
  /** Whether they may change the lockdown. */
  readonly unlocks: boolean
}

/** Whether someone is left who could open the host again over the network. */
export function isWayOutLeft({ mode, apiUsers }: Pick<Lockdown, 'mode' | 'apiUsers'>, users: readonly Known[]): boolean {
  return mode === 'normal' || users.some(({ name, enabled, unlocks }) => enabled && unlocks && apiUsers.includes(name))
}

/** Everything that is wrong with a lockdown that somebody wants. */
export function problemsOfLockdown(wanted: Lockdown, users: readonly Known[], hasRecoveryCode: boolean): readonly Problem[] {
  const known = new Map(users.map((user) => [user.name, user]))
  const unknown = (list: 'apiUsers' | 'breakGlass') =>
    wanted[list].flatMap((name, index): Problem[] => {
      const field = `${list}[${index}]`
      if (wanted[list].indexOf(name) < index) return [{ code: 'lockdown.user.twice', field, message: 'is named twice', got: name }]
      if (!known.has(name)) return [{ code: 'lockdown.user.unknown', field, message: 'is no user of this host', got: name }]
      return []
    })
  const barred = wanted.breakGlass.flatMap((name, index): Problem[] => {
    const message = 'may not configure the host, and so has no use of the console'
    return known.get(name)?.configures === false
      ? [{ code: 'lockdown.break-glass.useless', field: `breakGlass[${index}]`, message, got: name }]
      : []
  })
  const trapped: Problem = {
    code: 'lockdown.nobody-left',
    field: 'apiUsers',
    message: 'must name a user who is enabled and may change the lockdown: nobody else could open the host again',
  }
  const codeless: Problem = {
    code: 'lockdown.no-recovery-code',
    field: 'mode',
    message: 'needs a recovery code that has been noted and confirmed: it is the only way in at the console then',
  }
  return [
    ...unknown('apiUsers'),
    ...unknown('breakGlass'),
    ...barred,
    ...(isWayOutLeft(wanted, users) ? [] : [trapped]),
    ...(wanted.mode === 'strict' && !hasRecoveryCode ? [codeless] : []),
  ]
}
