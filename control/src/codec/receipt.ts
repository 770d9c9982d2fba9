// What the program that receives a file prints at its end.

export interface Receipt {
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** Null when the text is no receipt. */
export function parseReceipt(text: string): Receipt | null {
  try {
    const { bytes, sha256 } = JSON.parse(text) as Partial<Record<keyof Receipt, unknown>>
    const fine = Number.isSafeInteger(bytes) && (bytes as number) >= 0 && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
    return fine ? { bytes: bytes as number, sha256 } : null
  } catch {
    return null
  }
}
