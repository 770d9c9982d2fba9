// The port through which disk images are made, looked at, changed and removed. What is made appears whole, on disk, or not at all.
import type { ImageFormat, NewDisk } from '../domain/disk-image.ts'

/** Asks work to end early. */
export interface Cancellation {
  readonly requested: boolean
  /** Called once, when it is requested, or at once when it has been. One handler: a later one takes its place. */
  onRequest(handler: () => void): void
}

/** How work that takes long is followed. */
export interface Following {
  /** 0 to 100, never less than before. */
  progress(percent: number): void
  readonly cancellation: Cancellation
}

export interface NewImage extends Omit<NewDisk, 'file'> {
  /** Where it is to be; nothing may be there. */
  readonly path: string
}

export interface ImageCopy {
  readonly source: string
  readonly sourceFormat: ImageFormat
  /** Where the copy is to be; nothing may be there. */
  readonly path: string
  readonly format: ImageFormat
}

export interface ReceivedImage {
  /** Where it is to be; nothing may be there. */
  readonly path: string
  /** How much is to come. */
  readonly sizeBytes: number
  /** What it must be of all of it, in hexadecimal; null for anything. */
  readonly sha256: string | null
  /** What it is said to be; null for whatever it begins as. */
  readonly format: ImageFormat | null
}

/** What it turned out to be. */
export interface Received {
  readonly sha256: string
  readonly format: ImageFormat
}

export interface ImageInfo {
  /** What a guest sees. */
  readonly virtualSizeBytes: number
  /** Why it cannot be grown, or null. */
  readonly fixedSize: 'disk.grow.snapshots' | null
  /** It begins as a qcow2 image does, whatever it is taken for: a guest can write that into a raw one. */
  readonly beginsAsQcow2: boolean
}

/**
 * Every method throws or rejects with a HostFailure: `image.…` as a qcow2 header is refused, `image.cancelled`, `image.failed`, `image.stalled` (nothing moved
 * for minutes), `datastore.full`, `host.EEXIST`, `host.ENOENT`, `disk.grow.smaller`, `disk.grow.snapshots`, … Files are plain ones that no running VM writes.
 */
export interface DiskImages {
  info(path: string, format: ImageFormat): ImageInfo
  create(image: NewImage, following: Following): Promise<void>
  /** Makes the image larger in place; nothing to do when it has that size. Refused by what `info` tells, too. */
  grow(path: string, format: ImageFormat, sizeBytes: number): Promise<void>
  /** What the data in an image takes at most, compressed data unpacked, holes left out. */
  measure(path: string, format: ImageFormat, cancellation: Cancellation): Promise<number>
  copy(copy: ImageCopy, following: Following): Promise<void>
  /**
   * A file from outside. `offer` is called once, with a descriptor for whoever has the bytes to write them to and close; it is theirs. Also rejects with
   * `upload.truncated`, `upload.digest`, and as a qcow2 header is refused, for everything that begins as one does, whatever it is said to be.
   */
  receive(image: ReceivedImage, offer: (descriptor: number) => void, following: Following): Promise<Received>
  /** No longer there, on disk, when this resolves; its room may take some time more to be free. */
  remove(path: string): Promise<void>
  /** Ends what an earlier controld left at work, and removes its unfinished files; what is begun meanwhile is left alone. */
  removeUnfinished(): Promise<void>
}
