// What the audit log holds: one entry for each log-in and each change that was asked for, chained by hash. Pure: the text of an entry, what may not be in it, and whether entries are a chain.

/** By what somebody is known. `host`: what the host does by itself. */
export const AUDIT_HOW = ['session', 'token', 'certificate', 'console', 'host', 'nothing'] as const
export const AUDIT_RESULTS = ['ok', 'refused', 'throttled', 'failed', 'unknown'] as const

export type AuditHow = (typeof AUDIT_HOW)[number]
/** `refused` by a rule, `failed` inside the host; `unknown`: controld ended before the answer. */
export type AuditResult = (typeof AUDIT_RESULTS)[number]

/** Several of a kind in one entry, so that a flood does not push out what matters. */
export interface AuditRepeated {
  readonly count: number
  /** Of the last of them; that of the first is the entry's own. */
  readonly until: string
  /** The first few addresses that they came from. */
  readonly addresses: readonly string[]
}

export interface AuditFacts {
  /** When it was asked for, RFC 3339 in UTC. */
  readonly at: string
  /** Null for nobody known. A name that is no user's is never kept: people type passwords into the wrong field. */
  readonly user: string | null
  readonly how: AuditHow
  /** An address, `console` or `host`. */
  readonly from: string
  /** `login`, or method and route: `PATCH /v1/vms/{id}`. */
  readonly action: string
  /** The parameters of path and query; `location` is where what was made can be found. */
  readonly object: Readonly<Record<string, string>>
  /** The body as sent, secrets left out; null where there is none or none that may be kept. */
  readonly what: unknown
  readonly result: AuditResult
  /** Of HTTP; null where nothing was answered. */
  readonly status: number | null
  /** Of the problem, where there is one. */
  readonly code: string | null
  readonly requestId: string | null
  readonly repeated: AuditRepeated | null
}

export interface AuditEntry extends AuditFacts {
  /** From 1, without gaps. */
  readonly sequence: number
  /** The hash of the entry before. */
  readonly previous: string
}

/** A place in the chain. */
export interface AuditMark {
  readonly sequence: number
  /** SHA-256, lower-case hex. */
  readonly hash: string
}

export interface AuditQuery {
  /** Newest first from below it, or oldest first from above it. */
  readonly from: { readonly before: number } | { readonly after: number }
  readonly limit: number
  readonly user?: string
  /** Part of it. */
  readonly action?: string
  readonly result?: AuditResult
  readonly since?: string
  readonly until?: string
}

/** What comes before the first entry. */
export const AUDIT_ORIGIN: AuditMark = { sequence: 0, hash: '0'.repeat(64) }

/** What was found when entries were looked through. */
export interface AuditVerdict {
  readonly whole: boolean
  /** Where it is cut; null where it is not. */
  readonly problem: string | null
  /** Before the first entry that was looked at. */
  readonly from: AuditMark
  /** The last one that follows. */
  readonly to: AuditMark
}

export interface AuditCheck {
  add(line: string): void
  end(): AuditVerdict
}

/** The action of the entry that says up to where older ones were removed. */
export const AUDIT_TRIMMED = 'audit.trimmed'

/** The text that an entry's hash is taken over. Its first two fields tie it to the entry before. */
export function auditText({ sequence, hash }: AuditMark, facts: AuditFacts): string {
  const { at, user, how, from, action, object, what, result, status, code, requestId, repeated } = facts
  const rest = { at, user, how, from, action, object, what, result, status, code, requestId, repeated }
  return JSON.stringify({ sequence: sequence + 1, previous: hash, ...rest })
}

/** An entry as it is exported: its text with its hash as a last field. */
export function auditLine(text: string, hash: string): string {
  return `${text.slice(0, -1)},"hash":"${hash}"}`
}

/** The two parts of an exported entry; null for what is none. */
export function splitAuditLine(line: string): { readonly text: string; readonly hash: string } | null {
  const parts = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line)
  return parts === null ? null : { text: `${parts[1]}}`, hash: parts[2] ?? '' }
}

/** Why an entry cannot follow `before`, or null where it does. `digest` is SHA-256 in lower-case hex. */
export function brokenAuditLink(before: AuditMark, text: string, hash: string, digest: (text: string) => string): string | null {
  const start = `{"sequence":${before.sequence + 1},"previous":"`
  if (!text.startsWith(start)) return `entry ${before.sequence + 1} is missing`
  if (!text.startsWith(`${before.hash}"`, start.length)) return `entry ${before.sequence + 1} does not follow the one before it`
  return digest(text) === hash ? null : `entry ${before.sequence + 1} has been altered`
}

/** Of these names nothing is kept, wherever they are in a body. A test holds them against the schemas. */
export const SECRET_FIELDS: readonly string[] = [
  ...['password', 'newPassword', 'currentPassword', 'passwordHash', 'secret', 'token', 'code', 'recoveryCode', 'privateKey', 'key'],
  // Of cloud-init: passwords of guests are in them.
  ...['userData', 'metaData', 'networkConfig'],
]
export const LEFT_OUT = '[left out]'
const WHAT_MAX_CHARACTERS = 4_096

/** A body as it may be kept: without secrets, and not without end. */
export function auditableBody(body: unknown): unknown {
  const kept = withoutSecrets(body)
  const { length } = JSON.stringify(kept) ?? ''
  return length <= WHAT_MAX_CHARACTERS ? kept : { leftOut: `${length} characters`, fields: fieldNames(kept) }
}

function fieldNames(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null
    ? Object.keys(value)
        .slice(0, 50)
        .map((name) => name.slice(0, 64))
    : []
}

/** The same value with every field of those names left out. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_FIELDS.includes(name) && member !== null ? LEFT_OUT : withoutSecrets(member),
    ]),
  )
}

/**
 * Whether exported lines, oldest first, are a whole chain: each follows from the one before, and the first from the beginning or from what an entry says was removed.
 * `digest` is SHA-256 in lower-case hex.
 */
export function createAuditCheck(digest: (text: string) => string): AuditCheck {
  let first: AuditMark | null = null
  let at = AUDIT_ORIGIN
  let problem: string | null = null
  const removed = new Set<string>()

  /** An export may begin after others that were removed. */
  function startAt(text: string): AuditMark {
    const { sequence, previous } = JSON.parse(text) as AuditEntry
    return { sequence: sequence - 1, hash: previous }
  }

  return {
    add(line) {
      if (problem !== null) return
      const parts = splitAuditLine(line)
      if (parts === null) {
        problem = `after entry ${at.sequence} comes what is no entry`
        return
      }
      if (first === null) {
        first = startAt(parts.text)
        at = first
      }
      problem = brokenAuditLink(at, parts.text, parts.hash, digest)
      if (problem !== null) return
      at = { sequence: at.sequence + 1, hash: parts.hash }
      const { action, what } = JSON.parse(parts.text) as AuditEntry
      if (action === AUDIT_TRIMMED) removed.add(trimmedTo(what))
    },
    end() {
      const from = first ?? AUDIT_ORIGIN
      const isAnchored = from.sequence === 0 ? from.hash === AUDIT_ORIGIN.hash : removed.has(`${from.sequence} ${from.hash}`)
      const unanchored = `no entry says that those up to ${from.sequence} were removed`
      return { whole: problem === null && isAnchored, problem: problem ?? (isAnchored ? null : unanchored), from, to: at }
    },
  }
}

function trimmedTo(what: unknown): string {
  const { through, hash } = (what ?? {}) as { readonly through?: unknown; readonly hash?: unknown }
  return `${String(through)} ${String(hash)}`
}
