// Addresses of files on web servers: what of a URL the host takes, and where a redirection leads. Pure.

export interface WebAddress {
  readonly tls: boolean
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string
  readonly port: number
  /** As the server is told: with the port, unless it is the scheme's own. */
  readonly authority: string
  /** Path and query. */
  readonly path: string
}

/** Of a URL, in characters. */
export const MAX_URL_LENGTH = 2000

/** Neither a user nor a fragment: the one would be kept in logs, the other is no server's business. */
const URL =
  /^(https?):\/\/(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::([0-9]{1,5}))?(\/[!"$-~]*)?(\?[!"$-~]*)?$/i

/** Null for what is no address of a file. */
export function parseWebAddress(text: string): WebAddress | null {
  const found = text.length <= MAX_URL_LENGTH ? URL.exec(text) : null
  if (found === null) return null
  const [, scheme = '', named = '', number, path = '/', query = ''] = found
  const tls = scheme.toLowerCase() === 'https'
  const usual = tls ? 443 : 80
  const port = number === undefined ? usual : Number(number)
  if (port < 1 || port > 65_535) return null
  return { tls, host: named.replace(/^\[|\]$/g, ''), port, authority: port === usual ? named : `${named}:${port}`, path: `${path}${query}` }
}

export function formatWebAddress({ tls, authority, path }: WebAddress): string {
  return `${tls ? 'https' : 'http'}://${authority}${path}`
}

/** Where `location` leads from there; null for nowhere, and for a way out of TLS. */
export function redirected(from: WebAddress, location: string): WebAddress | null {
  const target = location.replace(/#.*$/, '')
  const origin = formatWebAddress({ ...from, path: '' })
  const directory = from.path.replace(/\?.*$/, '').replace(/[^/]*$/, '')
  const found = parseWebAddress(
    /^[a-z][a-z0-9+.-]*:/i.test(target)
      ? target
      : target.startsWith('//')
        ? `${from.tls ? 'https' : 'http'}:${target}`
        : target.startsWith('/')
          ? `${origin}${target}`
          : `${origin}${directory}${target}`,
  )
  return found === null || (from.tls && !found.tls) ? null : found
}
