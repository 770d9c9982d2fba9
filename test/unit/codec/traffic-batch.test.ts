// What ip and tc are told: taken line by line by a kernel that refuses what Linux refuses, from any tree to any other.
import { describe, expect, it } from 'vitest'
import { type KernelTraffic, NO_TRAFFIC, parseTraffic, renderTraffic } from '../../../control/src/codec/traffic-batch.ts'
import type { NicShape, TrafficClass, TrafficTree } from '../../../control/src/domain/traffic.ts'
import { FakeRandom } from '../../fakes/random.ts'

/** Devices, classes and filters, with the rules that matter. */
class ModelKernel {
  readonly devices = new Set<string>()
  readonly roots = new Set<string>()
  /** By device and number: what it is in, and what it was told. */
  readonly classes = new Map<string, { readonly parent: string; readonly told: string }>()
  readonly queues = new Map<string, string>()
  /** By TAP: hooks with where they lead. */
  readonly taps = new Map<string, Map<string, string>>()

  run(lines: readonly string[]): void {
    for (const line of lines) this.#run(line.split(' '), line)
  }

  #run(words: readonly string[], line: string): void {
    const after = (word: string) => words[words.indexOf(word) + 1] ?? ''
    const refuse = (holds: boolean): void => {
      if (!holds) throw new Error(`refused: ${line}`)
    }
    const dev = after('dev')
    const classKey = `${dev} ${after('classid')}`
    switch (words.slice(0, 2).join(' ')) {
      case 'link add':
        refuse(!this.devices.has(after('name')))
        this.devices.add(after('name'))
        return
      case 'link set':
        refuse(this.devices.has(dev))
        return
      case 'link del':
        refuse(this.devices.delete(dev) && ![...this.taps.values()].some((hooks) => [...hooks.values()].some((to) => to.endsWith(dev))))
        this.roots.delete(dev)
        for (const key of this.classes.keys()) if (key.startsWith(`${dev} `)) this.classes.delete(key)
        for (const key of this.queues.keys()) if (key.startsWith(`${dev} `)) this.queues.delete(key)
        return
      case 'qdisc replace':
        if (words.includes('clsact')) return void (this.taps.has(dev) || this.taps.set(dev, new Map()))
        if (words.includes('root')) {
          refuse(this.devices.has(dev) && !this.roots.has(dev))
          this.roots.add(dev)
          return
        }
        refuse(
          this.classes.has(`${dev} ${after('parent')}`) &&
            ![...this.classes].some(([key, { parent }]) => key.startsWith(`${dev} `) && parent === after('parent')),
        )
        this.queues.set(`${dev} ${after('parent')}`, words.slice(words.indexOf('fq_codel')).join(' '))
        return
      case 'qdisc del':
        refuse(this.taps.delete(dev))
        return
      case 'class replace': {
        const [parent, old] = [after('parent'), this.classes.get(classKey)]
        refuse(
          this.roots.has(dev) && (parent === '1:' || this.classes.has(`${dev} ${parent}`)) && (old === undefined || old.parent === parent),
        )
        this.queues.delete(`${dev} ${parent}`)
        this.classes.set(classKey, { parent, told: words.slice(words.indexOf('htb') + 1).join(' ') })
        return
      }
      case 'class del':
        refuse(
          this.classes.delete(classKey) &&
            ![...this.classes].some(([key, { parent }]) => key.startsWith(`${dev} `) && parent === after('classid')),
        )
        this.queues.delete(classKey)
        return
      case 'filter add': {
        const hook = words[4] ?? ''
        refuse(this.taps.has(dev) && !this.taps.get(dev)?.has(hook) && this.devices.has(words.at(-1) ?? ''))
        this.taps.get(dev)?.set(hook, `${after('priority')} ${words.at(-1)}`)
        return
      }
      case 'filter del':
        refuse(this.taps.get(dev)?.delete(words[4] ?? '') === true)
        return
      default:
        throw new Error(`unknown: ${line}`)
    }
  }

  /** As tc tells it. */
  read(present: ReadonlyMap<string, number>): KernelTraffic {
    const qdiscs = [
      ...[...this.roots].map((dev) => ({ kind: 'htb', handle: '1:', dev, root: true })),
      ...[...this.taps.keys()].map((dev) => ({ kind: 'clsact', handle: 'ffff:', dev, parent: 'ffff:fff1' })),
    ]
    const classesOf = (dev: string) => {
      if (!this.devices.has(dev)) return null
      const own = [...this.classes].filter(([key]) => key.startsWith(`${dev} `))
      return JSON.stringify([
        ...own.map(([key, { parent }]) => ({
          class: 'htb',
          handle: key.split(' ')[1],
          ...(parent === '1:' ? { root: true } : { parent }),
        })),
        { class: 'fq_codel', handle: ':1a', parent: '8001:' },
      ])
    }
    return parseTraffic(JSON.stringify(qdiscs), { receive: classesOf('corbel-rx'), transmit: classesOf('corbel-tx') }, present)
  }

  get everything(): unknown {
    const sorted = (map: Iterable<readonly [string, unknown]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
    return [
      [...this.devices].sort(),
      sorted(this.classes),
      sorted(this.queues),
      sorted([...this.taps].map(([tap, hooks]) => [tap, sorted(hooks)] as const)),
    ]
  }
}

const cls = (minor: number, parent = 0, bytesPerSecond = 1_000_000): TrafficClass => ({ minor, parent, bytesPerSecond, burstBytes: 50_000 })
const tree = (nics: readonly NicShape[], receive: readonly TrafficClass[] = [], transmit: readonly TrafficClass[] = []): TrafficTree => ({
  pools: { receive, transmit },
  nics,
})
const nic = (tap: string, receive: readonly TrafficClass[], transmit: readonly TrafficClass[] = []): NicShape => ({
  tap,
  receive,
  transmit,
})
const NOTHING = tree([])
const taps = (...names: string[]) => new Map(names.map((name, at) => [name, at + 10]))

