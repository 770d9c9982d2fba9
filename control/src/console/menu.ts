// Everything that can be opened after logging in, in the order of the menu. A new page of the console is registered here and nowhere else.
import { auditLines, auditPage, auditSummaryPath } from './audit-page.ts'
import { configurationLines, configurationPage, generationsPath } from './configuration-page.ts'
import { datastoreLines, datastoresPage } from './datastores-page.ts'
import { eventsPage } from './events-page.ts'
import { keyboardLines, keyboardPage } from './keyboard-page.ts'
import { lockdownLines, lockdownPage, lockdownPath } from './lockdown-page.ts'
import { logsPage } from './logs-page.ts'
import { mirrorLines, mirrorsPage, mirrorsPath } from './mirrors-page.ts'
import { networkLines, networkPage } from './network-page.ts'
import { networkPath } from './network-preview-page.ts'
import type { Context, Page } from './page.ts'
import { passwordPage } from './password-page.ts'
import { recoveryCodePage } from './recovery-code-page.ts'
import { resetPage } from './reset-page.ts'
import { servicesPage } from './services-page.ts'
import { slotLines, slotsPage, slotsPath } from './slots-page.ts'
import { supportPage } from './support-page.ts'
import { tasksPage } from './tasks-page.ts'
import { clockPage, timeLines, timeServersPage } from './time-page.ts'
import { vmCounts } from './vm-state.ts'
import { vmsPage } from './vms-page.ts'

/** Headings of the menu, in their order. */
export const menuGroups = ['VMs and storage', 'Host', 'Troubleshooting', 'Access'] as const

export interface MenuEntry {
  readonly id: string
  readonly group: (typeof menuGroups)[number]
  readonly title: string
  /** What it is for, in a sentence or a few. */
  readonly help: string
  /** Not shown without it; null: for everybody who has logged in. */
  readonly permission: string | null
  /** How it is now: asked for while the entry is selected, then shown above the help. */
  readonly value?: {
    readonly path: string
    lines(body: unknown, context: Context): readonly string[]
  }
  /** The page that it opens, or the end of the session. */
  readonly open: ((context: Context) => Page) | 'log-out'
}

/** Within a group in the order in which they are shown. */
export const menuEntries: readonly MenuEntry[] = [
  {
    id: 'vms',
    group: 'VMs and storage',
    title: 'VMs',
    help: 'Start and stop VMs, use their serial consoles, read what they have said there, and set which ones start with the host.',
    permission: 'vm.view',
    value: { path: '/v1/vms', lines: vmCounts },
    open: vmsPage,
  },
  {
    id: 'datastores',
    group: 'VMs and storage',
    title: 'Datastores',
    help: 'Where the disks of VMs are: how large, how much is left, and which files are there.',
    permission: 'datastore.view',
    value: { path: '/v1/datastores', lines: datastoreLines },
    open: datastoresPage,
  },
  {
    id: 'mirrors',
    group: 'VMs and storage',
    title: 'Mirrored disks',
    help: 'Whether state and datastore are on both of their disks, and a new disk in the place of one that was lost. VMs go on running.',
    permission: 'host.view',
    value: { path: mirrorsPath, lines: mirrorLines },
    open: mirrorsPage,
  },
  {
    id: 'tasks',
    group: 'VMs and storage',
    title: 'Tasks',
    help: 'What was asked of this host and how far it has come, the latest first.',
    permission: 'task.view',
    open: tasksPage,
  },
  {
    id: 'events',
    group: 'VMs and storage',
    title: 'Events',
    help: 'What has happened on this host, the latest first.',
    permission: 'event.view',
    open: eventsPage,
  },
  {
    id: 'network',
    group: 'Host',
    title: 'Management network',
    help: 'Adapters, addresses, name servers, who may come. A change is undone by itself unless it is kept.',
    permission: 'network.manage',
    value: { path: networkPath, lines: networkLines },
    open: networkPage,
  },
  {
    id: 'time',
    group: 'Host',
    title: 'Time servers',
    help: 'Which servers the clock follows.',
    permission: 'host.configure',
    value: { path: '/v1/host/time', lines: timeLines },
    open: timeServersPage,
  },
  {
    id: 'clock',
    group: 'Host',
    title: 'Set the clock',
    help: 'By hand, while no time server is asked.',
    permission: 'host.configure',
    value: { path: '/v1/host/time', lines: timeLines },
    open: clockPage,
  },
  {
    id: 'keyboard',
    group: 'Host',
    title: 'Keyboard layout',
    help: 'What the keys of the keyboard at this machine’s screen mean. A terminal on the serial line has a layout of its own.',
    permission: 'host.configure',
    value: { path: '/v1/host/keyboard', lines: keyboardLines },
    open: keyboardPage,
  },
  {
    id: 'slots',
    group: 'Host',
    title: 'System slots',
    help: 'The two places of the system on this disk: which one runs, and which is started next. An update goes into the other one.',
    permission: 'host.update',
    value: { path: slotsPath, lines: slotLines },
    open: slotsPage,
  },
  {
    id: 'configuration',
    group: 'Host',
    title: 'Configuration',
    help: 'Who changed what, and when. How it was at any of these times can be put back, after what that does has been shown; VMs go on running.',
    permission: 'host.reset',
    value: { path: generationsPath, lines: configurationLines },
    open: configurationPage,
  },
  {
    id: 'services',
    group: 'Troubleshooting',
    title: 'Services',
    help: 'The programs of the control plane: how long they have run, and starting one or all of them again. VMs go on running.',
    permission: 'host.support',
    open: servicesPage,
  },
  {
    id: 'logs',
    group: 'Troubleshooting',
    title: 'Logs',
    help: 'What the kernel and the programs of this host have said, by who said it, also before its last restart.',
    permission: 'host.support',
    open: logsPage,
  },
  {
    id: 'audit',
    group: 'Troubleshooting',
    title: 'Audit log',
    help: 'Every log-in and every change that was asked for: by whom, from where, and what came of it.',
    permission: 'audit.view',
    value: { path: auditSummaryPath, lines: auditLines },
    open: auditPage,
  },
  {
    id: 'support',
    group: 'Troubleshooting',
    title: 'Support',
    help: 'What support wants to know of this host, and a bundle of it on a USB stick, without passwords.',
    permission: 'host.support',
    open: supportPage,
  },
  {
    id: 'password',
    group: 'Access',
    title: 'Password',
    help: 'Your own, with which you log in here and over the network.',
    permission: null,
    open: passwordPage,
  },
  {
    id: 'lockdown',
    group: 'Access',
    title: 'Lockdown mode',
    help: 'Who may come in over the network and at this console. A locked host lets in only those whom it names.',
    permission: 'lockdown.manage',
    value: { path: lockdownPath, lines: lockdownLines },
    open: lockdownPage,
  },
  {
    id: 'recovery-code',
    group: 'Access',
    title: 'Recovery code',
    help: 'Digits on paper that open the host at its console when everything else is locked or lost.',
    permission: 'lockdown.manage',
    value: { path: lockdownPath, lines: lockdownLines },
    open: recoveryCodePage,
  },
  {
    id: 'reset',
    group: 'Access',
    title: 'Reset the configuration',
    help: 'Users, network and other settings as before the first boot. VMs, pools and datastores stay, and VMs go on running.',
    permission: 'host.reset',
    open: resetPage,
  },
  {
    id: 'log-out',
    group: 'Access',
    title: 'Log out',
    help: 'The next one at this console has to log in. Esc does the same here.',
    permission: null,
    open: 'log-out',
  },
]
