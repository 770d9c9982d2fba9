// Values → the words and figures that people read on the console.

/** `2,048`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `512 MiB`, `1.5 GiB`: at most one figure after the point. */
export function formatBytes(bytes: number): string {
  let amount = Math.max(0, bytes)
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  const text = unit === 0 || amount >= 100 ? String(Math.round(amount)) : String(Math.round(amount * 10) / 10)
  return `${text} ${units[unit]}`
}

export function formatPlural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** 0 to 100, whatever the figures. */
export function percentOf(part: number, whole: number): number {
  return whole > 0 ? Math.max(0, Math.min(100, Math.round((part / whole) * 100))) : 0
}

/** `2026-11-21 01:22:05 UTC` from RFC 3339; the text itself when it is none. */
export function formatTime(time: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(time)
  return parts === null ? time : `${parts[1]} ${parts[2]} UTC`
}

/** A fingerprint's bytes in groups of eight, as many to a line as `width` has room for: two or four. */
export function formatFingerprint(fingerprint: string, width: number): string[] {
  const bytes = fingerprint.split(':')
  const groups: string[] = []
  for (let at = 0; at < bytes.length; at += 8) groups.push(bytes.slice(at, at + 8).join(':'))
  const perLine = width >= 4 * 23 + 3 * 2 ? 4 : 2
  const lines: string[] = []
  for (let at = 0; at < groups.length; at += perLine) lines.push(groups.slice(at, at + perLine).join('  '))
  return lines
}
