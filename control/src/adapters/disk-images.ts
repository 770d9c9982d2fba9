// Disk images over qemu-img: looked at here, made and changed by it. A file gets its name when it is whole and on disk. Decides nothing.
import { randomBytes } from 'hv:crypto'
import * as fs from 'hv:fs'
import { toHex } from 'hv:text'
import { ProgressReader, parseMeasure } from '../codec/qemu-img.ts'
import { UNFINISHED_PREFIX } from '../domain/datastore.ts'
import type { ImageFormat } from '../domain/disk-image.ts'
import type { Clock } from '../ports/clock.ts'
import type { Cancellation, DiskImages, Following, ImageCopy, ImageInfo, NewImage, Received, ReceivedImage } from '../ports/disk-images.ts'
import type { Log } from '../ports/log.ts'
import { directoryOf, syncFile } from './durable-files.ts'
import { type Receiver, receiveFile } from './file-receiver.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { readImageHeader } from './image-header.ts'
import { IMAGE_UID, qemuImg } from './image-sandbox.ts'
import { cancelled, ImageTool } from './image-tool.ts'
import { runTool } from './run-tool.ts'

const BUSYBOX = '/usr/bin/busybox'
/** Of a file system that frees a large file. */
const REMOVE_TIMEOUT_MS = 600_000
const READ_BY_ALL = 0o004
/** Counts of references are written as they change, so that no image is ever repaired after a power cut; every QEMU since 1.7 reads this version. */
const QCOW2_OPTIONS = 'compat=1.1,cluster_size=65536,lazy_refcounts=off'
const NEVER: Cancellation = { requested: false, onRequest: () => {} }

export interface DiskImagePlaces {
  /** That of the datastore. */
  readonly directory: string
  /** One cgroup a job below it. */
  readonly cgroups: string
  /** Control files of each of them. */
  readonly limits: Readonly<Record<string, string>>
  /** The program that receives files. */
  readonly receiver: Receiver
}

export function createDiskImages(places: DiskImagePlaces, clock: Clock, log: Log): DiskImages {
  const tool = new ImageTool(places.cgroups, places.limits, clock)

  async function create({ path, format, sizeBytes, preallocation }: NewImage, following: Following): Promise<void> {
    const { cancellation } = following
    await appear(path, cancellation, async (unfinished) => {
      const full = preallocation === 'full'
      const options = [...(format === 'qcow2' ? [QCOW2_OPTIONS] : []), `preallocation=${preallocation === 'none' ? 'off' : preallocation}`]
      const look = () => {
        const { allocatedBytes } = fs.lstat(unfinished)
        if (full) following.progress(Math.min(99, (100 * allocatedBytes) / sizeBytes))
        return allocatedBytes
      }
      const program = qemuImg('create', '-q', '-f', format, '-o', options.join(), '/image/new', String(sizeBytes))
      await tool.run({ program, files: [{ name: 'new', path: unfinished, readOnly: false }], cancellation, look })
    })
  }

  async function grow(path: string, format: ImageFormat, sizeBytes: number): Promise<void> {
    const { virtualSizeBytes, fixedSize } = info(path, format)
    if (sizeBytes === virtualSizeBytes) return
    if (sizeBytes < virtualSizeBytes) throw new VmHostFailure('disk.grow.smaller', 'grow', `The disk has ${virtualSizeBytes} bytes.`, path)
    if (fixedSize !== null) throw new VmHostFailure(fixedSize, 'grow', 'The image has snapshots of a kind that keep its size.', path)
    await handedOver(path, () =>
      tool.run({
        program: qemuImg('resize', '-q', '-f', format, '/image/disk', String(sizeBytes)),
        files: [{ name: 'disk', path, readOnly: false }],
        cancellation: NEVER,
        look: () => fs.lstat(path).allocatedBytes,
      }),
    )
    await syncFile(path)
  }

  async function measure(path: string, format: ImageFormat, cancellation: Cancellation): Promise<number> {
    info(path, format)
    // As qcow2, whatever is made of it: of a raw image it would tell the size, not what is in it.
    const program = qemuImg('measure', '--output=json', '-f', format, '-O', 'qcow2', '/image/source')
    const files = [{ name: 'source', path, readOnly: true }]
    lend(path)
    const bytes = parseMeasure(await tool.run({ program, files, cancellation }))
    if (bytes === null) throw new VmHostFailure('image.failed', 'measure', 'qemu-img gave no answer that can be understood.', path)
    return bytes
  }

  async function copy({ source, sourceFormat, path, format }: ImageCopy, following: Following): Promise<void> {
    const { cancellation } = following
    info(source, sourceFormat)
    const progress = new ProgressReader()
    lend(source)
    const options = format === 'qcow2' ? ['-o', QCOW2_OPTIONS] : []
    await appear(path, cancellation, (unfinished) =>
      tool.run({
        program: qemuImg('convert', '-p', '-f', sourceFormat, '-O', format, ...options, '/image/source', '/image/new'),
        files: [
          { name: 'source', path: source, readOnly: true },
          { name: 'new', path: unfinished, readOnly: false },
        ],
        cancellation,
        onOutput(text) {
          const percent = progress.push(text)
          if (percent !== null) following.progress(Math.min(99, percent))
        },
        look: () => fs.lstat(unfinished).allocatedBytes,
      }),
    )
  }

  async function receive(image: ReceivedImage, offer: (descriptor: number) => void, following: Following): Promise<Received> {
    return appear(image.path, following.cancellation, (unfinished) =>
      receiveFile(tool, places.receiver, unfinished, image, offer, following),
    )
  }

  async function remove(path: string): Promise<void> {
    const unfinished = unfinishedName(directoryOf(path))
    fs.rename(path, unfinished)
    fs.syncDir(directoryOf(path))
    discard(unfinished).catch((error: unknown) => log('error', `${unfinished} could not be removed: ${String(error)}`))
  }

  async function removeUnfinished(): Promise<void> {
    const { directory } = places
    // Listed first: what is begun from now on has another name.
    const left = fs.statOrNull(directory) === null ? [] : fs.readDir(directory).filter((name) => name.startsWith(UNFINISHED_PREFIX))
    await tool.endAll()
    for (const name of left) await discard(`${directory}/${name}`)
  }

  return {
    info: (path, format) => toldAt('info', () => info(path, format)),
    create: (image, following) => told('create', create(image, following)),
    grow: (path, format, sizeBytes) => told('grow', grow(path, format, sizeBytes)),
    measure: (path, format, cancellation) => told('measure', measure(path, format, cancellation)),
    copy: (image, following) => told('copy', copy(image, following)),
    receive: (image, offer, following) => told('receive', receive(image, offer, following)),
    remove: (path) => told('remove', remove(path)),
    removeUnfinished: () => told('remove-unfinished', removeUnfinished()),
  }
}

