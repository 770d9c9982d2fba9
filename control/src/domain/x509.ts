// What is shown and checked of a client's certificate: subject and validity, read out of its DER. Verifies nothing; the fingerprint is what is trusted.
// @source ITU-T X.690 (DER), RFC 5280 section 4.1, RFC 4514

export interface CertificateFacts {
  /** As RFC 4514 writes it, most specific part first; without controls, at most 200 characters. */
  readonly subject: string
  /** RFC 3339 in UTC. */
  readonly notBefore: string
  readonly notAfter: string
}

interface Element {
  readonly tag: number
  readonly content: Uint8Array
}

const SEQUENCE = 0x30
const SET = 0x31
const OBJECT_IDENTIFIER = 0x06
const INTEGER = 0x02
const EXPLICIT_0 = 0xa0
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** By the bytes of their object identifier, in hexadecimal. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '55040a': 'O',
  '55040b': 'OU',
  '2a864886f70d010901': 'EMAIL',
}

class Malformed extends Error {}

/** The elements that a content is made of; definite lengths alone, as DER has them. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    let length = bytes[at + 1] ?? -1
    at += 2
    if ((tag & 0x1f) === 0x1f || length < 0) throw new Malformed()
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 3) throw new Malformed()
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] ?? 0)
      at += count
    }
    if (at + length > bytes.length) throw new Malformed()
    elements.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return elements
}

function inside(element: Element | undefined, tag: number): Element[] {
  if (element?.tag !== tag) throw new Malformed()
  return elementsOf(element.content)
}

function latin(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** @source RFC 5280, section 4.1.2.5 */
function timeOf(element: Element | undefined): string {
  const text = latin(element?.content ?? new Uint8Array())
  const parts = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  const [, year = '', month, day, hour, minute, second] = parts ?? []
  const short = element?.tag === UTC_TIME && year.length === 2
  if (parts === null || !(short || (element?.tag === GENERALIZED_TIME && year.length === 4))) throw new Malformed()
  const full = short ? `${Number(year) < 50 ? '20' : '19'}${year}` : year
  const time = Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time)) throw new Malformed()
  return new Date(time).toISOString()
}

/** UTF-8, or where it is none one character a byte. */
function textOf(bytes: Uint8Array): string {
  try {
    return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))
  } catch {
    return latin(bytes)
  }
}

function nameOf(element: Element | undefined): string {
  const parts = inside(element, SEQUENCE).map((relative) =>
    inside(relative, SET)
      .map((pair) => {
        const [type, value] = inside(pair, SEQUENCE)
        if (type?.tag !== OBJECT_IDENTIFIER || value === undefined) throw new Malformed()
        const id = Array.from(type.content, (byte) => byte.toString(16).padStart(2, '0')).join('')
        // BMPString and UniversalString are nobody's any more: shown as what they are not.
        return `${ATTRIBUTES[id] ?? id}=${textOf(value.content).replace(/[,+"\\<>;]/g, '\\$&')}`
      })
      .join('+'),
  )
  return parts
    .reverse()
    .join(',')
    .replace(/[\p{Cc}\p{Cf}]/gu, '�')
    .slice(0, 200)
}

/** Null when the bytes are no certificate, or hold more than one. */
export function parseCertificate(der: Uint8Array): CertificateFacts | null {
  try {
    const outer = elementsOf(der)
    const parts = inside(outer[0], SEQUENCE)
    if (outer.length !== 1 || parts.length !== 3) return null
    const fields = inside(parts[0], SEQUENCE)
    const first = fields[0]?.tag === EXPLICIT_0 ? 1 : 0
    if (fields[first]?.tag !== INTEGER) return null
    const [, , , validity, subject] = fields.slice(first)
    const [notBefore, notAfter] = inside(validity, SEQUENCE)
    return { subject: nameOf(subject), notBefore: timeOf(notBefore), notAfter: timeOf(notAfter) }
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

/** The DER of the one certificate in a PEM text; null where there is none, more than one, or anything else in armour. @source RFC 7468, section 5 */
export function certificateDer(pem: string): Uint8Array | null {
  const body = /^[^-]*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(pem)?.[1]?.replace(/\s+/g, '')
  return body === undefined ? null : fromBase64(body)
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function fromBase64(text: string): Uint8Array | null {
  const digits = text.replace(/={1,2}$/, '')
  if (text.length % 4 !== 0 || digits.includes('=')) return null
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let held = 0
  for (let index = 0, at = 0; index < digits.length; index++) {
    held = ((held << 6) | BASE64.indexOf(digits[index] ?? '')) & 0xffffff
    const bits = ((index + 1) * 6) % 8
    if (bits <= 4 && index % 4 !== 0) bytes[at++] = (held >> bits) & 0xff
  }
  return bytes
}
