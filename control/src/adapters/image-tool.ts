// Runs qemu-img, or another program that works on images, to its end, which can be asked for: confined, in a cgroup of its own, watched for whether it still gets on.
import { randomBytes } from 'hv:crypto'
import * as fs from 'hv:fs'
import * as process from 'hv:process'
import { fromFd, pipe } from 'hv:socket'
import { decodeUtf8, toHex } from 'hv:text'
import { parseComplaint } from '../codec/qemu-img.ts'
import type { Clock } from '../ports/clock.ts'
import type { Cancellation } from '../ports/disk-images.ts'
import { endProcess } from './end-process.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { type ImageFile, type ImageProgram, imageSandbox } from './image-sandbox.ts'
import { makeCgroup, removeCgroup } from './vm-cgroup.ts'

const LOOK_MS = 500
/** A disk that takes nothing for so long takes nothing at all. */
const STALL_MS = 300_000
/** Of each of its two outputs: the latest. */
const KEPT_CHARACTERS = 16_384

export interface ImageWork {
  readonly program: ImageProgram
  readonly files: readonly ImageFile[]
  readonly cancellation: Cancellation
  /** What it prints, as it comes. */
  readonly onOutput?: (text: string) => void
  /** Called twice a second; what it returns is expected to change now and then. It may end the work. */
  readonly look?: (end: () => void) => number
  /** What it reads; nothing by default. It stays the caller's. */
  readonly stdin?: number
}

export class ImageTool {
  readonly #cgroups: string
  readonly #limits: Readonly<Record<string, string>>
  readonly #clock: Clock

  constructor(cgroups: string, limits: Readonly<Record<string, string>>, clock: Clock) {
    this.#cgroups = cgroups
    this.#limits = limits
    this.#clock = clock
  }

  /** What it printed. Nothing of the process is left when this settles. */
  async run(work: ImageWork): Promise<string> {
    if (work.cancellation.requested) throw cancelled()
    const cgroup = `${this.#cgroups}/${toHex(randomBytes(8))}`
    try {
      makeCgroup(cgroup, this.#limits)
      return await this.#runIn(cgroup, work)
    } catch (error) {
      throw toHostFailure(error, nameOf(work))
    } finally {
      await removeCgroup(cgroup, this.#clock)
    }
  }

  /** Ends what an earlier controld left at work. */
  async endAll(): Promise<void> {
    if (fs.statOrNull(this.#cgroups) === null) return
    const left = fs.readDir(this.#cgroups).filter((name) => fs.statOrNull(`${this.#cgroups}/${name}`)?.kind === 'directory')
    for (const name of left) await removeCgroup(`${this.#cgroups}/${name}`, this.#clock)
  }

  async #runIn(cgroup: string, work: ImageWork): Promise<string> {
    const stdin = work.stdin === undefined ? {} : { 0: work.stdin }
    const stdout = capture(work.onOutput)
    const stderr = capture()
    let running: process.Process
    try {
      running = process.spawn(imageSandbox(work.program, work.files, cgroup, { ...stdin, 1: stdout.writeFd, 2: stderr.writeFd }))
    } catch (error) {
      stdout.close()
      stderr.close()
      throw error
    } finally {
      fs.closeFd(stdout.writeFd)
      fs.closeFd(stderr.writeFd)
    }
    const kill = () => endProcess(running)
    const watch = this.#watch(work, kill, () => stdout.characters())
    work.cancellation.onRequest(kill)
    const { code, signal } = await running.exited
    watch.end()
    await Promise.all([stdout.ended, stderr.ended])
    if (code === 0) return stdout.text()
    if (work.cancellation.requested) throw cancelled()
    if (watch.stalled()) throw new VmHostFailure('image.stalled', nameOf(work), `Nothing moved for ${STALL_MS / 1000} s.`)
    const { message, noRoom } = parseComplaint(stderr.text())
    const words = message || (signal === null ? `it ended with code ${code}` : `it was ended by signal ${signal}`)
    throw new VmHostFailure(noRoom ? 'datastore.full' : 'image.failed', nameOf(work), `${nameOf(work)}: ${words}.`)
  }

  #watch({ look = () => 0 }: ImageWork, kill: () => void, printed: () => number): { end(): void; stalled(): boolean } {
    let cancel = () => {}
    let stalled = false
    let seen = ''
    let movedMs = this.#clock.monotonicMs()
    const again = () => {
      cancel = this.#clock.after(LOOK_MS, () => {
        const now = `${look(kill)} ${printed()}`
        if (now !== seen) movedMs = this.#clock.monotonicMs()
        seen = now
        stalled = this.#clock.monotonicMs() - movedMs > STALL_MS
        if (stalled) kill()
        else again()
      })
    }
    again()
    return { end: () => cancel(), stalled: () => stalled }
  }
}

function nameOf({ program: { path } }: ImageWork): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function cancelled(): VmHostFailure {
  return new VmHostFailure('image.cancelled', 'cancel', 'It was cancelled.')
}

/** The caller closes `writeFd`; the other end is closed with the last writer, or by `close`. */
function capture(onText: (text: string) => void = () => {}) {
  const { readFd, writeFd } = pipe()
  const connection = fromFd(readFd)
  let kept = ''
  let characters = 0
  connection.onData((chunk) => {
    const text = decodeUtf8(chunk)
    characters += text.length
    kept = (kept + text).slice(-KEPT_CHARACTERS)
    onText(text)
  })
  const ended = new Promise<void>((resolve) => connection.onClose(() => resolve()))
  return { writeFd, ended, text: () => kept, characters: () => characters, close: () => connection.close() }
}
