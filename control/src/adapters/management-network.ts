// Brings the management network's adapter up. Which one, and with which address, others decide.
import { readDir, readLink, readText, statOrNull, writeFileAtomic } from 'hv:fs'
import type { Adapter } from '../domain/adapter.ts'
import type { Clock } from '../ports/clock.ts'
import { ip, setSysctl } from './network-tools.ts'
import { waitUntil } from './wait.ts'

const SYSFS = '/sys/class/net'
const ETHERNET = '1'
const RESOLVER_FILE = '/run/resolv.conf'

/** Physical Ethernet adapters that the kernel has found by now. */
export function listAdapters(): readonly Adapter[] {
  return readDir(SYSFS).flatMap((name) => {
    const base = `${SYSFS}/${name}`
    const isPhysical = statOrNull(`${base}/device`) !== null && !readLink(base).includes('/virtual/')
    if (!isPhysical || attribute(base, 'type') !== ETHERNET) return []
    return [
      { name, mac: attribute(base, 'address'), index: Number(attribute(base, 'ifindex')), hasLink: attribute(base, 'carrier') === '1' },
    ]
  })
}

/** `carrier` cannot be read while the adapter is down. */
function attribute(base: string, name: string): string {
  try {
    return readText(`${base}/${name}`).trim()
  } catch {
    return ''
  }
}

/**
 * Brings every adapter up, which is what makes links appear. Only link-local IPv6 addresses come of it: no router and no
 * server gets a say in the host's addresses that the settings do not give it.
 */
export async function raiseAdapters(adapters: readonly Adapter[]): Promise<void> {
  for (const { name } of adapters) {
    setSysctl(`net/ipv6/conf/${name}/accept_ra`, '0')
    setSysctl(`net/ipv6/conf/${name}/autoconf`, '0')
  }
  await ip(adapters.map(({ name }) => `link set dev ${name} up`))
}

/** Looks at the adapters until `isEnough` or the deadline, and returns what was seen last. */
export async function awaitAdapters(
  clock: Clock,
  isEnough: (adapters: readonly Adapter[]) => boolean,
  timeoutMs: number,
): Promise<readonly Adapter[]> {
  let adapters = listAdapters()
  await waitUntil(
    clock,
    () => {
      adapters = listAdapters()
      return isEnough(adapters)
    },
    timeoutMs,
  )
  return adapters
}

/** Adapters that carry nothing take part in nothing. */
export async function lowerAdapters(adapters: readonly Adapter[]): Promise<void> {
  await ip(adapters.map(({ name }) => `link set dev ${name} down`))
}

export async function applyStaticAddress(adapter: string, address: string, gateway: string | null): Promise<void> {
  await ip([
    `address flush dev ${adapter} scope global`,
    `address add ${address} brd + dev ${adapter}`,
    ...(gateway === null ? [] : [`route replace default via ${gateway} dev ${adapter}`]),
  ])
}

/** Name servers that the settings name; those of a lease stand in the lease. */
export function writeNameServers(servers: readonly string[]): void {
  writeFileAtomic(RESOLVER_FILE, servers.map((server) => `nameserver ${server}\n`).join(''), { mode: 0o644 })
}

export function readNameServers(): readonly string[] {
  return [...readText(RESOLVER_FILE).matchAll(/^nameserver (\S+)$/gm)].map((match) => match[1] ?? '')
}
