// Renders syslog messages. @source RFC 5424
import type { SyslogMessage } from '../domain/syslog.ts'

/** The number is the one set aside for documents: there is none of our own. @source RFC 5612 */
const DATA_ID = 'corbel@32473'
const TEXT_MAX_CHARACTERS = 7_000

/** Without the octet count, which is of bytes. */
export function renderSyslog({ facility, severity, at, hostname, kind, data, text }: SyslogMessage): string {
  const parameters = Object.entries(data).map(([name, value]) => ` ${name}="${escapeValue(value)}"`)
  const head = `<${facility * 8 + severity}>1 ${at} ${headerField(hostname, 255)} corbel - ${kind}`
  // A byte order mark says that the text is UTF-8.
  return `${head} [${DATA_ID}${parameters.join('')}] \ufeff${oneLine(text).slice(0, TEXT_MAX_CHARACTERS)}`
}

/** Visible ASCII; a dash stands for nothing. */
function headerField(text: string, maxLength: number): string {
  const visible = text.replace(/[^!-~]/g, '').slice(0, maxLength)
  return visible === '' ? '-' : visible
}

function escapeValue(value: string): string {
  return oneLine(value)
    .slice(0, 255)
    .replace(/["\\\]]/g, '\\$&')
}

/** Collectors that frame by lines are not to be led astray, nor terminals that show them; half a character is none. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
