// The registers of a TPM as sysfs has them: one file each, in hexadecimal.

const SHA256 = /^[0-9A-F]{64}$/i

/** In lower case; null where it is none. */
export function parsePcr(text: string): string | null {
  const value = text.trim()
  return SHA256.test(value) ? value.toLowerCase() : null
}
