// The form of IPv6 addresses. Knows no interface.
import { parseIpv4 } from './ipv4.ts'

/** Whether this is an address as text, without zone and prefix. @source RFC 4291 section 2.2 */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const [head = '', tail, ...rest] = text.split('::')
  if (rest.length > 0) return false
  if (tail === undefined) return groupsOf(head, true) === 8
  const before = head === '' ? 0 : groupsOf(head, false)
  const after = tail === '' ? 0 : groupsOf(tail, true)
  return before !== null && after !== null && before + after <= 7
}

/** How many groups of 16 bits; null when one is none. The last may be an IPv4 address, which counts as two. */
function groupsOf(text: string, last: boolean): number | null {
  const groups = text.split(':')
  const end = groups.at(-1) ?? ''
  const withIpv4 = last && end.includes('.')
  const hexadecimal = withIpv4 ? groups.slice(0, -1) : groups
  if (!hexadecimal.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  if (withIpv4 && parseIpv4(end) === null) return null
  return hexadecimal.length + (withIpv4 ? 2 : 0)
}
