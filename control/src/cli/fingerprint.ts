// Fingerprints of certificates: SHA-256, as `AA:BB:…`.
import { usage } from './failure.ts'

/** With or without colons, in either case, with or without `SHA256:` before it; in groups, as the host's console shows it. */
export function parseFingerprint(text: string, field: string): string {
  const digits = text
    .trim()
    .replace(/^sha-?256[:=]/i, '')
    .replace(/[:\s]/g, '')
    .toUpperCase()
  if (!/^[0-9A-F]{64}$/.test(digits))
    throw usage({ code: 'usage.invalid-value', field, message: 'must be a SHA-256 fingerprint, 32 bytes such as AA:BB:…' })
  return digits.match(/../g)?.join(':') ?? ''
}
