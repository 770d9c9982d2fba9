// Has the slots looked at and written by a process of its own, which alone sees what it mounts, may wait for a broken disk, and ends with this one.
import { closeFd, openFd, readText, statOrNull, unlink, writeFileAtomic } from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { fromFd, pipe, socketPair } from 'hv:socket'
import { decodeUtf8, fromBase64 } from 'hv:text'
import { parseSlotLine, type SlotLine } from '../codec/slot-line.ts'
import { parseUpdateHeader } from '../codec/update-file.ts'
import type { GuardNote, SlotTrial } from '../domain/boot-slot.ts'
import type { BootSlots, SignedManifest } from '../ports/boot-slots.ts'
import type { Clock } from '../ports/clock.ts'
import { endProcess } from './end-process.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { MOUNTING_JOB } from './mounting-job.ts'

const READ_MS = 60_000
/** Nothing was received, written or read for so long. */
const STALL_MS = 300_000
const MAX_LINE_BYTES = 65_536
const TURN_MS = '20000'
const SIGKILL = 9

export interface BootSlotPlaces {
  readonly engine: string
  readonly bundle: string
  /** Root's own, in memory: what the program is told is here while it starts, and what the guard is told stays here. */
  readonly directory: string
  /** What is known of a slot that is being tried; on the state's file system. */
  readonly trial: string
}

interface Run {
  readonly fds?: Readonly<Record<number, number>>
  readonly timeoutMs: number
  /** Each line that is not the last; whatever is heard begins the time anew. */
  readonly heard?: (line: SlotLine) => void
  readonly started?: (child: Process) => void
}

export function createBootSlots(places: BootSlotPlaces, clock: Clock): BootSlots {
  const { engine, bundle, directory } = places

  /** The last line; rejects with the failure that the program tells of. */
  async function run(words: readonly string[], { fds = {}, timeoutMs, heard = () => {}, started = () => {} }: Run): Promise<SlotLine> {
    const output = pipe()
    let child: Process
    try {
      child = spawn({
        argv: [engine, '--turn-ms', TURN_MS, bundle, ...words],
        env: { PATH: '/usr/sbin:/usr/bin' },
        fds: { ...fds, 1: output.writeFd, 2: 2 },
        ...MOUNTING_JOB,
        parentDeathSignal: SIGKILL,
      })
    } catch (error) {
      closeFd(output.readFd)
      throw toHostFailure(error, words[0] ?? '')
    } finally {
      closeFd(output.writeFd)
    }
    let last: SlotLine | null = null
    let late = false
    let cancel = () => {}
    const wait = () => {
      cancel()
      cancel = clock.after(timeoutMs, () => {
        late = true
        endProcess(child)
      })
    }
    wait()
    const said = fromFd(output.readFd)
    const ended = new Promise<void>((resolve) => said.onClose(() => resolve()))
    said.onLine((text) => {
      const line = parseSlotLine(text)
      if (line === null) return
      wait()
      last = line
      heard(line)
    }, MAX_LINE_BYTES)
    started(child)
    await Promise.all([child.exited, ended])
    cancel()
    if (late) throw new VmHostFailure('update.stalled', words[0] ?? '', `Nothing moved for ${timeoutMs / 1000} s.`)
    return judge(last, words[0] ?? '')
  }

  return {
    async read() {
      const line = await run(['read'], { timeoutMs: READ_MS })
      return line.kind === 'seen' ? line.seen : null
    },

    async write(environment) {
      const path = `${directory}/slots-input.json`
      writeFileAtomic(path, JSON.stringify(environment), { mode: 0o600 })
      const input = openFd(path, 'r')
      unlink(path)
      try {
        await run(['write'], { fds: { 0: input }, timeoutMs: READ_MS })
      } finally {
        closeFd(input)
      }
    },

    async fill(slot, offer, allow, { progress, cancellation }) {
      const [ours, theirs] = socketPair()
      const permission = pipe()
      const allowing = fromFd(permission.writeFd)
      let refused: { readonly error: unknown } | null = null
      const decide = (header: string) => {
        allow(signedManifest(fromBase64(header))).then(
          (wanted) => {
            // Gone, when it was cancelled meanwhile.
            if (!cancellation.requested) allowing.write(`${JSON.stringify(wanted)}\n`)
          },
          (error: unknown) => {
            refused = { error }
            allowing.close()
          },
        )
      }
      const heard = (line: SlotLine) => {
        if (line.kind === 'header') decide(line.header)
        if (line.kind === 'percent') progress(line.percent)
      }
      let offered = false
      const started = (child: Process) => {
        offered = true
        cancellation.onRequest(() => endProcess(child))
        offer(theirs)
      }
      try {
        const line = await run(['fill', slot], { fds: { 0: ours, 3: permission.readFd }, timeoutMs: STALL_MS, heard, started })
        if (line.kind !== 'done' && refused === null)
          throw new VmHostFailure('update.failed', 'fill', 'The program that fills the slot ended in between.')
      } catch (error) {
        if (refused !== null) throw (refused as { readonly error: unknown }).error
        if (cancellation.requested) throw new VmHostFailure('update.cancelled', 'fill', 'It was cancelled.')
        throw error
      } finally {
        allowing.close()
        for (const fd of [ours, permission.readFd, ...(offered ? [] : [theirs])]) closeFd(fd)
      }
      if (refused !== null) throw (refused as { readonly error: unknown }).error
    },

    async copy(slot, from, to) {
      const line = await run(['copy', slot, from, to], { timeoutMs: STALL_MS })
      if (line.kind !== 'done') throw new VmHostFailure('update.failed', 'copy', 'The program that copies the slot ended in between.')
    },

    async check(slot, disk) {
      const line = await run(['check', slot, disk], { timeoutMs: STALL_MS })
      if (line.kind !== 'damaged') throw new VmHostFailure('slots.unread', 'check', 'The program that reads the slot ended in between.')
      return line.files
    },

    trial() {
      try {
        return statOrNull(places.trial) === null ? null : (JSON.parse(readText(places.trial)) as SlotTrial)
      } catch {
        return null
      }
    },

    forgetTrial() {
      if (statOrNull(places.trial) !== null) unlink(places.trial)
    },

    tellGuard(note) {
      writeFileAtomic(guardNote(directory), JSON.stringify(note), { mode: 0o600 })
    },
  }
}

function signedManifest(header: Uint8Array): SignedManifest | null {
  const found = parseUpdateHeader(header)
  return found === null ? null : { bytes: found.manifest, text: decodeUtf8(found.manifest), signature: found.signature }
}

function guardNote(directory: string): string {
  return `${directory}/slot.json`
}

/** What controld has told; null before it has. */
export function readGuardNote(directory: string): GuardNote | null {
  try {
    const path = guardNote(directory)
    return statOrNull(path) === null ? null : (JSON.parse(readText(path)) as GuardNote)
  } catch {
    return null
  }
}

function judge(line: SlotLine | null, step: string): SlotLine {
  if (line === null) throw new VmHostFailure('update.failed', step, 'The program that works on the slots ended without a word.')
  if (line.kind === 'failed') throw new VmHostFailure(line.code, step, line.message)
  return line
}
