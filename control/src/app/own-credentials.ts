// API tokens and client certificates: made, listed, revoked; and who is behind one. What they may is what their owner may at that moment, or less.
import {
  API_TOKEN_PREFIX,
  type ApiTokenRequest,
  type CertificateRequest,
  CREDENTIALS_PER_USER,
  type CredentialDocuments,
  expiryProblem,
  narrowed,
  plainFingerprint,
} from '../domain/credential.ts'
import type { Held } from '../domain/permission.ts'
import { certificateDer, parseCertificate } from '../domain/x509.ts'
import type { CredentialRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'

const TOKEN_BYTES = 32
/** No write for each request. */
const LAST_USE_GRAIN_MS = 60_000

export interface ApiToken extends Omit<CredentialDocuments['token'], 'scope'> {
  readonly scope: readonly Held[] | null
}
export interface ClientCertificate extends Omit<CredentialDocuments['certificate'], 'scope'> {
  readonly fingerprint: string
  readonly scope: readonly Held[] | null
}

/** Whose a credential is, and what it is good for just now. */
export interface Bearer {
  readonly user: string
  readonly held: readonly Held[]
  /** By which it is found again. */
  readonly key: string
}

export interface OwnCredentials {
  listTokens(user: string): readonly ApiToken[]
  /** `secret` is shown this once. Refuses with `token.expiresAt.past`, `token.expiresAt.too-far`, `token.certificate.unknown`, `token.too-many`. */
  makeToken(user: string, request: ApiTokenRequest, by: string): ApiToken & { readonly secret: string }
  /** Refuses with `token.not-found`. */
  revokeToken(user: string, id: string, by: string): void
  listCertificates(user: string): readonly ClientCertificate[]
  /** Refuses with `certificate.pem.invalid`, `certificate.pem.private-key`, `certificate.expired`, `certificate.registered-already`, `certificate.too-many`. */
  registerCertificate(user: string, request: CertificateRequest, by: string): ClientCertificate
  /** Refuses with `certificate.not-found`. */
  revokeCertificate(user: string, fingerprint: string, by: string): void
  /** Null when it is none, no longer one, or bound to another certificate than `fingerprint`. */
  bearerOfToken(secret: string, fingerprint: string | null): Bearer | null
  /** As before, by what {@link Bearer.key} says. */
  bearerOf(kind: 'token' | 'certificate', key: string, fingerprint: string | null): Bearer | null
  /** Whether clients are to be asked for certificates: while any is registered. */
  readonly certificatesWanted: boolean
  /** Tells when that changes. */
  onCertificatesWanted(listener: (wanted: boolean) => void): void
}

type Ports = Pick<AppPorts, 'store' | 'passwords' | 'clock' | 'random' | 'log'>

/** `heldBy`: what a user may now, null when there is no such user. */
export function createOwnCredentials(
  { store, passwords, clock, random, log }: Ports,
  ledger: Ledger,
  heldBy: (user: string) => readonly Held[] | null,
): OwnCredentials {
  const listeners: ((wanted: boolean) => void)[] = []
  let wanted = store.listCredentials('certificate').length > 0

  const viewCertificate = ({ key, document }: CredentialRecord<'certificate'>): ClientCertificate => ({ fingerprint: key, ...document })
  const listTokens = (user: string) => store.listCredentials('token', user).map(({ document }) => document)
  const listCertificates = (user: string) => store.listCredentials('certificate', user).map(viewCertificate)

  function compareWanted(): void {
    const now = store.listCredentials('certificate').length > 0
    if (now === wanted) return
    wanted = now
    for (const listener of listeners) listener(now)
  }

  // Of users who are deleted, too.
  ledger.follow(({ target }) => {
    if (target.kind === 'user') compareWanted()
  })

  function refuseMany(count: number, code: string): void {
    if (count >= CREDENTIALS_PER_USER) throw new Refusal('conflict', code, `A user has at most ${CREDENTIALS_PER_USER}.`)
  }

  function used(credential: CredentialRecord): void {
    const now = clock.now()
    const last = (credential as CredentialRecord<'token' | 'certificate'>).document.lastUsedAt
    if (last !== null && Math.abs(Date.parse(now) - Date.parse(last)) < LAST_USE_GRAIN_MS) return
    try {
      store.putCredential({ ...credential, document: { ...credential.document, lastUsedAt: now } } as CredentialRecord)
    } catch (error) {
      // A full disk keeps nobody out.
      log('warning', `the use of a credential could not be noted: ${String(error)}`)
    }
  }

  function bearerOf(kind: 'token' | 'certificate', key: string, fingerprint: string | null): Bearer | null {
    const credential = store.getCredential(kind, key)
    if (credential === null) return null
    const { document, user } = credential
    const now = clock.now()
    if ('expiresAt' in document) {
      if (document.expiresAt <= now || (document.certificate !== null && document.certificate !== fingerprint)) return null
      // The one that it is bound to has to be good itself.
      if (document.certificate !== null && bearerOf('certificate', document.certificate, fingerprint)?.user !== user) return null
    } else if (key !== fingerprint || now < document.notBefore || now >= document.notAfter) return null
    const held = heldBy(user)
    if (held === null) return null
    used(credential)
    return { user, held: narrowed(held, document.scope), key }
  }

  return {
    listTokens,
    listCertificates,
    bearerOf,
    bearerOfToken: (secret, fingerprint) => bearerOf('token', passwords.digest(secret), fingerprint),

    makeToken(user, { name, expiresAt, scope, certificate }, by) {
      const now = clock.now()
      const problem = expiryProblem(expiresAt, now)
      if (problem !== null) {
        const message = problem === 'past' ? 'must be in the future' : 'must be within a year'
        throw invalid([{ code: `token.expiresAt.${problem}`, field: 'expiresAt', message }])
      }
      const bound = certificate === null ? null : plainFingerprint(certificate)
      if (bound !== null && store.getCredential('certificate', bound)?.user !== user) {
        throw invalid([{ code: 'token.certificate.unknown', field: 'certificate', message: `is no registered certificate of ${user}` }])
      }
      refuseMany(listTokens(user).length, 'token.too-many')
      const secret = `${API_TOKEN_PREFIX}${random.token(TOKEN_BYTES)}`
      const document = {
        ...{ id: random.uuid(), name, createdAt: now, expiresAt: new Date(expiresAt).toISOString() },
        ...{ scope, certificate: bound, lastUsedAt: null },
      }
      ledger.write((draft) => {
        draft.putCredential({ kind: 'token', key: passwords.digest(secret), user, document })
        draft.event('user.token.made', 'info', { kind: 'user', id: user }, `${by} made the API token "${name}" of ${user}.`)
      })
      return { ...document, secret }
    },

    revokeToken(user, id, by) {
      const found = store.listCredentials('token', user).find(({ document }) => document.id === id)
      if (found === undefined) throw new Refusal('not-found', 'token.not-found', `${user} has no such token.`)
      ledger.write((draft) => {
        draft.deleteCredential('token', found.key)
        draft.event(
          'user.token.revoked',
          'info',
          { kind: 'user', id: user },
          `${by} revoked the API token "${found.document.name}" of ${user}.`,
        )
      })
    },

    registerCertificate(user, { name, pem, scope }, by) {
      if (pem.includes('PRIVATE KEY')) {
        throw invalid([
          { code: 'certificate.pem.private-key', field: 'pem', message: 'has a private key in it; send the certificate alone' },
        ])
      }
      const der = certificateDer(pem)
      const facts = der === null ? null : parseCertificate(der)
      if (der === null || facts === null) {
        throw invalid([{ code: 'certificate.pem.invalid', field: 'pem', message: 'must be one certificate in PEM' }])
      }
      const now = clock.now()
      if (facts.notAfter <= now) throw invalid([{ code: 'certificate.expired', field: 'pem', message: `was good until ${facts.notAfter}` }])
      const key = passwords.digestBytes(der)
      if (store.getCredential('certificate', key) !== null) {
        throw new Refusal('conflict', 'certificate.registered-already', 'This certificate is registered already.')
      }
      refuseMany(listCertificates(user).length, 'certificate.too-many')
      const document = { name, ...facts, registeredAt: now, scope, lastUsedAt: null }
      ledger.write((draft) => {
        draft.putCredential({ kind: 'certificate', key, user, document })
        const message = `${by} registered the client certificate "${name}" of ${user}, ${key.slice(0, 16)}….`
        draft.event('user.certificate.registered', 'info', { kind: 'user', id: user }, message)
      })
      return { fingerprint: key, ...document }
    },

    revokeCertificate(user, fingerprint, by) {
      const found = store.getCredential('certificate', plainFingerprint(fingerprint))
      if (found?.user !== user) throw new Refusal('not-found', 'certificate.not-found', `${user} has no such certificate.`)
      ledger.write((draft) => {
        draft.deleteCredential('certificate', found.key)
        const message = `${by} revoked the client certificate "${found.document.name}" of ${user}.`
        draft.event('user.certificate.revoked', 'info', { kind: 'user', id: user }, message)
      })
    },

    get certificatesWanted() {
      return wanted
    },
    onCertificatesWanted(listener) {
      listeners.push(listener)
    },
  }
}
