// Takes memory that was promised to nobody from VMs while the host, or a pool, is short of it, and gives it back: looks often, asks VMs only when there is cause, and waits for none.
import type { VmSpec } from '../domain/vm.ts'
import { type BalloonVm, planBalloons } from '../plan/balloon.ts'
import { canGiveMemory, ceilingOf, memoryRange, squeezeStep } from '../plan/balloon-member.ts'
import { BalloonWatch } from './balloons.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import { createMemoryBounds, type MemoryLook } from './memory-bounds.ts'
import type { AppPorts } from './ports.ts'
import type { Resources } from './resources.ts'
import { createSlots } from './slots.ts'
import type { Turns } from './turns.ts'

const LOOK_MS = 1_000
/** Where nothing can become scarce soon. */
const QUIET_LOOK_MS = 10_000
/** Between rounds that give back. */
const RETURN_MS = 5_000
const ANSWER_TIMEOUT_MS = 2_000
/** VMs that are asked at once. */
const ASKED_AT_ONCE = 16

export interface MemoryShortage {
  /** VMs that have less than their users want them to have. */
  readonly squeezed: number
  /** What is missing although all have given what may be taken of them. */
  readonly missingMiB: number
}

export interface Balancer {
  /** Looks from now on, until what it returns is called. */
  run(): () => void
  shortage(): MemoryShortage
}

/** As it is in this round. */
interface Member {
  readonly id: string
  readonly spec: VmSpec
  readonly bootMemoryMiB: number
  readonly watch: BalloonWatch
}

