// The system slots: what is in them, and which one is started next.
import { dialogPage } from './dialog-page.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { severityStyle, theme } from './theme.ts'
import { updateMediaPage } from './update-page.ts'

export const slotsPath = '/v1/host/slots'

const nameOf = (slot: unknown) => textAt(slot, 'slot').toUpperCase()

const MARKS: Readonly<Record<string, string>> = { good: 'good', trying: 'to be confirmed', bad: 'given up', empty: 'empty' }

function markOf(slot: unknown): string {
  return MARKS[textAt(slot, 'mark')] ?? ''
}

function whenOf(slot: unknown): string {
  return [
    ...(flagAt(slot, 'running') ? ['runs'] : []),
    ...(flagAt(slot, 'live') ? ['control plane'] : []),
    ...(flagAt(slot, 'next') ? ['next'] : []),
  ].join(', ')
}

function damageOf(slot: unknown): readonly string[] {
  return listAt(slot, 'damaged').map(String)
}

function detailOf(slot: unknown): string {
  const damaged = damageOf(slot)
  if (damaged.length > 0) return `Not as it was written: ${damaged.join(', ')}.`
  return textAt(slot, 'mark') === 'bad' ? 'It did not come up in order; the events say why.' : ''
}

/** For the menu. */
export function slotLines(body: unknown): readonly string[] {
  const items = listAt(body, 'items')
  if (items.length === 0) return ['Not installed: the system runs from its medium.']
  return items.map((slot) => {
    const version = textAt(slot, 'version')
    const damage = damageOf(slot).length > 0 ? 'damaged' : ''
    const parts = [version === '' ? 'no system' : `Corbel ${version}`, markOf(slot), damage, whenOf(slot)].filter((part) => part !== '')
    return `Slot ${nameOf(slot)}: ${parts.join(', ')}`
  })
}

function chooseDialog(slot: unknown, act: 'boot-once' | 'activate'): Page {
  const name = nameOf(slot)
  const effect =
    act === 'boot-once'
      ? [`At the next restart slot ${name} is started, and after that the one that is first now. VMs go on running until then.`]
      : [
          `Slot ${name} is started from the next restart on. If it does not come up in order, the other one is started again. VMs go on running until then.`,
        ]
  const commands = [{ kind: 'request', id: 'choose', method: 'POST', path: `${slotsPath}/${name.toLowerCase()}/${act}`, body: {} }] as const
  const title = act === 'boot-once' ? `Start slot ${name} once` : `Start slot ${name} from now on`
  return dialogPage({ title, effect, action: 'Choose it', dangerous: act === 'activate', commands })
}

export function slotsPage(): Page {
  return listPage<unknown>({
    title: 'System slots',
    path: slotsPath,
    everyMs: 5_000,
    items: (body) => listAt(body, 'items'),
    id: (slot) => textAt(slot, 'slot'),
    label: nameOf,
    columns: [
      { title: 'Slot', width: 6, text: nameOf },
      { title: 'Version', width: 20, text: (slot) => textAt(slot, 'version') || 'none' },
      {
        ...{ title: 'State', width: 16, text: (slot) => (damageOf(slot).length > 0 ? 'damaged' : markOf(slot)) },
        style: (slot) => (textAt(slot, 'mark') === 'bad' || damageOf(slot).length > 0 ? severityStyle('error') : theme.body),
      },
      { title: 'Tries', width: 7, text: (slot) => String(numberAt(slot, 'tries') ?? ''), align: 'right' },
      { title: 'When', width: 14, text: whenOf },
    ],
    empty: 'The system runs from its medium: it is not installed.',
    detail: detailOf,
    done: {
      choose: 'It is chosen. Restart the host with F12 on the status screen.',
      check: 'They are being read; what is damaged is shown here.',
    },
    keys: [
      {
        ...{ key: 'f8', hint: 'Once', permission: 'host.update' },
        when: (slot) => slot !== null && textAt(slot, 'mark') !== 'empty',
        run: (slot) => [{ kind: 'push', page: chooseDialog(slot, 'boot-once') }],
      },
      {
        ...{ key: 'f7', hint: 'Always', permission: 'host.update' },
        when: (slot) => slot !== null && textAt(slot, 'mark') !== 'empty',
        run: (slot) => [{ kind: 'push', page: chooseDialog(slot, 'activate') }],
      },
      {
        ...{ key: 'f9', hint: 'Check', permission: 'host.update', when: (slot) => slot !== null },
        run: () => [{ kind: 'request', id: 'check', method: 'POST', path: `${slotsPath}/check`, body: {} }],
      },
      {
        ...{ key: 'f10', hint: 'Update', permission: 'host.update', when: (slot) => slot !== null },
        run: () => [{ kind: 'push', page: updateMediaPage() }],
      },
    ],
  })
}
