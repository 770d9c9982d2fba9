// Whole screens of the console as text, compared with files. After an intended change: `npx vitest run --project node -u`.
import { describe, expect, it } from 'vitest'
import { initialModel, type Model } from '../../control/src/console/app.ts'
import { screenText } from '../../control/src/console/cells.ts'
import { drawScreen } from '../../control/src/console/view.ts'
import { auditAnswers } from '../unit/console/audit-samples.ts'
import { askedStatus, installAnswers, installViews } from '../unit/console/install-samples.ts'
import { mirrorAnswers } from '../unit/console/mirror-samples.ts'
import { networkAnswers } from '../unit/console/network-samples.ts'
import { Console, lockdownAnswers, task } from '../unit/console/play.ts'
import { answeredModel, awayModel, statuses } from '../unit/console/samples.ts'
import { vmAnswers } from '../unit/console/vms-samples.ts'

const sizes: readonly (readonly [number, number])[] = [
  [80, 24],
  [80, 25],
  [100, 30],
  [160, 50],
]

const models: Record<string, (columns: number, rows: number) => Model> = {
  starting: (columns, rows) => initialModel(columns, rows, false),
  away: (columns, rows) => awayModel(statuses.normal, columns, rows),
}
for (const [name, status] of Object.entries(statuses)) models[name] = (columns, rows) => answeredModel(status, columns, rows)

const answers = {
  ...installAnswers,
  ...networkAnswers,
  ...mirrorAnswers,
  ...auditAnswers,
  ...vmAnswers,
  'GET /v1/datastores': {
    items: [
      { name: 'local', uuid: '0f2c7a40-8c1e-4f7e-9b57-1c5d4f0a1b2c', totalBytes: 4_000_000_000_000, availableBytes: 300_000_000_000 },
    ],
  },
  'GET /v1/datastores/local/files': {
    items: [
      { name: 'web1.qcow2', sizeBytes: 21_474_836_480, allocatedBytes: 1_500_000_000, modifiedAt: '2026-11-20T10:00:00Z', usedBy: ['1'] },
      { name: 'debian-13.iso', sizeBytes: 700_000_000, allocatedBytes: 700_000_000, modifiedAt: '2026-11-19T10:00:00Z', usedBy: [] },
    ],
  },
  'GET /v1/tasks': {
    items: [
      task(1, 'vm.shutdown', 'running', 40),
      task(2, 'vm.power-on', 'succeeded', 100),
      { ...task(3, 'vm.power-on', 'failed', 0), error: { message: 'There is no file like this.' } },
    ],
  },
  ...lockdownAnswers,
  'GET /v1/events': {
    items: [
      { at: '2026-11-21T01:20:05.120Z', severity: 'info', message: 'web1 was started.' },
      { at: '2026-11-21T01:21:05.120Z', severity: 'error', message: `db1 has ended by itself. ${'It said why, at length. '.repeat(6)}` },
    ],
  },
}

const installer = (console: Console) => console.event({ kind: 'answered', status: askedStatus })
const installDisks = (console: Console) => installer(console).press('enter', 'enter')
const installPassword = (console: Console) => installDisks(console).press('down', 'enter', 'enter', 'f10')
const installSummary = (console: Console) =>
  installPassword(console).type('a long password').press('down').type('a long password').press('enter', 'f10')
const underWay = (view: unknown) => (console: Console) => {
  console.answer({ 'GET /v1/install': view })
  return installer(console)
}

