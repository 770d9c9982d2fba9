// What has been chosen in an installation so far, handed from page to page, and the request that comes of it.
import { textAt } from './json.ts'

export const installPath = '/v1/install'

export interface Draft {
  readonly keyboard: string
  /** As the API tells of it. */
  readonly disk: unknown
  /** A second disk for the same; undefined for none. */
  readonly mirror: unknown
  readonly wipe: 'if-blank' | 'datastore-kept' | 'everything'
  readonly hostname: string
  /** As in a seed; null: DHCP on the first adapter with a link. */
  readonly management: unknown
  /** The same in words. */
  readonly network: string
  readonly password: string
}

export const emptyDraft: Draft = {
  ...{
    keyboard: 'us',
    disk: undefined,
    mirror: undefined,
    wipe: 'if-blank',
    hostname: '',
    management: null,
    network: 'DHCP on the first adapter with a link',
  },
  password: '',
}

/** Its system is written anew, and its own settings stay. */
export function keepsSettings({ wipe }: Draft): boolean {
  return wipe === 'datastore-kept'
}

export function requestOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { keyboard, disk, mirror, wipe, hostname, management, password } = draft
  const target = { path: textAt(disk, 'device') }
  if (keepsSettings(draft)) return { target, wipe }
  return {
    ...{ target, wipe, keyboard },
    ...(mirror === undefined ? {} : { mirror: { path: textAt(mirror, 'device') } }),
    ...(hostname === '' ? {} : { hostname }),
    ...(management === null ? {} : { management }),
    ...(password === '' ? {} : { administrator: { password } }),
  }
}
