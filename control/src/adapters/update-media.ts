// Has updates on sticks looked at and read by a process of its own, which alone sees what it mounts, and ends with this one.
import { closeFd } from 'hv:fs'
import { type Process, run, spawn } from 'hv:process'
import { fromFd, pipe } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import type { UpdateOnMedium } from '../domain/update-source.ts'
import type { IncomingFile } from '../ports/incoming-file.ts'
import type { UpdateMedia } from '../ports/update-media.ts'
import { endProcess } from './end-process.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { MOUNTING_JOB } from './mounting-job.ts'
import { listSticks } from './usb-sticks.ts'

export interface MediumReader {
  readonly engine: string
  readonly bundle: string
  /** Where it mounts, which nobody else sees. */
  readonly mountPoint: string
}

/** Of a slow stick. */
const LIST_MS = 20_000
const SIGKILL = 9
const MAX_WORDS = 2_000

export function createUpdateMedia({ engine, bundle, mountPoint }: MediumReader): UpdateMedia {
  const argvOf = (what: string, device: string, ...words: string[]) => [engine, bundle, what, `/dev/${device}`, mountPoint, ...words]

  async function list(): Promise<readonly UpdateOnMedium[]> {
    const found: UpdateOnMedium[] = []
    for (const { device, label, model } of await listSticks()) {
      const { code, stdout } = await run({
        ...{ ...MOUNTING_JOB, argv: argvOf('list', device) },
        timeoutMs: LIST_MS,
        maxOutputBytes: 65_536,
      })
      const lines = code === 0 ? decodeUtf8(stdout).split('\n').slice(0, -1) : []
      // The program is of the same image, so what is inside is trusted.
      for (const line of lines)
        found.push({ device, label, model, ...(JSON.parse(line) as Omit<UpdateOnMedium, 'device' | 'label' | 'model'>) })
    }
    return found
  }

  /** Owns the descriptor. */
  function send(device: string, file: string, descriptor: number): Pick<IncomingFile, 'ended' | 'close'> {
    const errors = pipe()
    let child: Process
    try {
      child = spawn({
        ...{ ...MOUNTING_JOB, argv: argvOf('send', device, file) },
        // The second is what it gives up both by, before it reads.
        capabilities: ['CAP_SYS_ADMIN', 'CAP_SETPCAP'],
        fds: { 1: descriptor, 2: errors.writeFd },
        parentDeathSignal: SIGKILL,
      })
    } catch (error) {
      closeFd(errors.readFd)
      throw toHostFailure(error, 'send')
    } finally {
      for (const fd of [descriptor, errors.writeFd]) closeFd(fd)
    }
    return { ended: endOf(child, fromFd(errors.readFd)), close: () => endProcess(child) }
  }

  return {
    list,
    async open(device, file) {
      const found = (await list()).find((update) => update.device === device && update.file === file)
      if (found === undefined) throw new VmHostFailure('update.no-such-file', 'open', `There is no update ${file} on a stick ${device}.`)
      let sending: Pick<IncomingFile, 'ended' | 'close'> | null = null
      let settle: (ending: Awaited<IncomingFile['ended']>) => void = () => {}
      return {
        sizeBytes: found.sizeBytes,
        ended: new Promise((resolve) => {
          settle = resolve
        }),
        send(descriptor) {
          sending = send(device, file, descriptor)
          void sending.ended.then(settle)
        },
        close() {
          sending?.close()
          settle(null)
        },
      }
    },
  }
}

async function endOf(child: Process, errors: ReturnType<typeof fromFd>): IncomingFile['ended'] {
  let said = ''
  errors.onData((chunk) => {
    said = `${said}${decodeUtf8(chunk)}`.slice(0, MAX_WORDS)
  })
  const closed = new Promise<void>((resolve) => errors.onClose(() => resolve()))
  const [{ code }] = await Promise.all([child.exited, closed])
  // Whoever has taken enough says so by closing.
  if (code === 0 || /Broken pipe/.test(said)) return null
  return { code: 'update.medium-failed', message: said.trim() || 'The stick could not be read.' }
}
