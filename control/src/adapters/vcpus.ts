// Adds and removes vCPUs of a running VM one by one, the highest last in and first out, until there are as many as wanted.
// @source QEMU qapi/machine.json, query-hotpluggable-cpus
import { VmHostFailure } from './host-failure.ts'
import { type Monitor, objectOf, objects } from './monitor.ts'

interface Place {
  readonly type: string
  readonly properties: Readonly<Record<string, number>>
  /** Null while nothing is in it. */
  readonly path: string | null
}

export async function setVcpus(count: number, monitor: Monitor, unplug: (id: string) => Promise<void>): Promise<void> {
  const places = await placesOf(monitor)
  const present = places.filter(({ path }) => path !== null)
  if (count > places.length) throw new VmHostFailure('vcpus.no-place', 'device_add', `there are places for ${places.length} vCPUs`)
  for (const place of places.filter(({ path }) => path === null).slice(0, Math.max(0, count - present.length))) {
    await monitor.execute('device_add', { driver: place.type, id: nameOf(place), ...place.properties })
  }
  for (const { path } of present.slice(count).reverse()) await unplug(idOf(path ?? ''))
}

export async function countVcpus(monitor: Monitor): Promise<number> {
  return (await placesOf(monitor)).filter(({ path }) => path !== null).length
}

/** In the order in which they are filled. */
async function placesOf(monitor: Monitor): Promise<readonly Place[]> {
  const answer = objects(await monitor.execute('query-hotpluggable-cpus'), 'query-hotpluggable-cpus')
  const places = answer.map((item): Place => {
    const props = objectOf(item.props, 'query-hotpluggable-cpus')
    if (typeof item.type !== 'string') throw new VmHostFailure('qmp.malformed', 'query-hotpluggable-cpus', 'a place without a type')
    const numbers = Object.entries(props).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    const path = item['qom-path']
    return { type: item.type, properties: Object.fromEntries(numbers), path: typeof path === 'string' ? path : null }
  })
  return places.sort((a, b) => rank(a) - rank(b))
}

const ORDER = ['socket-id', 'die-id', 'core-id', 'thread-id'] as const

function rank({ properties }: Place): number {
  return ORDER.reduce((sum, name) => sum * 1024 + (properties[name] ?? 0), 0)
}

function nameOf({ properties }: Place): string {
  return `vcpu${ORDER.map((name) => properties[name] ?? 0).join('-')}`
}

/** Devices that were plugged in have names; those that were there from the start have only their paths. */
function idOf(path: string): string {
  const named = /^\/machine\/peripheral\/([^/]+)$/.exec(path)
  return named?.[1] ?? path
}
