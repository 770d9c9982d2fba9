// How much of its memory each VM is to have while the host, or a pool, has less than VMs want: what is idle is taken first, then what was promised to
// nobody, each in proportion; and given back when there is room. Pure, and without memory: what it decides follows from how things are.
import { ROOT_POOL } from '../domain/pool.ts'
import { type Give, PoolTree } from './balloon-tree.ts'

/** A VM that may be asked for memory. All in MiB. */
export interface BalloonVm {
  readonly id: string
  readonly pool: string
  readonly memoryMiB: number
  /** The most that it may have: its memory, or what its user wants it to have. */
  readonly ceilingMiB: number
  /** Less it is never left. */
  readonly floorMiB: number
  /** What it was told last to have, `ceilingMiB` when nothing is taken. */
  readonly targetMiB: number
  /** What it has, as its balloon tells. */
  readonly actualMiB: number
  /** What it takes of the host's memory beside QEMU's own part: as much of `actualMiB` as was ever touched. */
  readonly touchedMiB: number
  /** What its guest says that it cannot do without; null where it does not say. */
  readonly neededMiB: number | null
  /** Whether what it is told comes about: false for one whose balloon does not move, or that does not answer. Nothing is taken of it. */
  readonly follows: boolean
}

/** A pool, or the host, `host`. */
export interface MemoryBound {
  readonly name: string
  /** Null for the host. */
  readonly parent: string | null
  /** What all in it may take together; null: as much as the one around it. */
  readonly limitMiB: number | null
  /** What it was promised: others take none of it. */
  readonly reservationMiB: number
  /** What all in it take, QEMU's part and what is no VM's included. */
  readonly heldMiB: number
  /** What VMs in it that take no part may still come to take. */
  readonly growthMiB: number
}

export interface BalloonPlan {
  /** Of every VM, by id. */
  readonly targets: ReadonlyMap<string, number>
  /** What is missing even when all have given what may be taken of them; 0: nothing. */
  readonly missingMiB: number
}

/** Of a bound: below `low` memory is taken until `aim` is free; above `high` it is given back. The distances are what keeps it from going to and fro. */
export interface Margins {
  readonly low: number
  readonly aim: number
  readonly high: number
}

/** Less is no room for a guest to grow in between two looks; more would lie idle. */
const LEAST_MARGIN_MIB = 96
const MOST_MARGIN_MIB = 8_192
const MARGIN_PART = 0.05
/** What is left to a guest of what it does not need: its page cache, and room for what it will need next. */
const COMFORT_PART = 0.1
const LEAST_COMFORT_MIB = 16
/** The most that is taken or given at once, of a VM's memory: a guest finds what it can do without while the next is not asked for yet. */
const STEP_PART = 0.125
const LEAST_STEP_MIB = 32
/** Less is not worth the asking, unless it is all that is owed. */
const LEAST_MOVE_MIB = 8
/** How much more of its memory one must have idle than another that has had to give, before it gives to that one. */
const UNFAIR_PART = 0.2
/** Guests of any kind stop working with less. */
const LEAST_FLOOR_MIB = 64
const FLOOR_PART = 0.25

/**
 * What a VM is left in any case: what it has reserved; a quarter of its memory, as a kernel sizes its tables by all of it, and guests thrash and kill their
 * own programs long before; 64 MiB; and whatever was added while it runs, which its balloon does not reach.
 */
export function balloonFloorMiB(vm: {
  readonly memoryMiB: number
  readonly reservationMiB: number
  readonly hotMiB: number
  readonly ceilingMiB: number
}): number {
  const { memoryMiB, reservationMiB, hotMiB, ceilingMiB } = vm
  const least = Math.max(Math.ceil(memoryMiB * FLOOR_PART), LEAST_FLOOR_MIB)
  return Math.min(ceilingMiB, Math.max(reservationMiB, least, hotMiB + (hotMiB > 0 ? LEAST_FLOOR_MIB : 0)))
}

export function marginsOf(limitMiB: number): Margins {
  const low = Math.min(limitMiB / 4, MOST_MARGIN_MIB, Math.max(LEAST_MARGIN_MIB, limitMiB * MARGIN_PART))
  return { low, aim: low * 1.5, high: low * 2 }
}

