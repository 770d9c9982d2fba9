// Updates of the system: a signed file comes in, is judged by its header, goes into the slot that does not run, and only when all of it is there is that slot tried.

import { type BootSlotsSeen, beforeFilling, type SlotName, slotTitle } from '../domain/boot-slot.ts'
import { check } from '../domain/check.ts'
import { lacksCopy, mirrorProblem } from '../domain/mirror.ts'
import type { Problem } from '../domain/problem.ts'
import {
  compareVersions,
  refuseUpdate,
  UPDATE_HEADER_BYTES,
  type UpdateManifest,
  type UpdateOutcome,
  updateManifestSchema,
} from '../domain/update-manifest.ts'
import type { AllowUpdate, SignedManifest } from '../ports/boot-slots.ts'
import type { BootSlotControl } from './boot-slots.ts'
import { createCancellation } from './cancellation.ts'
import type { HostPower } from './host-power.ts'
import type { LiveUpdates } from './live-updates.ts'
import type { AppPorts } from './ports.ts'
import { invalid, isHostFailure, Refusal } from './refusal.ts'
import type { SlotChecks } from './slot-checks.ts'
import type { Progress, Tasks } from './tasks.ts'

export interface UpdateRequest {
  /** Of the whole file. */
  readonly sizeBytes: number
  readonly allowDowngrade: boolean
  /** A copy of state or datastore may be missing, and with it a disk whose slots stay as they are. */
  readonly allowDegraded: boolean
  /** Only its header is taken, and nothing is done. */
  readonly dryRun: boolean
  /** Restart into it at once: VMs are shut down in order first. */
  readonly restart: boolean
  /** Its control plane takes over at once, and VMs run on; refused where more is new. */
  readonly live: boolean
}

export interface SystemUpdate {
  /**
   * Resolves when the update is in its slot and comes first, or with a dry run when it is known that it would. `begun` is told the task, `offer` is called once, at
   * most, when its bytes may come. Refuses with `update.degraded`, `update.needs-restart`, `update.live-unconfirmed`, `slots.not-installed`, `slots.unconfirmed`, `slots.busy`, `update.not-one`, `update.signature`, `update.manifest`, as
   * {@link refuseUpdate} does, and with `update.truncated`, `update.digest`, `update.read-back`, `update.cancelled`.
   */
  receive(request: UpdateRequest, offer: (descriptor: number) => void, by: string, begun?: (taskId: string) => void): Promise<UpdateOutcome>
}

type Ports = Pick<AppPorts, 'bootSlots' | 'updateTrust' | 'mirrors' | 'host' | 'clock' | 'log'>

/** What is in the slot, and where its programs are ready to take over, if they are to. */
interface Taken {
  readonly outcome: UpdateOutcome
  readonly directory: string | null
}

interface Parts {
  readonly slots: Pick<BootSlotControl, 'spare' | 'exclusively' | 'change' | 'choose'>
  readonly checks: Pick<SlotChecks, 'written'>
  readonly tasks: Pick<Tasks, 'start'>
  readonly power: Pick<HostPower, 'restart'>
  readonly live: Pick<LiveUpdates, 'host' | 'current' | 'stage' | 'takeOver'>
}

const HOST = { kind: 'host', id: 'host' } as const
const NEVER = { requested: false, onRequest: () => {} }
/** So that whoever sent it hears the answer before the gateway ends. */
const ANSWER_FIRST_MS = 500
/** Ends the taking of a file whose header is all that was asked for. */
const ENOUGH = new Error('the header is enough')

