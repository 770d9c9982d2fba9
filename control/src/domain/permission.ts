// What may be done, word by word, and the roles that come with the product. The API document and the help of the commands take the words from here.

/** Every permission, with what it allows. */
export const PERMISSIONS = {
  'host.view': 'See what the host is, how it does, its devices, resources and settings',
  'host.configure': 'Change what the host is set to: resources, devices, time, names, services',
  'host.power': 'Restart the host and shut it down, with all its VMs',
  'host.update': 'Update the system, and choose the slot that is started',
  'host.support': 'Make support bundles and read the host’s logs',
  'host.reset': 'Put the configuration back, to an earlier generation or to how it was at the beginning',
  'network.manage': 'Change the management network and its firewall, and test it',
  'vm.view': 'See VMs, their screen and what their serial port has said',
  'vm.create': 'Make VMs',
  'vm.configure': 'Change the settings of VMs',
  'vm.delete': 'Delete VMs',
  'vm.power': 'Start VMs, stop them, pause and suspend them',
  'vm.console': 'Use screen, keyboard and serial ports of VMs',
  'vm.guest': 'Ask guests through their agent, freeze and thaw their file systems',
  'pool.view': 'See pools',
  'pool.use': 'Put VMs into pools',
  'pool.manage': 'Make, change and delete pools',
  'datastore.view': 'See datastores and their files, and give files to VMs',
  'datastore.manage': 'Upload, make, grow, copy and delete files of datastores',
  'task.view': 'See tasks',
  'task.cancel': 'Cancel tasks',
  'event.view': 'See events',
  'usage.view': 'See what host, pools and VMs use',
  'user.manage': 'Manage users, roles, and the sessions of everybody',
  'audit.view': 'Read the audit log',
  'audit.manage': 'Set where the audit log is sent',
  'lockdown.manage': 'Lock the host down, and open it again',
} as const

export type Permission = keyof typeof PERMISSIONS

export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as readonly Permission[]

const VIEWER: readonly Permission[] = ['host.view', 'vm.view', 'pool.view', 'datastore.view', 'task.view', 'event.view', 'usage.view']

const OPERATOR: readonly Permission[] = [
  ...VIEWER,
  ...(['vm.create', 'vm.configure', 'vm.delete', 'vm.power', 'vm.console', 'vm.guest'] as const),
  ...(['pool.use', 'datastore.manage', 'task.cancel'] as const),
]

/** They are always there and cannot be changed. */
export const BUILT_IN_ROLES = {
  administrator: PERMISSION_NAMES,
  operator: OPERATOR,
  viewer: VIEWER,
} as const satisfies Readonly<Record<string, readonly Permission[]>>

/** Where permissions hold: on a pool, also for the pools and VMs in it; on the host, everywhere. */
export type Place = 'host' | `pool:${string}` | `vm:${string}`

/** Some permissions, and where they hold. */
export interface Held {
  readonly permissions: readonly Permission[]
  readonly on: Place
  /** They hold only where this place is among the object's, too. */
  readonly within?: Place
}

/** `places` are what the object is and lies in, the host among them. */
export function holds(held: readonly Held[], permission: Permission, places: readonly Place[]): boolean {
  return held.some(({ permissions, on, within = on }) => permissions.includes(permission) && places.includes(on) && places.includes(within))
}

/** Whether everything that `wanted` allows is allowed by `held` too. */
export function covers(held: readonly Held[], wanted: readonly Held[]): boolean {
  return wanted.every(({ permissions, on }) => permissions.every((permission) => holds(held, permission, ['host', on])))
}
