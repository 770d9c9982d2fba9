// What an installation leaves on its disk behind the partition table: by which seed and which version it was made.

export interface InstallReceipt {
  readonly version: string
  /** Of what the seed asks for; null where there was none. */
  readonly seedSha256: string | null
  /** RFC 3339, by the clock of that moment. */
  readonly at: string
}

/** One block: the text, and zeros. */
export function renderInstallReceipt(receipt: InstallReceipt): string {
  return `${JSON.stringify({ format: 1, ...receipt })}\n`
}

/** Null when it is none of a known format. */
export function parseInstallReceipt(block: string): InstallReceipt | null {
  try {
    const { format, version, seedSha256, at } = JSON.parse(block.replaceAll('\u0000', '')) as Partial<Record<string, unknown>>
    if (format !== 1 || typeof version !== 'string' || typeof at !== 'string') return null
    return { version, at, seedSha256: typeof seedSha256 === 'string' && /^[0-9a-f]{64}$/.test(seedSha256) ? seedSha256 : null }
  } catch {
    return null
  }
}
