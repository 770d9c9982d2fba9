// Which classes hold the traffic of NICs to what they and their pools may have. Pools without a limit have none, and NICs without a limit above them neither. Pure.
// @source tc-htb(8); net/sched/sch_htb.c
import type { PoolSpec } from '../domain/pool.ts'
import { type NicShape, type TrafficClass, type TrafficTree, WAYS, type Way } from '../domain/traffic.ts'
import type { Nic, VmSpec } from '../domain/vm.ts'
import { FIRST_UID, tapName } from './vm-paths.ts'

export type TrafficPool = Pick<PoolSpec, 'name' | 'parent' | 'network'>

/** Numbers of pools, from 1. A class is known by its number, so a pool keeps its own for as long as it is there. */
export type PoolNumbers = ReadonlyMap<string, number>

export interface TrafficVm {
  readonly uid: number
  readonly pool: string
  readonly nics: readonly Pick<Nic, 'slot' | 'limits'>[]
}

/** The kernel's trees are 8 deep, and a NIC with bursts is two of them. */
export const MAX_LIMITED_POOLS_ABOVE = 6

/** What passes at once where no burst is wanted: so much time of the rate that no timer is too late for it, and no more than a moment's traffic. */
const BURST_SECONDS = 0.1
const LEAST_BURST_BYTES = 8192
const MOST_BURST_BYTES = 1_048_576
/** tc counts a burst in 32 bits. */
const MOST_SAVED_BYTES = 2_147_483_647

const RATE = { receive: 'receiveBytesPerSecond', transmit: 'transmitBytesPerSecond' } as const

/** Those that are numbered keep their numbers; others get the lowest that are free. */
export function numberPools(pools: readonly TrafficPool[], before: PoolNumbers): PoolNumbers {
  const names = pools.map(({ name }) => name)
  const numbers = new Map([...before].filter(([name]) => names.includes(name)))
  const taken = new Set(numbers.values())
  for (const name of [...names].sort()) {
    if (numbers.has(name)) continue
    let number = 1
    while (taken.has(number)) number++
    taken.add(number)
    numbers.set(name, number)
  }
  return numbers
}

/** Classes of the pools in which VMs are, and of the NICs that are limited. */
export function planTraffic(pools: readonly TrafficPool[], numbers: PoolNumbers, vms: readonly TrafficVm[]): TrafficTree {
  const used = new Set(vms.flatMap(({ pool }) => poolsAbove(pool, pools).map(({ name }) => name)))
  const classesOf = (way: Way): readonly TrafficClass[] =>
    pools
      .filter((pool) => used.has(pool.name) && pool.network[RATE[way]] !== null)
      .map((pool) => ({ depth: limitedAbove(pool.name, pools, way).length, made: poolClass(pool, pools, numbers, way) }))
      .sort((a, b) => a.depth - b.depth || a.made.minor - b.made.minor)
      .map(({ made }) => made)
  return {
    pools: { receive: classesOf('receive'), transmit: classesOf('transmit') },
    nics: vms.flatMap(({ uid, pool, nics }) => nics.map((nic) => shapeNic(pools, numbers, uid, pool, nic)).filter(isShaped)),
  }
}

/** Of a NIC of the VM with this uid, in this pool. */
export function shapeNic(
  pools: readonly TrafficPool[],
  numbers: PoolNumbers,
  uid: number,
  pool: string,
  { slot, limits }: Pick<Nic, 'slot' | 'limits'>,
): NicShape {
  const classesOf = (way: Way): readonly TrafficClass[] => {
    const own = limits?.[RATE[way]] ?? null
    const above = limitedAbove(pool, pools, way)[0]
    const parent = above === undefined ? 0 : poolMinor(above.name, numbers)
    const aboveRate = above?.network[RATE[way]] ?? null
    const rate = own ?? aboveRate
    if (rate === null) return []
    const minor = nicMinor(uid, slot)
    const factor = own === null ? 1 : (limits?.burstFactor ?? 1)
    if (factor === 1) return [withBurst(minor, parent, rate)]
    const saved = Math.min(MOST_SAVED_BYTES, rate * (factor - 1) * (limits?.burstSeconds ?? 1))
    // The outer one is how fast a burst goes, the inner one how long it lasts.
    return [
      withBurst(peakMinor(uid, slot), parent, rate * factor),
      { minor, parent: peakMinor(uid, slot), bytesPerSecond: rate, burstBytes: Math.max(saved, burstOf(rate)) },
    ]
  }
  return { tap: tapName(uid, slot), receive: classesOf('receive'), transmit: classesOf('transmit') }
}