/** After keys, from the status screen on. */
const pages: Record<string, (console: Console) => Console> = {
  login: (console) => console.press('f2'),
  menu: (console) => console.logIn(),
  keys: (console) => console.press('f1'),
  network: (console) => console.logIn().open('Management'),
  'network-test': (console) => console.logIn().open('Management').press('f7'),
  'network-change': (console) => console.logIn().open('Management').press('enter', 'down'),
  'network-preview': (console) => console.logIn().open('Management').press('enter').type('4').press('f10'),
  'menu-end': (console) => console.logIn().press('end'),
  audit: (console) => console.logIn().open('Audit'),
  'audit-entry': (console) => console.logIn().open('Audit').press('enter'),
  'audit-whole': (console) => console.logIn().open('Audit').press('f7'),
  password: (console) => console.logIn().open('Password').type('abc').press('f10'),
  power: (console) => console.logIn('f12'),
  'power-asked': (console) => console.logIn('f12').press('enter'),
  tasks: (console) => console.logIn().open('Tasks').press('down'),
  'tasks-cancel': (console) => console.logIn().open('Tasks').press('f8'),
  certificate: (console) => console.press('f3'),
  datastores: (console) => console.logIn().open('Datastores'),
  files: (console) => console.logIn().open('Datastores').press('enter'),
  mirrors: (console) => console.logIn().open('Mirrored'),
  'mirrors-wipe': (console) => console.logIn().open('Mirrored').press('f7').press('down', 'down', 'enter'),
  vms: (console) => console.logIn().open('VMs'),
  vm: (console) => console.logIn().open('VMs').press('enter'),
  'vm-power-off': (console) => console.logIn().open('VMs').press('enter').type('power off').press('enter'),
  'serial-log': (console) => console.logIn().open('VMs').press('enter').type('read').press('enter'),
  events: (console) => console.logIn().open('Events'),
  lockdown: (console) => console.logIn().open('Lockdown'),
  'lockdown-asked': (console) => console.logIn().open('Lockdown').press('right', 'right', 'f10'),
  'recovery-code': (console) => console.logIn().open('Recovery').press('enter'),
  'recovery-code-typed': (console) => console.logIn().open('Recovery').press('enter', 'enter').type('000010').press('down').type('0000'),
  recovery: (console) => console.press('f8').type('000011000012').press('up', 'up').type('12'),
  install: installer,
  'install-keyboard': (console) => installer(console).press('enter'),
  'install-disks': (console) => installDisks(console).press('down'),
  'install-kept': (console) => installDisks(console).press('down', 'down', 'enter'),
  'install-mirror': (console) => installDisks(console).press('enter', 'down'),
  'install-network': (console) =>
    installDisks(console).press('enter', 'enter', 'down', 'down', 'down', 'right', 'down').type('192.0.2.10/24'),
  'install-password': installPassword,
  'install-code': (console) => installPassword(console).type('a long password').press('down').type('a long password').press('enter'),
  'install-summary': installSummary,
  'install-wipe': (console) => installSummary(console).press('f11'),
  'install-progress': underWay(installViews.running),
  'install-done': underWay(installViews.done),
  'install-failed'(console) {
    const asked = installSummary(console)
    asked.answer({ 'GET /v1/install': installViews.failed })
    return asked.press('f11', 'f11')
  },
  'locked-strictly': (console) => console.event({ kind: 'answered', status: statuses.strict }).press('f2'),
}

describe('the pages of the console', () => {
  for (const [name, play] of Object.entries(pages)) {
    it.each(sizes)(`are shown: ${name} on %i × %i`, async (columns, rows) => {
      const text = play(new Console(answers, columns, rows)).lines
      await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`./golden/console-page-${name}-${columns}x${rows}.golden`)
    })
  }
})

describe('the console', () => {
  for (const [name, model] of Object.entries(models)) {
    it.each(sizes)(`shows ${name} on %i × %i`, async (columns, rows) => {
      const text = screenText(drawScreen(model(columns, rows)))
      expect(text).toHaveLength(rows)
      await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`./golden/console-${name}-${columns}x${rows}.golden`)
    })
  }

  it('says on a smaller screen what it needs', () => {
    const text = screenText(drawScreen(answeredModel(statuses.normal, 40, 10)))
    expect(text[0]).toBe('This screen needs 80 columns and 24 r...')
  })
})
