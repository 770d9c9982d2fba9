// The VMs as they are now: their processes and power states in memory beside their records, watched until they end.
import type { GuestStatus } from '../domain/guest.ts'
import type { TaskKind } from '../domain/task.ts'
import { pendingFields, same } from '../domain/vm-difference.ts'
import { CRASHED, isCrash, POWERED_OFF } from '../domain/vm-exit.ts'
import { type LastExit, PAUSE_CAUSES, type PowerState, type Vm, type VmStatus } from '../domain/vm-status.ts'
import type { VmRecord } from '../ports/store.ts'
import type { RunState, VmExit, VmProcess } from '../ports/vm-host.ts'
import { eventually } from './eventually.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** What a VM is becoming. */
export type Transition = 'starting' | 'stopping' | 'suspending' | 'resuming'

/** What is only true while this controld runs. */
interface Live {
  process: VmProcess | null
  /** Resolves when the end of `process` has been written. */
  stopped: Promise<void>
  runState: 'running' | 'paused' | 'unknown'
  /** What `process` was seen to be doing last; null before it was. */
  seen: RunState | null
  transition: Transition | null
  /** Power-off was asked for: an end without reason given is no crash. */
  endWanted: boolean
  busy: TaskKind | null
  restartAt: string | null
  /** What is heard of the guest of `process`. */
  guest: GuestStatus
  /** What it is to have while memory is taken from it; else null. */
  squeezedToMiB: number | null
}

const NOT_HEARD_OF: GuestStatus = { agent: 'absent' }

/** Of a record, when nothing runs. */
export const NO_PROCESS = { process: null, startedAt: null, startedSpec: null, bootMemoryMiB: null, changingTo: null } as const

/** Run states in which the guest stands still, with what is told when it enters them. */
const TELLING: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'guest-panicked': ['vm.guest-panicked', 'told that its kernel panicked'],
  'out-of-space': ['vm.out-of-space', 'is paused: what it wrote found the datastore full, and it goes on when there is room'],
  'io-error': ['vm.io-error', 'was paused by an input/output error of a disk'],
  'internal-error': ['vm.internal-error', 'was paused by an error inside KVM'],
}

export interface Fleet {
  /** Null when there is no such VM. The object stays the same until something in it changes. */
  get(id: string): Vm | null
  list(): readonly Vm[]
  powerState(id: string): PowerState
  /** Its record; refuses with `vm.not-found`. */
  record(id: string): VmRecord
  process(id: string): VmProcess | null
  busy(id: string): TaskKind | null
  /** Marks a task as the VM's running one and tells what the VM is becoming; the returned function ends that. */
  hold(id: string, kind: TaskKind, transition: Transition | null): () => void
  /** From now on `process` is the VM's, and is watched. Its run state is unknown until it is observed. */
  watch(id: string, process: VmProcess): void
  /** What `process` was seen to be doing; ignored when it is the VM's no longer. */
  observe(id: string, process: VmProcess, state: RunState): void
  /** Calls with every process from when it is watched. */
  onWatch(handler: (id: string, process: VmProcess) => void): void
  /** What was heard of the guest in `process`; ignored when it is the VM's no longer, or when it is nothing new. */
  hear(id: string, process: VmProcess, guest: GuestStatus): void
  wantEnd(id: string): void
  /** Resolves once the VM has no process and that is written. */
  whenStopped(id: string): Promise<void>
  /** Tells how much memory is left to it while some is taken from it; null: none is. */
  squeeze(id: string, targetMiB: number | null): void
  /** Tells when it will be started again; null: it will not. */
  planRestart(id: string, at: string | null): void
  /** One listener each: a process has ended and that is written; a guest tells that it panicked. */
  onEnded(listener: (id: string) => void): void
  onPanicked(listener: (id: string) => void): void
  /** One listener: the guest let go of a device after the task that asked for it had given up. */
  onDeviceGone(listener: (id: string, process: VmProcess) => void): void
  /** One listener: a VM has been paused because its datastore is full; `already` when that was so before it was taken over. */
  onOutOfSpace(listener: (id: string, already: boolean) => void): void
  /** Writes that the VM's process is gone without having been watched. */
  recordEnd(id: string, exit: Omit<LastExit, 'at'>): void
}