export function createSystemUpdate(
  { bootSlots, updateTrust, mirrors, host, clock, log }: Ports,
  { slots, checks, live, tasks, power }: Parts,
): SystemUpdate {
  async function judge(
    signed: SignedManifest | null,
    seen: BootSlotsSeen,
    { sizeBytes, allowDowngrade, live: atOnce }: UpdateRequest,
  ): Promise<UpdateManifest> {
    if (signed === null) throw invalid([problem('update.not-one', 'is no update of Corbel')])
    // Before anything else is read of it.
    if (!(await updateTrust.isSigned(signed))) throw invalid([problem('update.signature', 'is signed by no key that this host trusts')])
    const manifest = check(updateManifestSchema, parse(signed.text), 'update.manifest')
    if (!manifest.ok) throw invalid(manifest.problems)
    const target = { version: host.facts.version, base: updateTrust.base, slotBytes: seen.slotBytes }
    const problems = refuseUpdate(manifest.value, target, { allowDowngrade, payloadBytes: sizeBytes - UPDATE_HEADER_BYTES })
    if (problems.length > 0) throw invalid(problems)
    if (atOnce && !isControlPlaneOnly(manifest.value))
      throw invalid([problem('update.needs-restart', 'has more that is new than the control plane: it takes a restart of the host')])
    return manifest.value
  }

  function requireSettled(): void {
    const taken = live.current()
    if (taken === null || taken.confirmed) return
    const message = `The control plane of Corbel ${taken.version} has taken over and is not confirmed yet: ${taken.missing.join('; ') || 'it has just begun'}.`
    throw new Refusal('conflict', 'update.live-unconfirmed', message)
  }

  /** A disk that is away keeps the system that it has. Should it come back and be started from, that one would find the state of a later one. */
  function requireCopies(): void {
    const lacking = mirrors.observe().find(lacksCopy)
    if (lacking === undefined) return
    const message = `${mirrorProblem(lacking)} A disk that came back would start the system of before the update. Give the mirror a disk first, or say that none will come back.`
    throw new Refusal('conflict', 'update.degraded', message)
  }

  const isControlPlaneOnly = (manifest: UpdateManifest) => manifest.host === live.host

  function outcomeOf(
    manifest: UpdateManifest,
    seen: BootSlotsSeen,
    slot: SlotName,
    { dryRun, restart, live: atOnce }: UpdateRequest,
  ): UpdateOutcome {
    const { version, payload } = manifest
    const from = host.facts.version
    return {
      ...{ slot, version, from, downgrade: compareVersions(version, from) < 0, replaces: seen.versions[slot] },
      ...{ sizeBytes: payload.bytes, dryRun, restarts: restart && !dryRun },
      ...{ controlPlaneOnly: isControlPlaneOnly(manifest), live: atOnce && !dryRun },
    }
  }

  /** What would become of it. */
  async function look(request: UpdateRequest, offer: (descriptor: number) => void): Promise<UpdateOutcome> {
    const { seen, slot } = await slots.spare()
    let outcome: UpdateOutcome | null = null
    const allow: AllowUpdate = async (signed) => {
      outcome = outcomeOf(await judge(signed, seen, request), seen, slot, request)
      throw ENOUGH
    }
    try {
      await bootSlots.fill(slot, offer, allow, { progress: () => {}, cancellation: NEVER })
    } catch (error) {
      if (error !== ENOUGH) throw error
    }
    if (outcome === null) throw new Refusal('unavailable', 'update.failed', 'The header could not be looked at.')
    return outcome
  }

  function restart(by: string): void {
    try {
      power.restart(by)
    } catch (error) {
      log('warning', `the restart into the update: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  return {
    async receive(request, offer, by, begun = () => {}) {
      if (request.sizeBytes <= UPDATE_HEADER_BYTES) throw invalid([problem('update.not-one', 'is too short to be an update')])
      if (!request.allowDegraded) requireCopies()
      requireSettled()
      if (request.dryRun) return slots.exclusively(() => look(request, offer))
      const { outcome, directory } = await slots.exclusively(() => take(request, offer, by, begun))
      if (request.restart) clock.after(ANSWER_FIRST_MS, () => restart(by))
      if (directory !== null) live.takeOver({ slot: outcome.slot, version: outcome.version, directory }, by)
      return outcome
    },
  }

  async function take(
    request: UpdateRequest,
    offer: (descriptor: number) => void,
    by: string,
    begun: (taskId: string) => void,
  ): Promise<Taken> {
    const { seen, slot } = await slots.spare()
    const { cancellation, cancel } = createCancellation()
    let refusal: unknown = null

    async function fill(progress: Progress): Promise<Taken> {
      let outcome: UpdateOutcome | null = null
      let programs = ''
      const allow: AllowUpdate = async (signed) => {
        const manifest = await judge(signed, seen, request)
        outcome = outcomeOf(manifest, seen, slot, request)
        programs = manifest.programs
        // From here on the slot holds no whole system.
        await slots.change((environment) => beforeFilling(environment, slot))
        return manifest.payload
      }
      await bootSlots.fill(slot, offer, allow, { progress: (percent) => progress(percent * 0.99), cancellation })
      if (outcome === null) throw new Refusal('unavailable', 'update.failed', 'The update was not taken.')
      checks.written(slot)
      return { outcome, directory: request.live ? await live.stage(slot, programs) : null }
    }

    return new Promise((resolve, reject) => {
      let taken: Taken | null = null
      const task = tasks.start({
        ...{ kind: 'host.update', target: HOST, by, cancel },
        act: async (progress) => {
          try {
            taken = await fill(progress)
            const { version } = taken.outcome
            await slots.choose(slot, version, by, true)
            const message = `Corbel ${version} is in ${slotTitle(slot)} and will be tried at the next restart, asked by ${by}.`
            return {
              write: (draft) => draft.event('update.written', 'info', HOST, message),
              undo: () => slots.change((environment) => beforeFilling(environment, slot)),
            }
          } catch (error) {
            refusal = error
            throw error
          }
        },
        settled(found) {
          if (found === null && taken !== null) resolve(taken)
          else
            reject(
              refusal === null
                ? new Refusal('unavailable', 'update.failed', found?.message ?? 'The update was not taken.')
                : asRefusal(refusal),
            )
        },
      })
      begun(task.id)
    })
  }
}

function problem(code: string, message: string): Problem {
  return { code, field: '', message }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** To who sent the file. What came otherwise than it should is theirs, what the disk did is not. */
function asRefusal(error: unknown): unknown {
  if (!isHostFailure(error)) return error
  const { code, message } = error
  if (code === 'update.cancelled') return new Refusal('conflict', code, 'The update was cancelled; the slot that runs is as it was.')
  const kind = code === 'update.truncated' || code === 'update.digest' ? 'invalid' : 'unavailable'
  return new Refusal(kind, code, message, [problem(code, message)])
}
