// Whose failed logins count together.
import { CONSOLE_SOURCE } from '../domain/session.ts'
import type { Peer } from './message.ts'

export function sourceFor(peer: Peer, remote: string): string {
  if (peer === 'console') return CONSOLE_SOURCE
  const source = sourceOf(remote)
  return source === CONSOLE_SOURCE ? 'unknown' : source
}

/** An IPv4 address, or the /64 of an IPv6 one: nobody has fewer addresses than that. `remote` is `address:port` or `[address]:port`. */
export function sourceOf(remote: string): string {
  const address = /^\[(.*)\]:\d+$/.exec(remote)?.[1]
  if (address === undefined) return remote.replace(/:\d+$/, '')
  const [left = [], right = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}