function told(before: KernelTraffic, wanted: TrafficTree, present: ReadonlyMap<string, number>): readonly string[] {
  const { links, lines, unlinks } = renderTraffic(before, wanted, present)
  return [...links, ...lines, ...unlinks]
}

describe('from nothing', () => {
  it('to a NIC in a pool: the device, the classes from the outside in, a queue for the NIC alone, then its packets', () => {
    expect(told(NO_TRAFFIC, tree([nic('vm0n0', [cls(0x108, 1, 65_536)])], [cls(1)]), taps('vm0n0'))).toEqual([
      'link add name corbel-rx type ifb',
      'link set dev corbel-rx addrgenmode none up',
      'qdisc replace dev corbel-rx root handle 1: htb',
      'class replace dev corbel-rx parent 1: classid 1:1 htb rate 1000000bps burst 50000 ceil 1000000bps cburst 50000 quantum 60000',
      'class replace dev corbel-rx parent 1:1 classid 1:108 htb rate 125bps burst 1600 ceil 65536bps cburst 50000 quantum 60000',
      'qdisc replace dev corbel-rx parent 1:108 fq_codel limit 1024 memory_limit 262144 target 1500000us interval 1595000us',
      'qdisc replace dev vm0n0 clsact',
      'filter add dev vm0n0 egress pref 1 protocol all matchall action skbedit priority 1:108 pipe action mirred egress redirect dev corbel-rx',
    ])
  })

  it('to nothing, nothing is said; nor of a TAP that is not there', () => {
    expect(told(NO_TRAFFIC, NOTHING, taps('vm0n0'))).toEqual([])
    expect(told(NO_TRAFFIC, tree([nic('vm0n0', [cls(0x108)])]), taps())).toEqual([])
  })
})

describe('what is so already', () => {
  const one = tree([nic('vm0n0', [cls(0x108)], [cls(0x108)])])
  const { after } = renderTraffic(NO_TRAFFIC, one, taps('vm0n0'))

  it('is not said again', () => {
    expect(told(after, one, taps('vm0n0'))).toEqual([])
  })

  it('changes by its class alone', () => {
    const faster = tree([nic('vm0n0', [cls(0x108, 0, 2_000_000)], [cls(0x108)])])
    expect(told(after, faster, taps('vm0n0')).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'class replace',
      'qdisc replace',
    ])
  })

  it('ends without a trace', () => {
    expect(told(after, NOTHING, taps('vm0n0'))).toEqual(['qdisc del dev vm0n0 clsact', 'link del dev corbel-rx', 'link del dev corbel-tx'])
    expect(told(after, NOTHING, taps())).toEqual(['link del dev corbel-rx', 'link del dev corbel-tx'])
  })

  it('is said anew of a TAP that is another one', () => {
    expect(told(after, one, new Map([['vm0n0', 99]]))[0]).toBe('qdisc replace dev vm0n0 clsact')
  })
})

it('from any tree to any other, also where it has to be read first, the kernel refuses nothing and has what it would have had at once', () => {
  const random = new FakeRandom(5)
  const some = (count: number) => random.below(count)
  const kernel = new ModelKernel()
  let known: KernelTraffic = NO_TRAFFIC
  let generation = 0
  const indices = new Map<string, number>()
  for (let round = 0; round < 400; round++) {
    const pools = [1, 2, 3]
      .filter(() => some(2) === 1)
      .map((minor, at, all) => cls(minor, at === 0 || some(2) === 0 ? 0 : (all[at - 1] ?? 0), 100_000 * (1 + some(9))))
    const chain = (at: number): TrafficClass[] => {
      if (some(3) === 0) return []
      const parent = pools[some(pools.length + 1)]?.minor ?? 0
      const leaf = ((16 + at) << 4) | 8
      return some(2) === 0 ? [cls(leaf, parent)] : [cls(leaf - 8, parent, 4_000_000), cls(leaf, leaf - 8, 100_000 * (1 + some(9)))]
    }
    for (let at = 0; at < 4; at++) {
      const name = `vm${at}n0`
      if (some(4) === 0 && indices.delete(name)) kernel.taps.delete(name)
      else if (some(2) === 0 && !indices.has(name)) indices.set(name, ++generation)
    }
    const wanted = tree(
      [0, 1, 2, 3].map((at) =>
        nic(`vm${at}n0`, chain(at), some(2) === 0 ? chain(at).map((one) => ({ ...one, parent: one.parent < 16 ? 0 : one.parent })) : []),
      ),
      pools,
    )
    if (some(5) === 0) known = kernel.read(indices)
    const { links, lines, unlinks, after } = renderTraffic(known, wanted, indices)
    // Cut off in the middle by the end of controld, now and then: the next one reads.
    if (some(10) === 0) {
      kernel.run([...links, ...lines.slice(0, some(lines.length + 1))])
      known = kernel.read(indices)
      const again = renderTraffic(known, wanted, indices)
      kernel.run([...again.links, ...again.lines, ...again.unlinks])
      known = again.after
    } else {
      kernel.run([...links, ...lines, ...unlinks])
      known = after
    }
    const fresh = new ModelKernel()
    const { links: l, lines: m } = renderTraffic(NO_TRAFFIC, wanted, indices)
    fresh.run([...l, ...m])
    expect(kernel.everything).toEqual(fresh.everything)
  }
})

it('what is no list of tc’s is refused', () => {
  expect(() => parseTraffic('{}', { receive: null, transmit: null }, taps())).toThrow(SyntaxError)
})
