// The chain of the audit log: appends to it, keeps it bounded, and looks through it bit by bit.
import {
  AUDIT_ORIGIN,
  AUDIT_TRIMMED,
  type AuditFacts,
  type AuditMark,
  type AuditVerdict,
  auditText,
  brokenAuditLink,
} from '../domain/audit.ts'
import type { AuditState } from '../ports/audit-store.ts'
import type { Durability } from '../ports/store.ts'
import type { AppPorts } from './ports.ts'

export interface AuditLimits {
  readonly entries: number
  readonly characters: number
  /** How many go at once when there are too many. */
  readonly segment: number
}

export const AUDIT_LIMITS: AuditLimits = { entries: 100_000, characters: 64 * 1024 * 1024, segment: 5_000 }
/** Looked through in one turn of the event loop. */
const SLICE = 250

export interface AuditChain {
  readonly state: AuditState
  /** In one transaction, together with `also`. */
  append(facts: AuditFacts, durability: Durability, also?: () => void): void
  /** All that is there is on disk when it returns. */
  sync(): void
  /** `all`: from the oldest entry on; else from what was looked through before. */
  verify(all: boolean): Promise<AuditVerdict>
}

type Ports = Pick<AppPorts, 'store' | 'clock' | 'passwords'>

export function createAuditChain({ store, clock, passwords }: Ports, limits: AuditLimits): AuditChain {
  const { audit } = store
  let state = audit.getState() ?? { base: AUDIT_ORIGIN, head: AUDIT_ORIGIN, checked: AUDIT_ORIGIN, characters: 0, broken: null }
  adoptLast()
  /** One walk at a time: whoever asks meanwhile is given its outcome. */
  let walking: Promise<AuditVerdict> | null = null

  function lastKept(): AuditMark {
    const [last] = audit.list({ from: { before: Number.MAX_SAFE_INTEGER }, limit: 1 }).rows
    return last === undefined ? state.base : { sequence: last.sequence, hash: last.hash }
  }

  /** A state that is behind its entries, or lost, must not keep new ones from being written. */
  function adoptLast(): void {
    const head = lastKept()
    if (head.sequence <= state.head.sequence) return
    state = { ...state, head, broken: state.broken ?? `entries after ${state.head.sequence} are not the log’s own` }
  }

  function write(facts: AuditFacts): void {
    const text = auditText(state.head, facts)
    const head = { sequence: state.head.sequence + 1, hash: passwords.digest(text) }
    audit.append({ ...head, text })
    state = { ...state, head, characters: state.characters + text.length }
  }

  /** The oldest go, and an entry says up to where: what follows still hangs on the hash that is kept of them. */
  function trim(): void {
    if (state.head.sequence - state.base.sequence <= limits.entries && state.characters <= limits.characters) return
    const { rows } = audit.list({ from: { after: state.base.sequence }, limit: limits.segment })
    const last = rows.at(-1)
    if (last === undefined) return
    const base = { sequence: last.sequence, hash: last.hash }
    const gone = rows.reduce((sum, { text }) => sum + text.length, 0)
    const checked = state.checked.sequence < base.sequence ? base : state.checked
    state = { ...state, base, checked, characters: Math.max(0, state.characters - gone) }
    write({
      ...{ at: clock.now(), user: null, how: 'host', from: 'host', action: AUDIT_TRIMMED, object: {} },
      ...{ what: { through: base.sequence, hash: base.hash, entries: rows.length } },
      ...{ result: 'ok', status: null, code: null, requestId: null, repeated: null },
    })
    audit.putState(state)
    audit.deleteThrough(base.sequence)
  }

  function keep(changed: Pick<AuditState, 'checked' | 'broken'>): void {
    const before = state
    if (changed.checked.sequence === before.checked.sequence && changed.broken === before.broken) return
    state = { ...state, ...changed }
    try {
      store.atomically(() => audit.putState(state), 'ordered')
    } catch (error) {
      state = before
      throw error
    }
  }

  async function walk(all: boolean): Promise<AuditVerdict> {
    const from = all ? state.base : state.checked
    let at = from
    const cut = (problem: string): AuditVerdict => ({ whole: false, problem, from, to: at })
    for (;;) {
      if (at.sequence < state.base.sequence) at = state.base
      const { rows } = audit.list({ from: { after: at.sequence }, limit: SLICE })
      for (const { sequence, hash, text } of rows) {
        const problem = brokenAuditLink(at, text, hash, passwords.digest)
        if (problem !== null) return cut(problem)
        at = { sequence, hash }
      }
      if (rows.length < SLICE) break
      await new Promise<void>((resolve) => clock.after(0, resolve))
    }
    // Also where all of it was looked through before.
    const last = lastKept()
    if (last.sequence < state.head.sequence) return cut(`entries after ${last.sequence} are missing`)
    if (last.hash !== state.head.hash) return cut(`entry ${at.sequence} is not the one that was written last`)
    return { whole: true, problem: null, from, to: at }
  }

  return {
    get state() {
      return state
    },
    append(facts, durability, also) {
      const before = state
      try {
        store.atomically(() => {
          also?.()
          write(facts)
          trim()
          audit.putState(state)
        }, durability)
      } catch (error) {
        state = before
        throw error
      }
    },
    sync: () => store.atomically(() => audit.putState(state)),
    verify(all) {
      walking ??= walk(all)
        .then((verdict) => {
          // A part that is whole does not mend what was found in another.
          if (verdict.whole) keep({ checked: verdict.to, broken: all ? null : state.broken })
          else keep({ checked: state.checked, broken: verdict.problem })
          return verdict
        })
        .finally(() => {
          walking = null
        })
      return walking
    },
  }
}
