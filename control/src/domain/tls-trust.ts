// Whom a TLS connection that the host makes is made with: by an authority, or by one certificate. Pure.
import * as v from 'valibot'

const PEM = /^(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/
const FINGERPRINT = /^(?:[0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}$/

/** At most one of the two. */
export interface TlsTrust {
  /** Certificates as PEM. */
  readonly authority: string | null
  /** SHA-256 of the one certificate that is trusted: `AA:BB:…`. */
  readonly fingerprint: string | null
}

export const authoritySchema = v.pipe(
  v.string(),
  v.maxLength(32_768),
  v.check((pem) => PEM.test(pem), 'must be one or more certificates as PEM'),
)

export const fingerprintSchema = v.pipe(
  v.string(),
  v.check((text) => FINGERPRINT.test(text), 'must be 32 bytes such as AA:BB:…'),
)
