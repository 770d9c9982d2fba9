// Support: what it wants to know, and a bundle of it, for download or onto a stick.
import { dialogPage } from './dialog-page.ts'
import { listAt, numberAt, textAt, textsAt, valueAt } from './json.ts'
import { type Line, wrap } from './layout.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { textPage } from './text-page.ts'
import { theme } from './theme.ts'

const bundleTimeoutMs = 30_000

function sticksPage(): Page {
  return listPage<unknown>({
    title: 'Support bundle to a stick',
    path: '/v1/host/support/media',
    everyMs: 2_000,
    items: (body) => listAt(body, 'items'),
    id: (medium) => textAt(medium, 'device'),
    columns: [
      { title: 'Device', width: 10, text: (medium) => textAt(medium, 'device') },
      { title: 'Label', width: 14, text: (medium) => textAt(medium, 'label') },
      { title: 'MB', width: 9, text: (medium) => String(Math.round((numberAt(medium, 'sizeBytes') ?? 0) / 1_000_000)), align: 'right' },
      { title: 'Model', width: 0, text: (medium) => textAt(medium, 'model') },
    ],
    empty: 'There is no USB stick with a FAT file system. Plug one in: it appears here.',
    done: { write: 'The bundle is being made and written. Leave the stick in until the task support.bundle has ended.' },
    keys: [
      {
        ...{ key: 'enter', hint: 'Write to it' },
        run: (medium) => {
          const device = textAt(medium, 'device')
          const effect = [
            `A support bundle is made and written to ${device}. Nothing else on the stick is changed. It has no passwords in it.`,
          ]
          const request = { kind: 'request', id: 'write', method: 'POST', path: '/v1/host/support/bundle' } as const
          const commands = [{ ...request, body: { device }, timeoutMs: bundleTimeoutMs }]
          return [
            { kind: 'push', page: dialogPage({ title: 'Write a support bundle', effect, action: 'Write it', dangerous: false, commands }) },
          ]
        },
      },
    ],
  })
}

function linesOf(body: unknown, columns: number): readonly Line[] {
  const bundle = valueAt(body, 'bundle')
  const made =
    bundle === null || bundle === undefined
      ? 'none made since the host started'
      : `${textAt(bundle, 'name')}, ${textAt(bundle, 'sizeBytes')} bytes`
  return [...textsAt(body, 'lines'), `Support bundle: ${made}`].flatMap((line) =>
    wrap(line, columns - 1).map((text): Line => [{ text, style: theme.body }]),
  )
}

export function supportPage(): Page {
  return textPage({
    title: 'Support information',
    path: '/v1/host/support',
    everyMs: 10_000,
    lines: linesOf,
    keys: [
      {
        ...{ key: 'f7', hint: 'Bundle to a stick', permission: 'host.support' },
        run: () => [{ kind: 'push', page: sticksPage() }],
      },
    ],
  })
}
