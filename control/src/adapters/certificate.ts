// Keeps the host's TLS key and certificate: made once for a state, read by the gateway's launcher and by whoever shows the fingerprint.
import { sha256 } from 'hv:crypto'
import { mkdir, readText, statOrNull, syncDir, unlink, writeFileAtomic } from 'hv:fs'
import { fromBase64, toHex } from 'hv:text'
import { certificateBase64, renderFingerprint } from '../codec/pem.ts'
import { runTool } from './run-tool.ts'

export const TLS_DIRECTORY = '/state/tls'
const OPENSSL = '/usr/bin/openssl'

export interface CertificateWish {
  readonly hostname: string
  /** `YYYYMMDDHHMMSSZ`. */
  readonly notBefore: string
  readonly notAfter: string
}

/**
 * Makes key and certificate unless both are there. The certificate is written last, so a certificate that is there has its key.
 * Rejects with ToolFailure or HostError.
 */
export async function ensureCertificate(directory: string, wish: CertificateWish): Promise<void> {
  const { certificate, key } = filesIn(directory)
  if (statOrNull(certificate) !== null && statOrNull(key) !== null) return
  mkdir(directory, { mode: 0o700, recursive: true })
  if (statOrNull(certificate) !== null) {
    unlink(certificate)
    syncDir(directory)
  }
  const made = await runTool([OPENSSL, 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'])
  writeFileAtomic(key, made.stdout, { mode: 0o600 })
  const signed = await runTool([OPENSSL, ...requestWords(key, wish)], { stdin: requestConfiguration(wish.hostname) })
  writeFileAtomic(certificate, signed.stdout, { mode: 0o644 })
}

function requestWords(key: string, { notBefore, notAfter }: CertificateWish): readonly string[] {
  return ['req', '-x509', '-new', '-sha256', '-key', key, '-config', '/proc/self/fd/0', '-not_before', notBefore, '-not_after', notAfter]
}

/** @source openssl-req(1), x509v3_config(5) */
function requestConfiguration(hostname: string): string {
  return [
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'x509_extensions = extensions',
    '[subject]',
    `CN = ${hostname}`,
    '[extensions]',
    `subjectAltName = DNS:${hostname}`,
    'basicConstraints = critical, CA:FALSE',
    'keyUsage = critical, digitalSignature',
    'extendedKeyUsage = serverAuth',
    '',
  ].join('\n')
}

export function filesIn(directory: string): { readonly certificate: string; readonly key: string } {
  return { certificate: `${directory}/cert.pem`, key: `${directory}/key.pem` }
}

/** SHA-256 of the certificate's DER form as `AA:BB:…`; null while there is none. */
export function readFingerprint(directory: string): string | null {
  const { certificate } = filesIn(directory)
  if (statOrNull(certificate) === null) return null
  const body = certificateBase64(readText(certificate, 65_536))
  return body === null ? null : renderFingerprint(toHex(sha256(fromBase64(body))))
}
