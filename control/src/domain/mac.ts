// MAC addresses of virtual NICs: form, and how one is derived for a NIC that names none.
import * as v from 'valibot'
import { rule } from './check.ts'

/** Lower case, colons; unicast and not zero. */
export const macSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'must be six hexadecimal pairs with colons, such as 52:54:00:12:34:56'),
  v.toLowerCase(),
  rule(
    'not-unicast',
    'must be a unicast address: the second digit must be even',
    (mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0,
  ),
  rule('zero', 'must not be zero', (mac) => mac !== '00:00:00:00:00:00'),
)

/** The same for the same VM, NIC and attempt; `attempt` counts up while the address is taken. In QEMU's range 52:54:00. */
export function deriveMac(vmId: string, nic: number, attempt: number): string {
  const hash = fnv1a(`${vmId}/${nic}/${attempt}`)
  const tail = [hash >>> 16, hash >>> 8, hash].map((part) => (part & 0xff).toString(16).padStart(2, '0'))
  return ['52:54:00', ...tail].join(':')
}

/** 32-bit FNV-1a over ASCII text: spreads, hides nothing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
