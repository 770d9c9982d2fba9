// Connections to one host whose certificate is known by its fingerprint. Nothing is sent on a connection before its certificate has been checked.
import { Agent } from 'node:https'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { Address } from './address.ts'
import { EXIT } from './exit-codes.ts'
import { type Failure, failure } from './failure.ts'
import { unreachable } from './unreachable.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** In PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

type Created = NonNullable<Parameters<Agent['createConnection']>[1]>

/**
 * The fingerprint alone decides: whether some authority has signed the certificate, and for which name, says less. Sessions are not resumed, as that
 * would not show the certificate again.
 */
export class PinnedAgent extends Agent {
  readonly #address: Address
  readonly #fingerprint: string
  readonly #certificate: ClientCertificate | undefined

  constructor(address: Address, fingerprint: string, certificate?: ClientCertificate) {
    super({ keepAlive: true, maxCachedSessions: 0 })
    this.#address = address
    this.#fingerprint = fingerprint
    this.#certificate = certificate
  }

  /** A request gets its socket from here, whatever host it names; the callback is the agent's own. */
  override createConnection(_options: unknown, created?: Created): undefined {
    connectTls(this.#address, this.#certificate).then(
      (socket) => {
        const seen = fingerprintOf(socket)
        if (seen === this.#fingerprint) return created?.(null, socket)
        socket.destroy()
        fail(created, changed(this.#address, this.#fingerprint, seen))
      },
      (error: Error) => fail(created, error),
    )
    return undefined
  }
}

/** Node's agents take an error alone. */
function fail(created: Created | undefined, error: Error): void {
  const told = created as ((error: Error) => void) | undefined
  told?.(error)
}

/** What the host shows; nothing is sent to it. Anyone could be at the other end: somebody has to confirm it. */
export async function presentedFingerprint(address: Address): Promise<string> {
  const socket = await connectTls(address)
  const seen = fingerprintOf(socket)
  socket.destroy()
  if (seen === null) throw failure(EXIT.unreachable, 'host.no-certificate', 'The host shows no certificate.')
  return seen
}

export function changed({ host }: Address, expected: string, seen: string | null): Failure {
  const lines = [
    `The certificate of ${host} is not the one that was confirmed.`,
    `Confirmed: ${expected}.`,
    `Shown:     ${seen ?? 'none'}.`,
  ]
  return failure(EXIT.certificate, 'host.certificate-changed', lines.join(' '))
}

function fingerprintOf(socket: TLSSocket): string | null {
  return socket.getPeerX509Certificate()?.fingerprint256 ?? null
}

function connectTls({ host, port }: Address, certificate?: ClientCertificate): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...certificate,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    })
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(unreachable({ host, port }, error))
    }
    const timer = setTimeout(() => fail(new Error(`no TLS connection within ${CONNECT_TIMEOUT_MS / 1000} s`)), CONNECT_TIMEOUT_MS)
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
