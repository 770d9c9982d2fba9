// Lockdown: who may still come in when the host is closed to most, and by which door.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'

export const LOCKDOWN_MODES = ['normal', 'locked', 'strict'] as const
export type LockdownMode = (typeof LOCKDOWN_MODES)[number]

const names = (title: string, description: string) =>
  v.pipe(
    v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))), v.maxLength(64)), []),
    field({ title, description }),
  )

export const lockdownSchema = closed({
  mode: v.pipe(
    v.picklist(LOCKDOWN_MODES),
    field({
      title: 'Mode',
      description:
        '`normal`: everybody as their permissions say, at the console those who may configure the host. `locked`: over the network only `apiUsers`; at the console only `breakGlass`, for others it shows the status alone. `strict`: over the network only `apiUsers`, at the console nobody; the recovery code opens it.',
      takesEffect: 'live',
    }),
  ),
  apiUsers: names('API users', 'Who may come in over the network while the host is locked.'),
  breakGlass: names('Break-glass users', 'Who may log in at the console while the host is `locked`.'),
})

export type Lockdown = Readonly<v.InferOutput<typeof lockdownSchema>>

export const OPEN: Lockdown = { mode: 'normal', apiUsers: [], breakGlass: [] }

/** What is set, and what there is to get out by. */
export interface LockdownView extends Lockdown {
  /** Counts changes. */
  readonly revision: number
  /** When the recovery code in force was confirmed; null: there is none. */
  readonly recoveryCodeSince: string | null
}