export function createBalancer(
  ports: Pick<AppPorts, 'usage' | 'clock' | 'log'>,
  ledger: Ledger,
  fleet: Pick<Fleet, 'process' | 'powerState' | 'busy' | 'record' | 'squeeze'>,
  resources: Pick<Resources, 'situation' | 'groupOf'>,
  { alone }: Turns,
): Balancer {
  const { clock, log } = ports
  const watches = new Map<string, BalloonWatch>()
  const slots = createSlots(ASKED_AT_ONCE)
  const memory = createMemoryBounds(ports, resources)
  let missingMiB = 0
  /** The last round told somebody something: while memory is short, the next follows soon. */
  let moving = true
  let roundMs = Number.NEGATIVE_INFINITY

  /** VMs that may be asked now. What is known of a process goes with it. */
  function members(running: ReadonlyMap<string, VmSpec>): readonly Member[] {
    for (const [id, { process }] of watches) {
      if (fleet.process(id) === process && running.has(id)) continue
      watches.delete(id)
      fleet.squeeze(id, null)
    }
    return [...running].flatMap(([id, spec]): Member[] => {
      const process = fleet.process(id)
      const { bootMemoryMiB, changingTo } = fleet.record(id)
      if (process === null || bootMemoryMiB === null || !canGiveMemory(spec)) return []
      // One that stands still or is being changed has its turn later.
      if (fleet.powerState(id) !== 'running' || fleet.busy(id) !== null || changingTo !== null) return []
      const watch = watches.get(id) ?? new BalloonWatch(process)
      watches.set(id, watch)
      return [{ id, spec, bootMemoryMiB, watch }]
    })
  }

  /** Never rejects: one that does not answer is left as it is. */
  async function ask({ id, spec, bootMemoryMiB, watch }: Member): Promise<void> {
    if (watch.isSilent(clock.monotonicMs())) return
    try {
      const balloon = await watch.process.observeBalloon(ANSWER_TIMEOUT_MS)
      watch.see(balloon, memory.touchedMiB(id, spec), spec.memoryMiB - bootMemoryMiB, clock.monotonicMs())
    } catch {
      // It is busy, or ending.
      watch.miss(clock.monotonicMs())
    }
  }

  /** What it is to have as far as that is known: an adopted VM has what it has, one that was changed what that made of it. */
  function settle(member: Member): void {
    const { spec, bootMemoryMiB, watch } = member
    watch.settle(ceilingOf(spec), spec.memoryMiB - bootMemoryMiB)
    const { actualMiB } = watch
    if (actualMiB !== null && watch.gaveUp(clock.monotonicMs())) tell(member, Math.min(ceilingOf(spec), Math.ceil(actualMiB)))
  }

  function balloonVm({ id, spec, bootMemoryMiB, watch }: Member): BalloonVm[] {
    if (watch.actualMiB === null || watch.targetMiB === null) return []
    const { memoryMiB, pool } = spec
    const { targetMiB, actualMiB, touchedMiB, neededMiB } = watch
    return [
      {
        ...{ id, pool, memoryMiB, ...memoryRange(spec, bootMemoryMiB), targetMiB, actualMiB, touchedMiB, neededMiB },
        follows: watch.follows(clock.monotonicMs()),
      },
    ]
  }

  /** Not waited for: it has its turn when no change or suspension of the VM is under way. */
  function tell({ id, spec, bootMemoryMiB, watch }: Member, targetMiB: number): void {
    if (watch.telling) return
    watch.telling = true
    watch.told(targetMiB, clock.monotonicMs())
    alone(id, async () => {
      if (fleet.process(id) !== watch.process || fleet.busy(id) !== null) throw new Error('it is being changed')
      // What has been changed meanwhile is seen in the next round.
      if (fleet.record(id).startedSpec?.memoryMiB !== spec.memoryMiB) throw new Error('its memory is another')
      await watch.process.take(squeezeStep(spec, targetMiB, bootMemoryMiB))
    })
      .catch((error: unknown) => {
        log('info', `VM ${id} could not be told how much memory to have: ${String(error)}`)
        watch.forget()
      })
      .finally(() => {
        watch.telling = false
      })
  }

  function show({ id, spec, watch }: Member): void {
    const { targetMiB, ceilingMiB, isSqueezed } = watch
    if (targetMiB === null || ceilingMiB === null) return
    const squeezed = targetMiB < ceilingMiB && watch.hasGiven
    fleet.squeeze(id, squeezed ? targetMiB : null)
    if (squeezed === isSqueezed) return
    watch.isSqueezed = squeezed
    const [code, severity, what] = squeezed
      ? (['vm.memory-squeezed', 'warning', 'is asked to give back memory, as the host or its pool is short of it'] as const)
      : (['vm.memory-released', 'info', 'has all of its memory again'] as const)
    void eventually(ports, `${code} of VM ${id}`, () => {
      ledger.write((draft) => draft.event(code, severity, { kind: 'vm', id }, `${spec.name} ${what}.`))
    })
  }

  /** Whether anybody was told anything. */
  async function round(all: readonly Member[], asked: readonly Member[], { pressed }: MemoryLook): Promise<boolean> {
    await Promise.all(asked.map((member) => slots.run(() => ask(member))))
    for (const member of asked) settle(member)
    const situation = resources.situation()
    const vms = all.flatMap(balloonVm)
    const plan = planBalloons(memory.observe(situation, new Set(vms.map(({ id }) => id))), vms, pressed)
    missingMiB = plan.missingMiB
    let told = false
    for (const member of all) {
      const target = plan.targets.get(member.id)
      if (target === undefined) continue
      if (target !== member.watch.targetMiB || member.watch.untold) {
        tell(member, target)
        told = true
      }
      show(member)
    }
    return told
  }

  /** Resolves with the time until the next look. */
  async function look(): Promise<number> {
    const situation = resources.situation()
    const all = members(situation.running)
    const seen = memory.look(situation)
    if (!seen.short) missingMiB = 0
    const squeezed = all.some(({ watch }) => watch.isOwed || watch.isSqueezed || watch.telling)
    const strangers = all.filter(({ spec, watch }) => watch.ceilingMiB !== ceilingOf(spec))
    const waitedMs = clock.monotonicMs() - roundMs
    const asked = seen.tight || squeezed ? all : strangers
    if (asked.length > 0 && ((seen.short && moving) || waitedMs >= RETURN_MS)) {
      roundMs = clock.monotonicMs()
      moving = await round(all, asked, seen)
    }
    moving ||= !seen.short
    const { capacity, pools } = situation
    const canBecomeScarce = capacity.overcommit.memory > 1 || pools.some(({ memory: { limitMiB } }) => limitMiB !== null)
    return squeezed || seen.tight || (canBecomeScarce && all.length > 0) ? LOOK_MS : QUIET_LOOK_MS
  }

  return {
    run() {
      let cancel = () => {}
      let stopped = false
      const again = (ms: number) => {
        if (!stopped) cancel = clock.after(ms, () => void next())
      }
      async function next(): Promise<void> {
        try {
          again(await look())
        } catch (error) {
          log('error', `the balancing of memory: ${String(error)}`)
          again(QUIET_LOOK_MS)
        }
      }
      void next()
      return () => {
        stopped = true
        cancel()
      }
    },
    shortage: () => ({ squeezed: [...watches.values()].filter(({ isSqueezed }) => isSqueezed).length, missingMiB }),
  }
}
