// Where the kernel's command line says that the seed is, on a web server, with what tells this machine from others filled in. Pure.
import type { Checked } from './problem.ts'
import { parseWebAddress, type WebAddress } from './web-address.ts'

/** What a machine can be told by; each is empty where the machine does not say it. */
export interface MachineNames {
  /** Of the machine, as its firmware has it. */
  readonly serial: string
  readonly uuid: string
  /** Of the adapter that the seed is asked for by, such as `52:54:00:12:34:56`. */
  readonly mac: string
}

/** `{serial}`, `{uuid}` and `{mac}` stand for this machine's, in small letters but for the serial number, the MAC address with dashes. */
export function seedAddress(url: string, { serial, uuid, mac }: MachineNames): Checked<WebAddress> {
  const names = new Map([
    ['serial', serial],
    ['uuid', uuid.toLowerCase()],
    ['mac', mac.toLowerCase().replaceAll(':', '-')],
  ])
  const missing: string[] = []
  const filled = url.replaceAll(/\{(\w+)\}/g, (word, name: string) => {
    const value = names.get(name)
    if (value === '') missing.push(name)
    return value === undefined ? word : encodeURIComponent(value)
  })
  if (missing.length > 0) {
    const message = `asks for the machine’s ${missing.join(' and ')}, which its firmware does not say`
    return { ok: false, problems: [{ code: 'seed.url.nameless', field: 'corbel.seed', message }] }
  }
  const address = /[{}]/.test(filled) ? null : parseWebAddress(filled)
  if (address !== null) return { ok: true, value: address }
  const message = 'must be such as https://files.example/{serial}.json, with no other names in braces than serial, uuid and mac'
  return { ok: false, problems: [{ code: 'seed.url', field: 'corbel.seed', message }] }
}
