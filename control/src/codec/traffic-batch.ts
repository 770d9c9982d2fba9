// What ip and tc are told so that the kernel has a wanted tree of traffic classes instead of the one that it has; and what it has, out of tc's JSON.
// @source tc(8), tc-htb(8), tc-fq_codel(8), tc-matchall(8), tc-mirred(8), tc-skbedit(8)
import { type NicShape, type TrafficClass, type TrafficTree, WAYS, type Way } from '../domain/traffic.ts'

/** Where the packets of all NICs that are limited meet, one device for each way. A guest receives what leaves the host by its TAP. */
export const MEETING_DEVICES: Readonly<Record<Way, string>> = { receive: 'corbel-rx', transmit: 'corbel-tx' }
const HOOKS: Readonly<Record<Way, string>> = { receive: 'egress', transmit: 'ingress' }

interface KernelClass {
  readonly parent: number
  /** What it was told; null: unknown. */
  readonly told: string | null
}

interface KernelWay {
  readonly device: boolean
  /** Whether the device has its tree. */
  readonly root: boolean
  readonly classes: ReadonlyMap<number, KernelClass>
}

/** By which class the packets of a TAP go; null: as without us. */
type Attached = Readonly<Record<Way, number | null>>

interface KernelTap {
  /** Of the device: one that is made anew has nothing of it. */
  readonly index: number
  /** Null: something, but not known what. */
  readonly attached: Attached | null
}

export interface KernelTraffic {
  readonly ways: Readonly<Record<Way, KernelWay>>
  readonly taps: ReadonlyMap<string, KernelTap>
}

export interface TrafficChange {
  /** Lines for `ip -batch`, before those for `tc -batch`, and after them. */
  readonly links: readonly string[]
  readonly lines: readonly string[]
  readonly unlinks: readonly string[]
  readonly after: KernelTraffic
}

const NO_WAY: KernelWay = { device: false, root: false, classes: new Map() }
export const NO_TRAFFIC: KernelTraffic = { ways: { receive: NO_WAY, transmit: NO_WAY }, taps: new Map() }

/** `present` has the index of each TAP that is there; what others are to have waits until they are. */
export function renderTraffic(before: KernelTraffic, tree: TrafficTree, present: ReadonlyMap<string, number>): TrafficChange {
  const nics = tree.nics.filter(({ tap }) => present.has(tap))
  const wanted = { receive: wantedOf(tree, nics, 'receive'), transmit: wantedOf(tree, nics, 'transmit') }
  const stale = { receive: staleOf(before.ways.receive, wanted.receive), transmit: staleOf(before.ways.transmit, wanted.transmit) }
  const taps = tapsAfter(nics, present)
  const ways = { receive: wayAfter(wanted.receive), transmit: wayAfter(wanted.transmit) }
  const made = WAYS.filter((way) => ways[way].device && !before.ways[way].root)
  const gone = WAYS.filter((way) => !ways[way].device && before.ways[way].device)
  return {
    links: made.flatMap((way) => [
      ...(before.ways[way].device ? [] : [`link add name ${MEETING_DEVICES[way]} type ifb`]),
      `link set dev ${MEETING_DEVICES[way]} addrgenmode none up`,
    ]),
    lines: [
      ...made.map((way) => `qdisc replace dev ${MEETING_DEVICES[way]} root handle 1: htb`),
      ...[...before.taps].flatMap(([tap, was]) => (present.get(tap) === was.index ? detach(tap, was, taps.get(tap)) : [])),
      ...WAYS.filter((way) => ways[way].device).flatMap((way) => [
        ...stale[way].map((minor) => `class del dev ${MEETING_DEVICES[way]} classid ${id(minor)}`),
        ...wanted[way].flatMap((one) => tell(one, MEETING_DEVICES[way], stale[way].includes(one.minor) ? null : before.ways[way])),
      ]),
      ...[...taps].flatMap(([tap, now]) => attach(tap, before.taps.get(tap), now)),
    ],
    unlinks: gone.map((way) => `link del dev ${MEETING_DEVICES[way]}`),
    after: { ways, taps },
  }
}

/** Of what `tc -j qdisc show` and, for each way whose device is there, `tc -j class show` say. Throws SyntaxError for what is no list. */
export function parseTraffic(
  qdiscs: string,
  classes: Readonly<Record<Way, string | null>>,
  present: ReadonlyMap<string, number>,
): KernelTraffic {
  const all = objects(qdiscs)
  const way = (name: Way): KernelWay => {
    const text = classes[name]
    if (text === null) return NO_WAY
    const root = all.some(({ kind, dev, handle }) => kind === 'htb' && dev === MEETING_DEVICES[name] && handle === '1:')
    const found = objects(text).flatMap(({ class: kind, handle, parent }) => {
      if (kind !== 'htb') return []
      return [[minorOf(handle), { parent: parent === undefined ? 0 : minorOf(parent), told: null }] as const]
    })
    return { device: true, root, classes: new Map(found) }
  }
  const taps = all.flatMap(({ kind, dev }) => {
    const index = typeof dev === 'string' ? present.get(dev) : undefined
    return kind === 'clsact' && index !== undefined ? [[String(dev), { index, attached: null }] as const] : []
  })
  return { ways: { receive: way('receive'), transmit: way('transmit') }, taps: new Map(taps) }
}

interface Wanted extends TrafficClass {
  /** Packets wait in it: nothing else is in it. */
  readonly isLeaf: boolean
}

