// Disk images whose files are entries of the datastores of a test; they take as long as they are told, and outlive an app as unfinished files.

import { UNFINISHED_PREFIX } from '../../control/src/domain/datastore.ts'
import type { ImageFormat } from '../../control/src/domain/disk-image.ts'
import type {
  Cancellation,
  DiskImages,
  Following,
  ImageCopy,
  ImageInfo,
  NewImage,
  Received,
  ReceivedImage,
} from '../../control/src/ports/disk-images.ts'
import type { FakeDatastores } from './host.ts'
import { FakeFailure } from './vm-host.ts'

const METADATA_BYTES = 262_144

/** What is in a file, as far as anybody here asks. */
export interface FakeImage {
  readonly format: ImageFormat
  readonly virtualSizeBytes: number
  readonly fixedSize?: ImageInfo['fixedSize']
  /** Why its header is refused. */
  readonly refused?: string
}

/** What somebody writes to an offered descriptor before closing it. */
export interface FakeDelivery {
  readonly bytes: number
  readonly sha256: string
  /** What it begins as; raw by default. */
  readonly image?: FakeImage
}

export class FakeDiskImages implements DiskImages {
  readonly #datastores: FakeDatastores
  /** By path; a file that is not here is raw. */
  readonly known = new Map<string, FakeImage>()
  /** Work that takes long waits for this, unless it is cancelled. */
  gate: Promise<void> = Promise.resolve()
  /** Thrown by the next work in its middle. */
  failNext: FakeFailure | null = null
  /** Paths that work is reading or writing at this moment. */
  readonly touched = new Set<string>()
  /** Who waits for what comes by a descriptor. */
  readonly #offered = new Map<number, (delivery: FakeDelivery) => void>()
  #nextName = 1
  #nextDescriptor = 100
  #generation = 0

  constructor(datastores: FakeDatastores) {
    this.#datastores = datastores
  }

  info(path: string, format: ImageFormat): ImageInfo {
    const virtualSizeBytes = this.#sizeOf(path)
    const image = this.known.get(path)
    const beginsAsQcow2 = image?.format === 'qcow2'
    if (format === 'raw') return { virtualSizeBytes, fixedSize: null, beginsAsQcow2 }
    if (image?.format !== 'qcow2') throw new FakeFailure('image.not-qcow2')
    if (image.refused !== undefined) throw new FakeFailure(image.refused)
    return { virtualSizeBytes: image.virtualSizeBytes, fixedSize: image.fixedSize ?? null, beginsAsQcow2 }
  }

  async create({ path, format, sizeBytes, preallocation }: NewImage, following: Following): Promise<void> {
    const fileBytes = format === 'raw' ? sizeBytes : METADATA_BYTES + (preallocation === 'full' ? sizeBytes : 0)
    await this.#appear(path, [path], fileBytes, { format, virtualSizeBytes: sizeBytes }, following)
  }

  async grow(path: string, format: ImageFormat, sizeBytes: number): Promise<void> {
    const { virtualSizeBytes, fixedSize } = this.info(path, format)
    if (sizeBytes < virtualSizeBytes) throw new FakeFailure('disk.grow.smaller')
    if (sizeBytes > virtualSizeBytes && fixedSize !== null) throw new FakeFailure(fixedSize)
    const generation = this.#generation
    await this.#touching([path], generation, this.gate)
    this.#fail(generation)
    if (format === 'raw') this.#contents().set(nameOf(path), sizeBytes)
    const known = this.known.get(path)
    if (known !== undefined) this.known.set(path, { ...known, virtualSizeBytes: sizeBytes })
  }

  async measure(path: string, format: ImageFormat, cancellation: Cancellation): Promise<number> {
    this.info(path, format)
    if (cancellation.requested) throw new FakeFailure('image.cancelled')
    return METADATA_BYTES
  }

  async copy({ source, sourceFormat, path, format }: ImageCopy, following: Following): Promise<void> {
    const { virtualSizeBytes } = this.info(source, sourceFormat)
    const verbatim = sourceFormat === 'raw' && format === 'raw' ? this.known.get(source) : undefined
    const fileBytes = format === 'raw' ? virtualSizeBytes : METADATA_BYTES
    await this.#appear(path, [source, path], fileBytes, verbatim ?? { format, virtualSizeBytes }, following)
  }

