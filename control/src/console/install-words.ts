// A disk in words, as the API tells of it.
import { formatBytes } from './format.ts'
import { numberAt, textAt } from './json.ts'

/** In one line. */
export function diskInWords(disk: unknown): string {
  const serial = textAt(disk, 'serial')
  const parts = [textAt(disk, 'device'), textAt(disk, 'model'), formatBytes(numberAt(disk, 'sizeBytes') ?? 0)]
  return [...parts, ...(serial === '' ? [] : [`serial number ${serial}`])].filter((part) => part !== '').join(', ')
}
