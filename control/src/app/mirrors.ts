// Looks after the mirrors of state and datastore: tells once when a copy is lost, when it is being made again, and when there are two once more.

import { type DamagedSlot, slotTitle } from '../domain/boot-slot.ts'
import type { InstallCandidate } from '../domain/install.ts'
import { type Mirror, mirrorProblem } from '../domain/mirror.ts'
import type { MirrorDiskPreview, MirrorDiskRequest } from '../domain/mirror-disk.ts'
import type { Task } from '../domain/task.ts'
import { planInstall } from '../plan/install.ts'
import { planMirrorDisk } from '../plan/mirror-disk.ts'
import { planSlotCopies, type SlotOnDisk } from '../plan/slot-copies.ts'
import type { BootSlotControl } from './boot-slots.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { SlotChecks } from './slot-checks.ts'
import type { Tasks } from './tasks.ts'

const LOOK_MS = 15_000
const HOST = { kind: 'host', id: 'host' } as const

export interface MirrorWatch {
  list(): readonly Mirror[]
  /** Every disk as it is now, and whether it can be used at all. */
  disks(): Promise<readonly InstallCandidate[]>
  /** What {@link addDisk} would do, having refused what it would. */
  preview(request: MirrorDiskRequest): Promise<MirrorDiskPreview>
  /**
   * Has a disk take the place of one that was lost. Refuses with `mirror.none`, `mirror.whole`, `mirror.copying`, `mirror.no-source`, `mirror.busy`,
   * or what is wrong with the disk.
   */
  addDisk(request: MirrorDiskRequest, by: string): Promise<Task>
  /** Looks from now on; never awaited. */
  run(): void
}

type Condition = 'whole' | 'copying' | 'degraded'

function conditionOf(mirror: Mirror): Condition {
  if (mirrorProblem(mirror) === null) return 'whole'
  return mirror.copies.some(({ state }) => state === 'copying') ? 'copying' : 'degraded'
}

type Ports = Pick<AppPorts, 'mirrors' | 'installer' | 'bootSlots' | 'clock' | 'log'>

interface Parts {
  readonly tasks: Pick<Tasks, 'start'>
  readonly slots: Pick<BootSlotControl, 'exclusively' | 'current'>
  readonly checks: Pick<SlotChecks, 'damaged' | 'written'>
}

export function createMirrorWatch(
  { mirrors, installer, bootSlots, clock, log }: Ports,
  ledger: Pick<Ledger, 'write'>,
  { tasks, slots, checks }: Parts,
): MirrorWatch {
  const known = new Map<string, Condition>()
  let busy = false
  /** With this damage the slots of all disks are as alike as they can be made, or what keeps them from it has been told; null: that is to be seen. */
  let evenFor: readonly DamagedSlot[] | null = null

  async function decide(request: MirrorDiskRequest) {
    const planned = planMirrorDisk(mirrors.observe(), await installer.observe(), request)
    if ('conflict' in planned) throw new Refusal('conflict', planned.conflict.code, planned.conflict.message)
    if ('problem' in planned) throw invalid([planned.problem])
    return planned
  }

  /** Of the disk that runs, as it is now, onto the new one, too. */
  async function writeEnvironment(): Promise<void> {
    const seen = await bootSlots.read()
    if (seen !== null) await bootSlots.write(seen.environment)
  }

  /** What a disk lacks, as it was away while slots were written or has decayed, it is given once all is whole and the slot that runs is confirmed. */
  async function evenSlots(): Promise<void> {
    const seen = await bootSlots.read()
    if (seen === null) return
    const { copies, newer } = planSlotCopies(seen, checks.damaged())
    const inWords = ({ slot, disk, version }: SlotOnDisk) => `${slotTitle(slot)} of ${disk} with Corbel ${version}`
    if (newer.length > 0) {
      const advice = `Start from the other disk once, by the firmware’s boot menu: ${seen.disk} is then given what it lacks.`
      const message = `This host has started from ${seen.disk}, which was away when it was updated. Newer: ${newer.map(inWords).join(', ')}. ${advice}`
      ledger.write((draft) => draft.event('mirror.older-system', 'error', HOST, message))
    }
    if (copies.length === 0) return
    for (const { slot, from, disk } of copies) {
      await bootSlots.copy(slot, from, disk)
      checks.written(slot, disk)
    }
    await writeEnvironment()
    const message = `Written anew from the other disk, which has it whole: ${copies.map(inWords).join(', ')}.`
    ledger.write((draft) => draft.event('mirror.slots-copied', 'info', HOST, message))
  }

  function tellUneven(why: string): void {
    log('error', `mirrors: ${why}`)
    ledger.write((draft) => draft.event('mirror.slots-differ', 'error', HOST, `The systems on the disks of the mirror may differ: ${why}`))
  }

  async function lookAtSlots(all: readonly Mirror[]): Promise<void> {
    const isWhole = all.length > 0 && all.every((mirror) => conditionOf(mirror) === 'whole')
    if (!isWhole) evenFor = null
    if (!isWhole || evenFor === checks.damaged() || slots.current()?.confirmed !== true) return
    evenFor = checks.damaged()
    try {
      await slots.exclusively(evenSlots)
    } catch (error) {
      if (error instanceof Refusal) evenFor = null
      else tellUneven(error instanceof Error ? error.message : String(error))
    }
  }

  function tell(mirror: Mirror): void {
    const now = conditionOf(mirror)
    const before = known.get(mirror.device) ?? 'whole'
    known.set(mirror.device, now)
    if (now === before) return
    ledger.write((draft) => {
      if (now === 'whole') draft.event('mirror.whole', 'info', HOST, `The ${mirror.holds} is on all of its disks again.`)
      else draft.event(`mirror.${now}`, now === 'degraded' ? 'error' : 'info', HOST, mirrorProblem(mirror) ?? '')
    })
  }

  return {
    list: () => mirrors.observe(),
    async disks() {
      return (await installer.observe()).map((disk) => {
        const planned = planInstall(disk, 'everything')
        return { ...disk, unusable: 'problem' in planned ? planned.problem.message : null }
      })
    },
    async preview(request) {
      const { disk, job } = await decide(request)
      return { device: disk.device, from: job.from, contents: disk.contents }
    },
    async addDisk(request, by) {
      const { disk, job } = await decide(request)
      if (busy) throw new Refusal('conflict', 'mirror.busy', 'A disk is being made a mirror just now.')
      busy = true
      const what = [disk.device, disk.model, disk.serial].filter((part) => part !== null).join(', ')
      return tasks.start({
        ...{ kind: 'host.mirror', target: HOST, by },
        act: async (progress) => {
          log('info', `${what} becomes the mirror of ${job.from}; it held ${disk.contents}`)
          await slots.exclusively(async () => {
            await installer.addMirrorDisk(job, ({ percent }) => progress(percent))
            await writeEnvironment()
          })
          const message = `${what} boots as ${job.from} does, and gets its copies of state and datastore, asked by ${by}.`
          return { write: (draft) => draft.event('mirror.disk-added', 'info', HOST, message) }
        },
        settled: () => {
          busy = false
        },
      })
    },
    run() {
      const failed = (error: unknown) => log('error', `mirrors: ${String(error)}`)
      const round = () => {
        try {
          const all = mirrors.observe()
          for (const mirror of all) tell(mirror)
          lookAtSlots(all).catch(failed)
        } catch (error) {
          failed(error)
        }
        clock.after(LOOK_MS, round)
      }
      round()
    },
  }
}