function info(path: string, format: ImageFormat): ImageInfo {
  const { kind, size, mode, uid } = fs.lstat(path)
  if (kind !== 'file') throw new VmHostFailure('host.not-a-file', 'info', 'an image must be a plain file', path)
  // What was some VM's alone is root's again; a VM that is started gets its files anew.
  if (uid !== 0 && (mode & READ_BY_ALL) === 0) fs.chown(path, 0, 0)
  const found = readImageHeader(path, 'info')
  const { beginsAsQcow2 } = found
  if (format === 'raw') return { virtualSizeBytes: size, fixedSize: null, beginsAsQcow2 }
  if ('refused' in found) throw found.refused
  const { version, snapshots, virtualSizeBytes } = found.header
  // In the first version a snapshot does not say how large the disk was. @source QEMU qcow2_co_truncate
  return { virtualSizeBytes, fixedSize: version === 2 && snapshots > 0 ? 'disk.grow.snapshots' : null, beginsAsQcow2 }
}

/** What `make` writes into an empty file gets its name at the end, or is gone. */
async function appear<T>(path: string, cancellation: Cancellation, make: (unfinished: string) => Promise<T>): Promise<T> {
  const directory = directoryOf(path)
  requireAbsent(path)
  let made = unfinishedName(directory)
  // Its beginning is looked at here while it is made.
  fs.writeFileAtomic(made, '', { mode: 0o640, uid: IMAGE_UID, gid: 0 })
  try {
    const outcome = await make(made)
    fs.chown(made, 0, 0)
    fs.chmod(made, 0o600)
    await syncFile(made)
    if (cancellation.requested) throw cancelled()
    requireAbsent(path)
    fs.rename(made, path)
    made = path
    fs.syncDir(directory)
    return outcome
  } catch (error) {
    await discard(made)
    throw error
  }
}

/** Only controld puts files there, one step after the other: what is absent now stays so until the next step. */
function requireAbsent(path: string): void {
  try {
    fs.lstat(path)
  } catch {
    return
  }
  throw new VmHostFailure('host.EEXIST', 'appear', 'There is a file of this name already.', path)
}

/** To be read by qemu-img as well, from now on: it sees only the files of its job, so this needs no taking back, and two jobs may do it at once. */
function lend(path: string): void {
  if ((fs.lstat(path).mode & READ_BY_ALL) !== 0) return
  fs.chown(path, 0, IMAGE_UID)
  fs.chmod(path, 0o640)
}

/** A file is qemu-img's while it writes to it. */
async function handedOver<T>(path: string, use: () => Promise<T>): Promise<T> {
  fs.chown(path, IMAGE_UID, IMAGE_UID)
  fs.chmod(path, 0o600)
  try {
    return await use()
  } finally {
    fs.chown(path, 0, 0)
  }
}

function unfinishedName(directory: string): string {
  return `${directory}/${UNFINISHED_PREFIX}${toHex(randomBytes(8))}`
}

/** In a process of its own, as freeing a large file takes its time. */
async function discard(path: string): Promise<void> {
  await runTool([BUSYBOX, 'rm', '-f', path], { timeoutMs: REMOVE_TIMEOUT_MS })
}

function toldAt<T>(step: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw toHostFailure(error, step)
  }
}

async function told<T>(step: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw toHostFailure(error, step)
  }
}
