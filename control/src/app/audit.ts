// The audit log: who asked for what, from where, and what became of it. What is acknowledged has an entry, also after a power cut.
import {
  AUDIT_ORIGIN,
  type AuditEntry,
  type AuditFacts,
  type AuditMark,
  type AuditQuery,
  type AuditResult,
  type AuditVerdict,
  auditableBody,
} from '../domain/audit.ts'
import type { Durability } from '../ports/store.ts'
import { AUDIT_LIMITS, type AuditLimits, createAuditChain } from './audit-chain.ts'
import { createAuditFlood } from './audit-flood.ts'
import { eventually } from './eventually.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

/** What is known of a request before it is handled. */
export type AuditAsked = Pick<AuditFacts, 'user' | 'how' | 'from' | 'action' | 'object' | 'what'>

export interface AuditOutcome {
  readonly status: number
  readonly code: string | null
  /** Where what was made can be found. */
  readonly location: string | null
}

/** One request that is to have an entry. */
export interface AuditTrail {
  readonly requestId: string
  /** Before anything is changed: from here on there will be an entry whatever happens. Throws `StoreFailure`, and then nothing may be changed. */
  begin(asked: AuditAsked): void
  /** Before the answer goes out. Throws `StoreFailure` where the entry of a success that never began cannot be kept. */
  end(asked: AuditAsked, outcome: AuditOutcome): void
}

export interface StoredAuditEntry extends AuditEntry {
  readonly hash: string
}

export interface Audit {
  open(): AuditTrail
  list(query: AuditQuery): { readonly items: readonly StoredAuditEntry[]; readonly next: number | null }
  /** Entries as they are exported, oldest first. */
  lines(query: AuditQuery): { readonly lines: readonly (AuditMark & { readonly text: string })[]; readonly next: number | null }
  /** Looks through all that is kept. */
  verify(): Promise<AuditVerdict>
  summary(): { readonly base: AuditMark; readonly head: AuditMark; readonly problem: string | null }
  /** The newest entry that no power cut takes back: at most a second behind. What goes elsewhere is not to be ahead of it. */
  durable(): AuditMark
  /** Told when that has moved on. */
  follow(listener: () => void): void
  isUser(name: string): boolean
  /** Ends what a controld before this one left open, and looks through what is new since it last did. */
  start(): void
  /** Before controld ends: what has been counted and not told. */
  flush(): void
}

type Ports = Pick<AppPorts, 'store' | 'clock' | 'random' | 'passwords' | 'log'>

const SYNC_AFTER_MS = 1_000

export function createAudit(ports: Ports, ledger: Ledger, limits: AuditLimits = AUDIT_LIMITS): Audit {
  const { store, clock, random, log } = ports
  const chain = createAuditChain(ports, limits)
  const listeners: (() => void)[] = []
  const flood = createAuditFlood(clock, (facts) => tryTo('what was counted', () => append(facts, 'ordered')))

  let durable: AuditMark = AUDIT_ORIGIN
  /** The newest entry as it was when so often had been synced; durable once more was. */
  let pending: { readonly mark: AuditMark; readonly syncs: number } | null = { mark: chain.state.head, syncs: store.syncs }
  let isFlushing = false

  function settleDurable(): void {
    if (pending === null || store.syncs === pending.syncs) return
    durable = pending.mark
    pending = null
  }

  function append(facts: AuditFacts, durability: Durability, also?: () => void): void {
    settleDurable()
    chain.append(facts, durability, also)
    pending = durability === 'synced' ? null : { mark: chain.state.head, syncs: store.syncs }
    if (pending === null) moveOn(chain.state.head)
    else syncSoon()
  }

  function moveOn(mark: AuditMark): void {
    durable = mark
    for (const listener of listeners) listener()
  }

  /** Whatever else is synced meanwhile does as well. */
  function syncSoon(): void {
    if (isFlushing) return
    isFlushing = true
    clock.after(SYNC_AFTER_MS, () => {
      isFlushing = false
      settleDurable()
      if (pending !== null) tryTo('what is to be synced', chain.sync)
      settleDurable()
      if (pending !== null) syncSoon()
      moveOn(durable)
    })
  }

  function tryTo(what: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      log('error', `audit: ${what} could not be written: ${String(error)}`)
    }
  }

  async function check(all: boolean): Promise<AuditVerdict> {
    const known = chain.state.broken
    const verdict = await chain.verify(all)
    if (verdict.problem !== null && verdict.problem !== known) {
      log('error', `audit: the chain is cut: ${verdict.problem}`)
      ledger.write((draft) =>
        draft.event('audit.chain-broken', 'error', { kind: 'host', id: 'host' }, `The audit log is not whole: ${verdict.problem}.`),
      )
    }
    return verdict
  }

  function endAttempts(): void {
    for (const { id, text } of store.audit.listAttempts()) {
      tryTo('what was under way', () => append(JSON.parse(text) as AuditFacts, 'synced', () => store.audit.deleteAttempt(id)))
    }
  }

  return {
    open() {
      const requestId = random.uuid()
      const at = clock.now()
      let begun: { readonly syncs: number } | null = null

      const factsOf = (asked: AuditAsked, result: AuditResult, { status = null, code = null }: Partial<AuditFacts> = {}): AuditFacts => ({
        ...{ at, ...asked, what: auditableBody(asked.what) ?? null, result, status, code, requestId, repeated: null },
      })
      const forget = () => {
        if (begun !== null) store.audit.deleteAttempt(requestId)
      }

      return {
        requestId,
        begin(asked) {
          const text = JSON.stringify(factsOf(asked, 'unknown'))
          store.atomically(() => store.audit.putAttempt(requestId, text), 'ordered')
          begun = { syncs: store.syncs }
        },
        end(asked, outcome) {
          const { status, code, location } = outcome
          const object = location === null ? asked.object : { ...asked.object, location }
          const facts = factsOf({ ...asked, object }, resultOf(status), { status, code })
          if ((facts.result === 'refused' || facts.result === 'throttled') && !flood.takes(facts)) {
            if (begun !== null) tryTo('the end of an attempt', () => store.atomically(forget, 'ordered'))
          } else if (begun !== null) {
            // The attempt is on disk once anything later is; only what synced nothing has to wait for it here.
            const durability = facts.result === 'ok' && store.syncs === begun.syncs ? 'synced' : 'ordered'
            void eventually(ports, `the audit entry of ${facts.action}`, () => append(facts, durability, forget))
          } else if (facts.result === 'ok') append(facts, 'synced')
          else tryTo(`the entry of ${facts.action}`, () => append(facts, 'ordered'))
        },
      }
    },

    list(query) {
      const { rows, next } = store.audit.list(query)
      return { items: rows.map(({ text, hash }) => ({ ...(JSON.parse(text) as AuditEntry), hash })), next }
    },
    lines(query) {
      const { rows, next } = store.audit.list(query)
      return { lines: rows, next }
    },
    verify: () => check(true),
    summary: () => ({ base: chain.state.base, head: chain.state.head, problem: chain.state.broken }),
    durable: () => durable,
    follow: (listener) => void listeners.push(listener),
    isUser: (name) => store.getUser(name) !== null,
    start() {
      endAttempts()
      if (pending !== null && pending.mark.sequence > 0) syncSoon()
      check(false).catch((error: unknown) => log('error', `audit: the chain could not be looked through: ${String(error)}`))
    },
    flush: flood.flush,
  }
}

function resultOf(status: number): AuditResult {
  if (status < 400) return 'ok'
  if (status === 429) return 'throttled'
  return status < 500 ? 'refused' : 'failed'
}