export function createFleet({ clock, log }: Pick<AppPorts, 'clock' | 'log'>, ledger: Ledger): Fleet {
  const lives = new Map<string, Live>()
  let endedListener: (id: string) => void = () => {}
  let panickedListener: (id: string) => void = () => {}
  let deviceGoneListener: (id: string, process: VmProcess) => void = () => {}
  let outOfSpaceListener: (id: string, already: boolean) => void = () => {}
  const cache = new Map<string, { readonly record: VmRecord; readonly vm: Vm }>()
  const watchers: ((id: string, process: VmProcess) => void)[] = []

  function live(id: string): Live {
    const known = lives.get(id)
    if (known !== undefined) return known
    const fresh: Live = {
      ...{ process: null, stopped: Promise.resolve(), runState: 'unknown', seen: null, transition: null, endWanted: false, busy: null },
      ...{ restartAt: null, guest: NOT_HEARD_OF, squeezedToMiB: null },
    }
    lives.set(id, fresh)
    return fresh
  }

  function change(id: string, values: Partial<Live>): void {
    Object.assign(live(id), values)
    cache.delete(id)
  }

  function record(id: string): VmRecord {
    const found = ledger.vms.get(id)
    if (found === undefined) throw new Refusal('not-found', 'vm.not-found', `There is no VM ${id}.`)
    return found
  }

  function powerState(id: string): PowerState {
    const { process, lastExit, suspended } = record(id)
    const now = lives.get(id)
    if (now?.transition) return now.transition
    if (process !== null) return now?.runState ?? 'unknown'
    if (suspended !== null) return 'suspended'
    return lastExit !== null && isCrash(lastExit.reason) ? 'crashed' : 'off'
  }

  function status(id: string): VmStatus {
    const { spec, process, startedAt, lastExit, startedSpec, suspended } = record(id)
    const inForce = startedSpec ?? suspended?.spec ?? null
    const restartAt = lives.get(id)?.restartAt ?? null
    const cause = PAUSE_CAUSES.find((one) => one === lives.get(id)?.seen)
    const state = powerState(id)
    return {
      powerState: state,
      ...(state === 'paused' && cause !== undefined ? { pausedBecause: cause } : {}),
      ...(inForce === null ? {} : { pending: pendingFields(inForce, spec) }),
      ...(process === null ? {} : { pid: process.pid, guest: lives.get(id)?.guest ?? NOT_HEARD_OF }),
      ...balloonStatus(id),
      ...(startedAt === null ? {} : { startedAt }),
      ...(lastExit === null ? {} : { lastExit }),
      ...(restartAt === null || process !== null ? {} : { restartAt }),
    }
  }

  function balloonStatus(id: string): Pick<VmStatus, 'balloon'> {
    const { process, startedSpec } = record(id)
    if (process === null || startedSpec === null) return {}
    const squeezedToMiB = lives.get(id)?.squeezedToMiB ?? null
    if (squeezedToMiB !== null) return { balloon: { targetMiB: squeezedToMiB, by: 'balancer' } }
    const { memoryMiB, memoryTargetMiB } = startedSpec
    return memoryTargetMiB === null || memoryTargetMiB >= memoryMiB ? {} : { balloon: { targetMiB: memoryTargetMiB, by: 'user' } }
  }

  function get(id: string): Vm | null {
    const found = ledger.vms.get(id)
    if (found === undefined) {
      lives.delete(id)
      cache.delete(id)
      return null
    }
    const cached = cache.get(id)
    if (cached?.record === found) return cached.vm
    const vm: Vm = { id, revision: found.revision, spec: found.spec, status: status(id) }
    cache.set(id, { record: found, vm })
    return vm
  }

  function recordEnd(id: string, { reason, code, signal }: Omit<LastExit, 'at'>): void {
    const before = record(id)
    const { name } = before.spec
    const crashed = isCrash(reason)
    ledger.write((draft) => {
      const lastExit: LastExit = { at: clock.now(), reason, code, signal }
      draft.putVm({ ...before, ...NO_PROCESS, lastExit })
      const how = signal !== null ? ` by signal ${signal}` : code !== null ? ` with code ${code}` : ''
      if (crashed) draft.event('vm.crashed', 'error', { kind: 'vm', id }, `${name} ended unasked${how} (${reason}).`)
      else draft.event('vm.stopped', 'info', { kind: 'vm', id }, `${name} stopped (${reason}).`)
    })
    endedListener(id)
  }

  /** Until the end can be written the state is `unknown`; power-off then settles it, too. */
  async function onEnd(id: string, process: VmProcess, exit: VmExit): Promise<void> {
    const { endWanted } = live(id)
    const reason = exit.shutdownReason ?? (endWanted ? POWERED_OFF : CRASHED)
    change(id, { process: null, runState: 'unknown', endWanted: false, transition: null })
    await eventually({ clock, log }, `the end of VM ${id}`, () => {
      if (ledger.vms.get(id)?.process?.pid !== process.identity.pid) return
      recordEnd(id, { reason, code: exit.code, signal: exit.signal })
    })
  }

  function onState(id: string, process: VmProcess, state: RunState): void {
    if (live(id).process !== process) return
    const { seen } = live(id)
    change(id, { seen: state })
    if (state !== 'guest-panicked' && state !== 'shutdown') change(id, { runState: state === 'running' ? 'running' : 'paused' })
    if (state === 'out-of-space' && seen !== state) outOfSpaceListener(id, seen === null)
    if (state === 'guest-panicked') panickedListener(id)
    const [code, what] = TELLING[state] ?? []
    if (code === undefined || state === seen) return
    const message = `${record(id).spec.name} ${what}.`
    void eventually({ clock, log }, `${code} of VM ${id}`, () => {
      ledger.write((draft) => draft.event(code, 'error', { kind: 'vm', id }, message))
    })
  }

  return {
    get,
    list: () => [...ledger.vms.keys()].flatMap((id) => get(id) ?? []),
    powerState,
    record,
    process: (id) => lives.get(id)?.process ?? null,
    busy: (id) => lives.get(id)?.busy ?? null,
    hold(id, kind, transition) {
      change(id, { busy: kind, transition })
      return () => {
        if (live(id).busy === kind) change(id, { busy: null, transition: null })
      }
    },
    watch(id, process) {
      const stopped = process.ended.then((exit) => onEnd(id, process, exit))
      change(id, { process, stopped, runState: 'unknown', seen: null, endWanted: false, guest: NOT_HEARD_OF, squeezedToMiB: null })
      process.onStateChange((state) => onState(id, process, state))
      process.onDeviceGone(() => deviceGoneListener(id, process))
      for (const watcher of watchers) watcher(id, process)
    },
    observe: onState,
    onWatch: (handler) => void watchers.push(handler),
    hear(id, process, guest) {
      const now = live(id)
      if (now.process === process && !same(now.guest, guest)) change(id, { guest })
    },
    wantEnd: (id) => change(id, { endWanted: true }),
    squeeze(id, targetMiB) {
      const now = lives.get(id)
      if (now !== undefined && now.squeezedToMiB !== targetMiB) change(id, { squeezedToMiB: targetMiB })
    },
    whenStopped: (id) => live(id).stopped,
    planRestart: (id, restartAt) => change(id, { restartAt }),
    onEnded(listener) {
      endedListener = listener
    },
    onPanicked(listener) {
      panickedListener = listener
    },
    onDeviceGone(listener) {
      deviceGoneListener = listener
    },
    onOutOfSpace(listener) {
      outOfSpaceListener = listener
    },
    recordEnd,
  }
}