  async receive(
    { path, sizeBytes, sha256, format }: ReceivedImage,
    offer: (descriptor: number) => void,
    following: Following,
  ): Promise<Received> {
    const descriptor = this.#nextDescriptor++
    const delivered = new Promise<FakeDelivery>((resolve) => this.#offered.set(descriptor, resolve))
    let outcome: Received = { sha256: '', format: 'raw' }
    const take = async (): Promise<FakeImage> => {
      const { bytes, sha256: seen, image } = await delivered
      if (bytes < sizeBytes) throw new FakeFailure('upload.truncated')
      if (sha256 !== null && sha256 !== seen) throw new FakeFailure('upload.digest')
      if (image === undefined && format === 'qcow2') throw new FakeFailure('image.not-qcow2')
      if (image?.refused !== undefined) throw new FakeFailure(image.refused)
      outcome = { sha256: seen, format: format ?? image?.format ?? 'raw' }
      return image ?? { format: 'raw', virtualSizeBytes: sizeBytes }
    }
    offer(descriptor)
    try {
      await this.#appear(path, [path], sizeBytes, take, following)
      return outcome
    } finally {
      this.#offered.delete(descriptor)
    }
  }

  /** Of descriptors that were offered and are not ended: what comes through one, to its end. */
  deliver(descriptor: number, delivery: FakeDelivery): void {
    this.#offered.get(descriptor)?.(delivery)
  }

  async remove(path: string): Promise<void> {
    this.#sizeOf(path)
    this.#contents().delete(nameOf(path))
    this.known.delete(path)
  }

  async removeUnfinished(): Promise<void> {
    const contents = this.#datastores.contents ?? new Map<string, number>()
    for (const name of [...contents.keys()]) if (name.startsWith(UNFINISHED_PREFIX)) contents.delete(name)
  }

  /** Whoever was at work is gone, and nothing more comes of it. */
  disconnect(): void {
    this.#generation++
    this.#offered.clear()
    this.touched.clear()
  }

  async #appear(
    path: string,
    touched: readonly string[],
    sizeBytes: number,
    image: FakeImage | (() => Promise<FakeImage>),
    { progress, cancellation }: Following,
  ): Promise<void> {
    if (this.#contents().has(nameOf(path))) throw new FakeFailure('host.EEXIST')
    const generation = this.#generation
    const unfinished = `${UNFINISHED_PREFIX}${this.#nextName++}`
    this.#contents().set(unfinished, 0)
    try {
      progress(50)
      const cancelled = new Promise<void>((resolve) => cancellation.onRequest(resolve))
      let made: FakeImage | null = typeof image === 'function' ? null : image
      const work = async () => {
        await this.gate
        if (typeof image === 'function') made = await image()
      }
      await this.#touching(touched, generation, Promise.race([work(), cancelled]))
      this.#fail(generation)
      if (cancellation.requested) throw new FakeFailure('image.cancelled')
      this.#contents().set(nameOf(path), sizeBytes)
      if (made !== null) this.known.set(path, made)
    } finally {
      if (generation === this.#generation) this.#contents().delete(unfinished)
    }
  }

  async #touching(paths: readonly string[], generation: number, work: Promise<void>): Promise<void> {
    for (const path of paths) this.touched.add(path)
    await work
    if (generation === this.#generation) for (const path of paths) this.touched.delete(path)
  }

  #fail(generation: number): void {
    if (generation !== this.#generation) throw new FakeFailure('image.cancelled')
    const failure = this.failNext
    this.failNext = null
    if (failure !== null) throw failure
  }

  #contents(): Map<string, number> {
    if (this.#datastores.contents === null) throw new FakeFailure('host.ENOENT')
    return this.#datastores.contents
  }

  #sizeOf(path: string): number {
    const bytes = this.#contents().get(nameOf(path))
    if (bytes === undefined) throw new FakeFailure('host.ENOENT')
    return bytes
  }
}

function nameOf(path: string): string {
  return path.slice('/datastores/local/'.length)
}
