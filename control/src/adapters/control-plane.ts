// The control plane's programs behind a link in memory, which init's recipe starts them by: an update puts another directory behind it, and the guard the one of before.
import { readDir, readLink, readText, rename, rmdir, stat, statOrNull, symlink, unlink, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { parseSlotLine } from '../codec/slot-line.ts'
import type { SlotName } from '../domain/boot-slot.ts'
import type { LiveUpdate } from '../domain/live-update.ts'
import type { Clock } from '../ports/clock.ts'
import type { ControlPlane } from '../ports/control-plane.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { MOUNTING_JOB } from './mounting-job.ts'

export interface ControlPlanePlaces {
  /** Root's own, in memory. */
  readonly directory: string
  /** That of the image. */
  readonly manifest: string
  readonly engine: string
}

const LINK = 'programs'
const NOTE = 'live-update.json'
const STAGED = 'programs-of-'
const STAGE_MS = 60_000

/** The directory that the programs are in now; a program asks once, so that all it starts belongs to itself. */
export function currentPrograms(directory: string): string {
  return readLink(`${directory}/${LINK}`)
}

export function readLiveUpdate(directory: string): LiveUpdate | null {
  const path = `${directory}/${NOTE}`
  try {
    return statOrNull(path) === null ? null : (JSON.parse(readText(path)) as LiveUpdate)
  } catch {
    return null
  }
}

/** At once: there is no moment without. */
function pointTo(directory: string, target: string): void {
  const next = `${directory}/${LINK}.new`
  if (isThere(next)) unlink(next)
  symlink(target, next)
  rename(next, `${directory}/${LINK}`)
}

/** A link that leads nowhere is there, too. */
function isThere(path: string): boolean {
  try {
    readLink(path)
    return true
  } catch {
    return false
  }
}

/** The programs of before come back, from each one's next start on. */
export function undoLiveUpdate(directory: string, live: LiveUpdate): void {
  pointTo(directory, live.before)
  unlink(`${directory}/${NOTE}`)
}

export function createControlPlane({ directory, manifest, engine }: ControlPlanePlaces, clock: Clock): ControlPlane {
  const { host = '' } = JSON.parse(statOrNull(manifest) === null ? '{}' : readText(manifest)) as { readonly host?: string }
  const note = (live: LiveUpdate) => writeFileAtomic(`${directory}/${NOTE}`, JSON.stringify(live), { mode: 0o600 })

  return {
    host,
    live: () => readLiveUpdate(directory),

    async stage(slot: SlotName, sha256: string) {
      const target = `${directory}/${STAGED}${slot}-${Math.round(clock.monotonicMs())}`
      try {
        const argv = [engine, `${currentPrograms(directory)}/slots.qjb`, 'stage', slot, sha256, target]
        const { code, stdout } = await run({ argv, env: { PATH: '/usr/sbin:/usr/bin' }, timeoutMs: STAGE_MS, ...MOUNTING_JOB })
        if (code === 0) return { directory: target }
        const line = parseSlotLine(decodeUtf8(stdout).trim().split('\n').at(-1) ?? '')
        if (line?.kind === 'failed') throw new VmHostFailure(line.code, 'stage', line.message)
        throw new VmHostFailure('update.programs', 'stage', 'The programs could not be taken from the slot.')
      } catch (error) {
        removeDirectory(target)
        throw toHostFailure(error, 'stage')
      }
    },

    replace(update) {
      const before = currentPrograms(directory)
      const earlier = readLiveUpdate(directory)
      try {
        // The guard knows first.
        note({ ...update, before, atMs: clock.monotonicMs(), missing: [], confirmed: false })
        pointTo(directory, update.directory)
      } catch (error) {
        if (earlier === null) unlink(`${directory}/${NOTE}`)
        else note(earlier)
        throw toHostFailure(error, 'replace')
      }
    },

    report(missing) {
      const live = readLiveUpdate(directory)
      if (live === null) return
      try {
        note({ ...live, missing, confirmed: missing.length === 0 })
        if (missing.length > 0) return
        for (const name of readDir(directory)) {
          const path = `${directory}/${name}`
          if (name.startsWith(STAGED) && path !== live.directory) removeDirectory(path)
        }
      } catch (error) {
        throw toHostFailure(error, 'report')
      }
    },
  }
}

function removeDirectory(path: string): void {
  if (statOrNull(path) === null) return
  for (const name of readDir(path)) {
    const child = `${path}/${name}`
    if (stat(child).kind === 'directory') removeDirectory(child)
    else unlink(child)
  }
  rmdir(path)
}