/** `pressed`: work on the host waits for memory, so that more is to be free than usual. */
export function planBalloons(bounds: readonly MemoryBound[], vms: readonly BalloonVm[], pressed: boolean): BalloonPlan {
  const tree = new PoolTree(bounds, vms)
  const taken = new Map<string, number>()
  let missingMiB = 0
  for (const bound of tree.innermostFirst()) {
    const { limitMiB } = bound
    if (limitMiB === null) continue
    const inside = tree.vmsIn(bound.name)
    const growth = growthIn(tree, bound)
    const { low, aim, high } = marginsOf(limitMiB)
    const enough = pressed ? high : aim
    const coming = sum(inside, (vm) => vm.touchedMiB - expected(vm))
    const free = limitMiB - bound.heldMiB + coming + sum(inside, ({ id }) => taken.get(id) ?? 0)
    const give = (need: number, of: Give) => tree.take(bound.name, need, of, taken)
    // Where all that they could ever take fits, nothing is scarce, however little is free.
    if (free >= growth || free >= high) continue
    if (free < (pressed && bound.name === ROOT_POOL ? aim : low)) {
      let need = Math.min(enough, growth) - free
      // What is idle, and more than a step, is worth waiting for while anything is free.
      const soon = free < low / 2 ? 0 : sum(inside, idle)
      need -= give(need, (vm) => Math.min(idle(vm), step(vm)))
      need -= give(Math.min(need, need + sum(inside, ({ id }) => taken.get(id) ?? 0) - soon), (vm) => Math.min(spare(vm), step(vm)))
      const later = sum(inside, (vm) => spare(vm) - (taken.get(vm.id) ?? 0))
      missingMiB = Math.max(missingMiB, need - later - (enough - low))
    }
    give(debtOf(inside), donationIn(inside))
  }
  const given = planReturns(tree, vms)
  const targets = vms.map((vm): [string, number] => {
    const less = taken.get(vm.id) ?? 0
    const more = worthwhile(Math.floor(given.get(vm.id) ?? 0), debt(vm))
    const wanted = less < 1 ? vm.targetMiB + more : Math.floor(expected(vm) - less)
    return [vm.id, Math.max(vm.floorMiB, Math.min(vm.ceilingMiB, wanted))]
  })
  return { targets: new Map(targets), missingMiB: Math.max(0, Math.round(missingMiB)) }
}

/** What all in it would take if each had what it may have and used all of it. */
function growthIn(tree: PoolTree, { name, growthMiB }: MemoryBound): number {
  return growthMiB + sum(tree.vmsIn(name), (vm) => Math.max(0, vm.ceilingMiB - expected(vm)))
}

/** What it will take of the host once it has done what it was told. */
function expected({ follows, touchedMiB, targetMiB }: BalloonVm): number {
  return follows ? Math.min(touchedMiB, targetMiB) : touchedMiB
}

function spare(vm: BalloonVm): number {
  return vm.follows ? Math.max(0, expected(vm) - vm.floorMiB) : 0
}

/** Of what may be taken, what its guest would not miss. */
function idle(vm: BalloonVm): number {
  if (vm.neededMiB === null) return 0
  const comfort = Math.max(LEAST_COMFORT_MIB, vm.memoryMiB * COMFORT_PART)
  return Math.min(spare(vm), Math.max(0, expected(vm) - vm.neededMiB - comfort))
}

function step({ memoryMiB }: BalloonVm): number {
  return Math.max(LEAST_STEP_MIB, memoryMiB * STEP_PART)
}

/** The part of its memory that its guest has and does not need; null where that is not known. */
function idlePart({ neededMiB, actualMiB, targetMiB, memoryMiB }: BalloonVm): number | null {
  return neededMiB === null ? null : Math.max(0, Math.min(actualMiB, targetMiB) - neededMiB) / memoryMiB
}

function debt({ ceilingMiB, targetMiB, follows }: BalloonVm): number {
  return follows ? Math.max(0, ceilingMiB - targetMiB) : 0
}

function debtOf(vms: readonly BalloonVm[]): number {
  return sum(vms, debt)
}

/** A guest that has let go of what it used leaves it with QEMU: it is taken for those who had to give meanwhile, until both have about as much idle. */
function donationIn(inside: readonly BalloonVm[]): Give {
  // Of one that does not say, nothing is known to be idle.
  const poorest = Math.min(...inside.filter((vm) => debt(vm) > 0).map((vm) => idlePart(vm) ?? 0))
  return (vm) => {
    const part = idlePart(vm)
    if (part === null || part <= poorest + UNFAIR_PART) return 0
    return worthwhile(Math.min(idle(vm), step(vm), (part - poorest - UNFAIR_PART) * vm.memoryMiB))
  }
}

function worthwhile(amount: number, all = Number.POSITIVE_INFINITY): number {
  return amount >= LEAST_MOVE_MIB || amount >= all ? amount : 0
}

/** Each gets what it lacks, within its step; where a bound has not room for all that, all in it get the same part of it. */
function planReturns(tree: PoolTree, vms: readonly BalloonVm[]): ReadonlyMap<string, number> {
  const wants = new Map(vms.map((vm) => [vm.id, Math.min(debt(vm), step(vm))]))
  for (const bound of tree.innermostFirst()) {
    const { name, limitMiB, heldMiB } = bound
    if (limitMiB === null || limitMiB - heldMiB >= growthIn(tree, bound)) continue
    const inside = tree.vmsIn(name)
    const room = Math.max(0, limitMiB - heldMiB - marginsOf(limitMiB).high)
    const wanted = sum(inside, ({ id }) => wants.get(id) ?? 0)
    if (wanted <= room) continue
    for (const { id } of inside) wants.set(id, ((wants.get(id) ?? 0) * room) / wanted)
  }
  return wants
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
