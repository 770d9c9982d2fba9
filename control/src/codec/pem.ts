// Finds certificates in PEM text. Decodes nothing.

/** The base64 body of the first certificate, without line ends, or null. @source RFC 7468 section 5 */
export function certificateBase64(pem: string): string | null {
  const body = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem)?.[1]
  return body === undefined ? null : body.replace(/\s+/g, '')
}

/** `AA:BB:…` of lower-case or upper-case hexadecimal. */
export function renderFingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':')
}
