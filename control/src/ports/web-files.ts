// Files on web servers: how large one is, and then its bytes.
import type { TlsTrust } from '../domain/tls-trust.ts'
import type { WebAddress } from '../domain/web-address.ts'

export interface WebFile {
  readonly sizeBytes: number
  /** Once at most: its bytes go to this descriptor, which becomes the port's, and is closed behind the last of them or where no more come. */
  send(descriptor: number): void
  /** Resolves when no more comes: null where all of it was sent, or nobody took more. Never rejects. */
  readonly ended: Promise<{ readonly code: string; readonly message: string } | null>
  /** Nothing of it is wanted any more. */
  close(): void
}

export interface WebFiles {
  /**
   * Asks for it, and follows up to five redirections. By TLS the server is verified where the trust names whom; with neither it is anybody. Rejects with a
   * HostFailure: `web.resolve`, `web.connect`, `web.tls`, `web.name`, `web.time`, `web.untrusted`, `web.fingerprint`, `web.authority`, `web.timeout`, `web.closed`,
   * `web.http`, `web.status`, `web.length`, `web.encoding`, `web.redirect`.
   */
  open(address: WebAddress, trust: TlsTrust): Promise<WebFile>
}