function wantedOf(tree: TrafficTree, nics: readonly NicShape[], way: Way): readonly Wanted[] {
  return [
    ...tree.pools[way].map((one) => ({ ...one, isLeaf: false })),
    ...nics.flatMap((nic) => nic[way].map((one, at, all) => ({ ...one, isLeaf: at === all.length - 1 }))),
  ]
}

/** Those that are to go, or to be in another one, and all that are in them; the innermost first, as a class that others are in cannot go. */
function staleOf({ classes }: KernelWay, wanted: readonly Wanted[]): readonly number[] {
  const parents = new Map(wanted.map(({ minor, parent }) => [minor, parent]))
  const isStale = (minor: number): boolean => {
    const was = classes.get(minor)
    return was !== undefined && (parents.get(minor) !== was.parent || isStale(was.parent))
  }
  const depth = (minor: number): number => {
    const was = classes.get(minor)
    return was === undefined ? 0 : 1 + depth(was.parent)
  }
  return [...classes.keys()].filter(isStale).sort((a, b) => depth(b) - depth(a) || a - b)
}

function wayAfter(wanted: readonly Wanted[]): KernelWay {
  if (wanted.length === 0) return NO_WAY
  return { device: true, root: true, classes: new Map(wanted.map((one) => [one.minor, { parent: one.parent, told: rates(one) }])) }
}

function tapsAfter(nics: readonly NicShape[], present: ReadonlyMap<string, number>): ReadonlyMap<string, KernelTap> {
  const last = (classes: readonly TrafficClass[]) => classes.at(-1)?.minor ?? null
  return new Map(
    nics.flatMap(({ tap, receive, transmit }) => {
      const attached = { receive: last(receive), transmit: last(transmit) }
      if (attached.receive === null && attached.transmit === null) return []
      return [[tap, { index: present.get(tap) ?? 0, attached }] as const]
    }),
  )
}

/**
 * A class that is in none is given its rate; one that is in another borrows all of that one's, beyond a trickle: a class sends what it is given whatever those
 * above it may.
 */
const TRICKLE = 'rate 125bps burst 1600'
/** What a class may send before the next one has its turn. */
const QUANTUM = 60_000

function rates({ parent, bytesPerSecond, burstBytes }: TrafficClass): string {
  const given = parent === 0 ? `rate ${bytesPerSecond}bps burst ${burstBytes}` : TRICKLE
  return `${given} ceil ${bytesPerSecond}bps cburst ${burstBytes} quantum ${QUANTUM}`
}

function tell(one: Wanted, device: string, before: KernelWay | null): readonly string[] {
  if (before?.classes.get(one.minor)?.told === rates(one)) return []
  const line = `class replace dev ${device} parent ${one.parent === 0 ? '1:' : id(one.parent)} classid ${id(one.minor)} htb ${rates(one)}`
  return one.isLeaf ? [line, `qdisc replace dev ${device} parent ${id(one.minor)} ${queue(one)}`] : [line]
}

/** What guests hand over at once, and what is dropped at once: packets are cut to size only after all this. */
const LARGEST_PACKET_BYTES = 65_536

/**
 * Flows share what there is, and none makes others wait. What counts as waiting is beyond the time that a largest packet takes, or slow flows would lose one
 * after the other. Of memory it has what is sent in two seconds.
 */
function queue({ bytesPerSecond }: TrafficClass): string {
  const targetUs = Math.max(5_000, Math.round((1.5 * LARGEST_PACKET_BYTES * 1_000_000) / bytesPerSecond))
  const memoryBytes = Math.min(4_194_304, Math.max(262_144, 2 * bytesPerSecond))
  return `fq_codel limit 1024 memory_limit ${memoryBytes} target ${targetUs}us interval ${targetUs + 95_000}us`
}

function detach(tap: string, { attached }: KernelTap, after: KernelTap | undefined): readonly string[] {
  if (attached === null || after === undefined) return [`qdisc del dev ${tap} clsact`]
  return WAYS.filter((way) => attached[way] !== null && after.attached?.[way] !== attached[way]).map(
    (way) => `filter del dev ${tap} ${HOOKS[way]} pref 1`,
  )
}

function attach(tap: string, before: KernelTap | undefined, { index, attached }: KernelTap): readonly string[] {
  const was = before?.index === index ? before.attached : null
  const lines = WAYS.flatMap((way) => {
    const minor = attached?.[way] ?? null
    if (minor === null || was?.[way] === minor) return []
    const to = `action skbedit priority ${id(minor)} pipe action mirred egress redirect dev ${MEETING_DEVICES[way]}`
    return [`filter add dev ${tap} ${HOOKS[way]} pref 1 protocol all matchall ${to}`]
  })
  return was === null ? [`qdisc replace dev ${tap} clsact`, ...lines] : lines
}

/** tc's numbers are hexadecimal. */
function id(minor: number): string {
  return `1:${minor.toString(16)}`
}

function minorOf(handle: unknown): number {
  return Number.parseInt(String(handle).split(':')[1] ?? '', 16)
}

function objects(text: string): readonly Readonly<Record<string, unknown>>[] {
  const value: unknown = text.trim() === '' ? [] : JSON.parse(text)
  if (!Array.isArray(value)) throw new SyntaxError('tc told no list')
  return value.filter((one): one is Readonly<Record<string, unknown>> => typeof one === 'object' && one !== null)
}
