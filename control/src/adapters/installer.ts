// Has disks looked at and written by a process of its own, which alone sees what it mounts, and ends with this one.
import { closeFd, openFd, unlink, writeFileAtomic } from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { fromFd, pipe } from 'hv:socket'
import { type InstallLine, parseInstallLine } from '../codec/install-line.ts'
import type { Clock } from '../ports/clock.ts'
import type { Installer } from '../ports/installer.ts'
import { endProcess } from './end-process.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { readMediumName } from './install-disks.ts'
import { MOUNTING_JOB } from './mounting-job.ts'

const LOOK_MS = 60_000
/** Of a slot at 2 MB/s, read and written. */
const WRITE_MS = 3_600_000
const RECEIPT_MS = 30_000
const MAX_LINE_BYTES = 262_144
const TURN_MS = '20000'
/** mdadm makes itself a node of the array that it makes. */
const WRITING = ['CAP_SYS_ADMIN', 'CAP_MKNOD']

export interface InstallerPlaces {
  readonly engine: string
  readonly bundle: string
  /** Root's own, in memory: what the program is told is here while it starts. */
  readonly directory: string
}

export function createInstaller({ engine, bundle, directory }: InstallerPlaces, clock: Clock): Installer {
  /** The last line that is no progress; rejects with the failure that the program tells of. */
  async function run(what: string, input: string | null, timeoutMs: number, progress: (line: InstallLine) => void): Promise<InstallLine> {
    const path = `${directory}/install-input.json`
    const output = pipe()
    let inputFd: number | null = null
    let child: Process
    try {
      if (input !== null) {
        writeFileAtomic(path, input, { mode: 0o600 })
        inputFd = openFd(path, 'r')
        unlink(path)
      }
      child = spawn({
        argv: [engine, '--turn-ms', TURN_MS, bundle, what],
        env: { PATH: '/usr/sbin:/usr/bin' },
        fds: { 1: output.writeFd, 2: 2, ...(inputFd === null ? {} : { 0: inputFd }) },
        ...MOUNTING_JOB,
        ...(what === 'write' ? { capabilities: WRITING } : {}),
        parentDeathSignal: 9,
      })
    } catch (error) {
      closeFd(output.readFd)
      throw toHostFailure(error, what)
    } finally {
      closeFd(output.writeFd)
      if (inputFd !== null) closeFd(inputFd)
    }
    let last: InstallLine | null = null
    const said = fromFd(output.readFd)
    const ended = new Promise<void>((resolve) => said.onClose(() => resolve()))
    said.onLine((text) => {
      const line = parseInstallLine(text)
      if (line === null) return
      if (line.kind === 'progress') progress(line)
      else last = line
    }, MAX_LINE_BYTES)
    let late = false
    const cancel = clock.after(timeoutMs, () => {
      late = true
      // Where it has ended, something that it started still has its output.
      endProcess(child)
    })
    await Promise.all([child.exited, ended])
    cancel()
    return judge(last, late ? `It was not finished after ${timeoutMs / 1000} s.` : 'The program that installs ended without a word.')
  }

  return {
    mediumName: readMediumName,
    async observe() {
      const line = await run('look', null, LOOK_MS, () => {})
      return line.kind === 'disks' ? line.disks : []
    },
    async install(job, progress) {
      await run('write', JSON.stringify(job), WRITE_MS, (line) => {
        if (line.kind === 'progress') progress(line.progress)
      })
    },
    async addMirrorDisk(job, progress) {
      await run('mirror', JSON.stringify(job), WRITE_MS, (line) => {
        if (line.kind === 'progress') progress(line.progress)
      })
    },
    async leaveReceipt(text) {
      const line = await run('receipt', text, RECEIPT_MS, () => {})
      return line.kind === 'written' && line.written
    },
  }
}

function judge(line: InstallLine | null, otherwise: string): InstallLine {
  if (line === null) throw new VmHostFailure('install.failed', 'install', otherwise)
  if (line.kind === 'failed') throw new VmHostFailure(line.code, 'install', line.message)
  return line
}
