// Files on web servers.
import type { TlsTrust } from '../domain/tls-trust.ts'
import type { WebAddress } from '../domain/web-address.ts'
import type { IncomingFile } from './incoming-file.ts'

export interface WebFiles {
  /**
   * Asks for it, and follows up to five redirections. By TLS the server is verified where the trust names whom; with neither it is anybody. Rejects with a
   * HostFailure: `web.resolve`, `web.connect`, `web.tls`, `web.name`, `web.time`, `web.untrusted`, `web.fingerprint`, `web.authority`, `web.timeout`, `web.closed`,
   * `web.http`, `web.status`, `web.length`, `web.encoding`, `web.redirect`.
   */
  open(address: WebAddress, trust: TlsTrust): Promise<IncomingFile>
}
