// A recovery code that was made and not yet confirmed: told once, and typed back in part before it counts.
import {
  type NewRecoveryCode,
  pickGroups,
  RECOVERY_BYTES,
  RECOVERY_GROUPS,
  renderRecoveryCode,
  splitRecoveryCode,
} from '../domain/recovery-code.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'

/** To write it down, and to type some of it. */
const CONFIRM_WITHIN_MS = 900_000

export interface NewCode {
  /** One made before and not confirmed is void. */
  make(): Promise<NewRecoveryCode>
  /** The hash of the code, whose groups that were asked for these are. Refuses with `recovery.nothing-to-confirm`, or with each group that is wrong. */
  check(groups: readonly string[]): string
  forget(): void
}

interface Pending {
  readonly code: string
  readonly hash: string
  readonly confirm: readonly number[]
  readonly untilMs: number
}

export function createNewRecoveryCode({ passwords, random, clock }: Pick<AppPorts, 'passwords' | 'random' | 'clock'>): NewCode {
  /** In memory alone: who has not confirmed it by the time that controld ends makes another. */
  let pending: Pending | null = null
  return {
    async make() {
      const code = renderRecoveryCode(random.bytes(RECOVERY_BYTES))
      const hash = await passwords.hash(splitRecoveryCode(code).join(''))
      const confirm = pickGroups(random.bytes(RECOVERY_GROUPS))
      pending = { code, hash, confirm, untilMs: clock.monotonicMs() + CONFIRM_WITHIN_MS }
      return { code, confirm, validSeconds: CONFIRM_WITHIN_MS / 1000 }
    },
    check(groups) {
      if (pending === null || clock.monotonicMs() >= pending.untilMs) {
        pending = null
        throw new Refusal('conflict', 'recovery.nothing-to-confirm', 'No new recovery code waits to be confirmed. Make one.')
      }
      const { code, hash, confirm } = pending
      const all = splitRecoveryCode(code)
      const wrong = confirm.flatMap((number, index) => {
        const message = `is not group ${number} of the new code`
        return groups[index] === all[number - 1] ? [] : [{ code: 'recovery.group.wrong', field: `groups[${index}]`, message }]
      })
      if (wrong.length > 0 || groups.length !== confirm.length) {
        throw invalid(
          wrong.length > 0 ? wrong : [{ code: 'recovery.group.too-many', field: 'groups', message: `must have ${confirm.length} entries` }],
        )
      }
      return hash
    },
    forget() {
      pending = null
    },
  }
}