export function isShaped(shape: NicShape): boolean {
  return WAYS.some((way) => shape[way].length > 0)
}

/** Names of those that stand in more limited pools than the kernel's trees are deep, themselves included. */
export function findTooDeep(pools: readonly TrafficPool[]): readonly string[] {
  const isTooDeep = ({ name }: TrafficPool) => WAYS.some((way) => limitedAbove(name, pools, way).length > MAX_LIMITED_POOLS_ABOVE)
  return pools.filter(isTooDeep).map(({ name }) => name)
}

/** What a VM keeps to itself of what is in force for it and what is being made so: its NICs may be of either. */
export function nicsOf(inForce: VmSpec, changingTo: VmSpec | null): readonly Nic[] {
  const coming = changingTo?.nics ?? []
  return [...coming, ...inForce.nics.filter(({ slot }) => !coming.some((other) => other.slot === slot))]
}

function poolClass(pool: TrafficPool, pools: readonly TrafficPool[], numbers: PoolNumbers, way: Way): TrafficClass {
  const above = limitedAbove(pool.parent, pools, way)[0]
  return withBurst(poolMinor(pool.name, numbers), above === undefined ? 0 : poolMinor(above.name, numbers), pool.network[RATE[way]] ?? 0)
}

/** The pool itself and those that it is in, from the inside out. */
function poolsAbove(name: string, pools: readonly TrafficPool[]): readonly TrafficPool[] {
  const pool = pools.find((candidate) => candidate.name === name)
  if (pool === undefined) return []
  const others = pools.filter((candidate) => candidate !== pool)
  return [pool, ...poolsAbove(pool.parent, others)]
}

function limitedAbove(name: string, pools: readonly TrafficPool[], way: Way): readonly TrafficPool[] {
  return poolsAbove(name, pools).filter(({ network }) => network[RATE[way]] !== null)
}

function withBurst(minor: number, parent: number, bytesPerSecond: number): TrafficClass {
  return { minor, parent, bytesPerSecond, burstBytes: burstOf(bytesPerSecond) }
}

function burstOf(bytesPerSecond: number): number {
  return Math.round(Math.min(MOST_BURST_BYTES, Math.max(LEAST_BURST_BYTES, bytesPerSecond * BURST_SECONDS)))
}

/**
 * A packet carries the number of its class as its priority, out of the host even, where the low four bits may choose a band: those of 8 to 15 are the ordinary
 * one. So the numbers of NICs have them; others' are never on a packet.
 * @source net/sched/sch_generic.c, sch_default_prio2band
 */
const ORDINARY = 8
/** Blocks of 16 numbers that pools have. */
const POOL_BLOCKS = 16

function poolMinor(name: string, numbers: PoolNumbers): number {
  const number = numbers.get(name) ?? 0
  return (Math.floor(number / ORDINARY) << 4) | (number % ORDINARY)
}

/** Of up to 4,080 VMs with 8 NICs each. */
function peakMinor(uid: number, slot: number): number {
  return ((uid - FIRST_UID + POOL_BLOCKS) << 4) | slot
}

function nicMinor(uid: number, slot: number): number {
  return peakMinor(uid, slot) | ORDINARY
}
