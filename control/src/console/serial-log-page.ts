// What the first serial port of a VM has said, as lines without any instruction to a terminal: the latest 1 MiB that the host keeps.
import type { Line } from './layout.ts'
import type { Page } from './page.ts'
import { plainLines } from './plain-lines.ts'
import { textPage } from './text-page.ts'
import { theme } from './theme.ts'

const everyMs = 3_000
/** More than anybody scrolls through at a console. */
const linesAtMost = 5_000

export function serialLogPage(id: string, name: string): Page {
  return textPage({
    title: `Serial log of ${name}`,
    path: `/v1/vms/${id}/console/log`,
    everyMs,
    follow: true,
    lines(body, columns) {
      const lines = plainLines(typeof body === 'string' ? body : '', columns, linesAtMost)
      return lines.map((text): Line => [{ text, style: theme.body }])
    },
  })
}
