// Reads the JSON of ip(8): addresses, default routes, neighbours. Anything odd in it is left out.
import type { SeenAddress } from '../domain/network-seen.ts'

type Row = Readonly<Record<string, unknown>>

function rows(text: string): readonly Row[] {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '[]' : text)
    return Array.isArray(value) ? value.filter((row): row is Row => typeof row === 'object' && row !== null) : []
  } catch {
    return []
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)

/** Of `ip -j address show`: those of hosts and links, loopback left out. */
export function parseAddresses(text: string): readonly SeenAddress[] {
  return rows(text).flatMap((row) => {
    const name = textOf(row.ifname)
    const infos = Array.isArray(row.addr_info) ? (row.addr_info as readonly Row[]) : []
    return name === null || name === 'lo' ? [] : infos.flatMap((info) => addressOf(name, info))
  })
}

function addressOf(name: string, info: Row): readonly SeenAddress[] {
  const { family, local, prefixlen, scope } = info
  if ((family !== 'inet' && family !== 'inet6') || typeof local !== 'string' || typeof prefixlen !== 'number') return []
  if (scope !== 'global' && scope !== 'link') return []
  const state = info.dadfailed === true ? 'duplicate' : info.tentative === true ? 'tentative' : 'ready'
  return [{ interface: name, address: `${local}/${prefixlen}`, family: family === 'inet' ? 4 : 6, scope, state }]
}

/** Of `ip -j route show default`: the gateway of the best one of an interface; of any when null. */
export function parseDefaultGateway(text: string, interfaceName: string | null): string | null {
  const found = rows(text)
    .filter(
      ({ dst, dev, gateway }) => dst === 'default' && typeof gateway === 'string' && (interfaceName === null || dev === interfaceName),
    )
    .sort((a, b) => Number(a.metric ?? 0) - Number(b.metric ?? 0))
  return textOf(found[0]?.gateway)
}

/** Of `ip -j neigh show`: `there` once it has answered, `absent` once the kernel has given up, else `unknown`. @source ip-neighbour(8), NUD states */
export function parseNeighbour(text: string, address: string): 'there' | 'absent' | 'unknown' {
  const row = rows(text).find(({ dst }) => dst === address)
  const states = Array.isArray(row?.state) ? row.state : []
  if (states.includes('REACHABLE') || states.includes('STALE') || states.includes('DELAY')) return 'there'
  return states.includes('FAILED') ? 'absent' : 'unknown'
}
