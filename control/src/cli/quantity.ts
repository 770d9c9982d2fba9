// Sizes in bytes as people write and read them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `20GiB`, `20G`, `512 MiB`, `1.5TiB`, `4096`; units are powers of 1024. Null for anything else, and for what is no whole number of bytes. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:iB|B)?$/i.exec(text.trim())
  if (match === null) return null
  const exponent = ['', 'K', 'M', 'G', 'T', 'P'].indexOf((match[2] ?? '').toUpperCase())
  const bytes = Number(match[1]) * 1024 ** exponent
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** `1.5 GiB`: three digits at most. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `2d 3h`, `3h 5m`, `5m 7s`, `7s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.floor(seconds)
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ')
}
