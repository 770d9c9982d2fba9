// Self-signed certificates for a test's own server. @source RFC 5280 section 4.1, ITU-T X.690
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** SHA-256, `AA:BB:…`. */
  readonly fingerprint: string
}

const TAG = { integer: 0x02, bits: 0x03, oid: 0x06, utf8: 0x0c, time: 0x17, sequence: 0x30, set: 0x31, version: 0xa0 } as const
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
const COMMON_NAME = [0x55, 0x04, 0x03]

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const algorithm = der(TAG.sequence, der(TAG.oid, Buffer.from(ECDSA_WITH_SHA256)))

function name(commonName: string): Buffer {
  const attribute = der(TAG.sequence, der(TAG.oid, Buffer.from(COMMON_NAME)), der(TAG.utf8, Buffer.from(commonName)))
  return der(TAG.sequence, der(TAG.set, attribute))
}

export function makeCertificate(commonName = 'corbel'): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const validity = der(TAG.sequence, der(TAG.time, Buffer.from('250101000000Z')), der(TAG.time, Buffer.from('490101000000Z')))
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)])
  const toSign = der(
    TAG.sequence,
    der(TAG.version, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial),
    ...[algorithm, name(commonName), validity, name(commonName)],
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', toSign, privateKey)])
  const certificate = der(TAG.sequence, toSign, algorithm, der(TAG.bits, signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n')}\n-----END CERTIFICATE-----\n`,
    fingerprint: createHash('sha256').update(certificate).digest('hex').toUpperCase().match(/../g)?.join(':') ?? '',
  }
}
