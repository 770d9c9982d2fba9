// The two options that say whom the host is to trust when it connects to somebody by TLS.
import { readFileSync } from 'node:fs'
import type { Given, Option } from './command.ts'
import { usage } from './failure.ts'

/** `whose` is the other side: `the collector’s`. */
export function trustOptions(whose: string): readonly Option[] {
  return [
    { name: 'authority', value: 'FILE', kind: 'local-file', help: `Certificates, as PEM, of which one has signed ${whose}` },
    { name: 'fingerprint', value: 'AA:BB:…', help: `SHA-256 of ${whose} certificate, in place of an authority` },
  ]
}

/** As the API takes them; what is wrong with them is for the host to say, but for what cannot be sent. */
export function trustOf(given: Given): { readonly authority?: string; readonly fingerprint?: string } {
  const authority = given.value('authority')
  const fingerprint = given.value('fingerprint')
  return { ...(authority === undefined ? {} : { authority: readPem(authority) }), ...(fingerprint === undefined ? {} : { fingerprint }) }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw usage({ code: 'usage.invalid-value', field: '--authority', message: `cannot be read: ${path}` })
  }
}
