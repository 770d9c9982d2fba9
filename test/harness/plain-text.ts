// Terminal output as plain text.
import { stripVTControlCharacters } from 'node:util'

/** `text` without control sequences, those with intermediate bytes (soft reset and its like) included. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll(/\x1b(?:\[[0-?]*[ -/]+[@-~]|[()][0-9A-Za-z]|[=>78c])/g, ''))
}
