// Reads what BusyBox's nslookup prints of a name.
import { parseIpv4 } from '../domain/ipv4.ts'
import { isIpv6 } from '../domain/ipv6.ts'

export type Answer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'no-answer' }

const MOST = 8

/** The part before the first empty line is about the server. A server that refuses has answered, too. @source busybox/networking/nslookup.c */
export function parseNslookup(stdout: string, stderr: string): Answer {
  const all = `${stdout}\n${stderr}`
  const answers = stdout.split('\n\n').slice(1).join('\n\n')
  const addresses = [...answers.matchAll(/^Address(?: \d+)?:\s+([0-9A-Fa-f.:]+)/gm)].map((match) => match[1] ?? '')
  const good = addresses.filter((text) => parseIpv4(text) !== null || isIpv6(text))
  if (good.length > 0) return { kind: 'addresses', addresses: [...new Set(good)].slice(0, MOST) }
  return /NXDOMAIN|No answer|SERVFAIL|REFUSED|Parse error|NOTIMP|FORMERR/.test(all) ? { kind: 'no-such-name' } : { kind: 'no-answer' }
}
