// What every implementation of disk images promises.
import { describe, expect, it } from 'vitest'
import type { ImageFormat } from '../../control/src/domain/disk-image.ts'
import type { DiskImages, Following, ReceivedImage } from '../../control/src/ports/disk-images.ts'
import { qcow2OnAnotherFile } from '../fakes/qcow2.ts'

export interface DiskImagesBench {
  readonly images: DiskImages
  /** Where everything is. */
  readonly directory: string
  /** Names of all files there, hidden ones included, sorted. */
  names(): readonly string[]
  /** Puts a raw file there, of zeros but for its beginning. */
  put(name: string, head: Uint8Array, sizeBytes: number): void
  /** Writes to an offered descriptor and closes it: `head`, then zeros, `sizeBytes` in all. */
  send(descriptor: number, head: Uint8Array, sizeBytes: number): void
}

const MIB = 1_048_576

interface Follower extends Following {
  readonly seen: readonly number[]
  cancel(): void
}

export function follower(): Follower {
  const seen: number[] = []
  let handler: () => void = () => {}
  const cancellation = {
    requested: false,
    onRequest(next: () => void) {
      handler = next
      if (cancellation.requested) handler()
    },
  }
  return {
    seen,
    progress: (percent) => void seen.push(percent),
    cancellation,
    cancel() {
      cancellation.requested = true
      handler()
    },
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error)
  }
  return 'it did not fail'
}

/** `make` gives images in an empty directory. */
export function diskImagesContract(make: () => DiskImagesBench): void {
  const made: readonly [ImageFormat, 'none' | 'metadata' | 'full'][] = [
    ['raw', 'none'],
    ['raw', 'full'],
    ['qcow2', 'none'],
    ['qcow2', 'metadata'],
    ['qcow2', 'full'],
  ]

  describe('a new image', () => {
    it.each(made)('of the format %s with preallocation %s has the size asked for, and is all there is', async (format, preallocation) => {
      const { images, directory, names } = make()
      const path = `${directory}/new`
      await images.create({ path, format, sizeBytes: 3 * MIB, preallocation }, follower())
      expect(images.info(path, format)).toEqual({ virtualSizeBytes: 3 * MIB, fixedSize: null, beginsAsQcow2: format === 'qcow2' })
      expect(names()).toEqual(['new'])
    })

    it('never takes the place of a file', async () => {
      const { images, directory, put } = make()
      put('there', new Uint8Array(), 2 * MIB)
      const image = { path: `${directory}/there`, format: 'raw', sizeBytes: MIB, preallocation: 'none' } as const
      expect(await codeOf(images.create(image, follower()))).toBe('host.EEXIST')
      expect(images.info(`${directory}/there`, 'raw').virtualSizeBytes).toBe(2 * MIB)
    })

    it('that was cancelled before it began is not there', async () => {
      const { images, directory, names } = make()
      const following = follower()
      following.cancel()
      const image = { path: `${directory}/new`, format: 'raw', sizeBytes: MIB, preallocation: 'full' } as const
      expect(await codeOf(images.create(image, following))).toBe('image.cancelled')
      expect(names()).toEqual([])
    })
  })

  describe('growing', () => {
    it.each<ImageFormat>(['raw', 'qcow2'])('makes an image of the format %s larger, never smaller', async (format) => {
      const { images, directory } = make()
      const path = `${directory}/disk`
      await images.create({ path, format, sizeBytes: 2 * MIB, preallocation: 'none' }, follower())
      await images.grow(path, format, 5 * MIB)
      expect(images.info(path, format).virtualSizeBytes).toBe(5 * MIB)
      await images.grow(path, format, 5 * MIB)
      expect(await codeOf(images.grow(path, format, 4 * MIB))).toBe('disk.grow.smaller')
      expect(images.info(path, format).virtualSizeBytes).toBe(5 * MIB)
    })

    it('refuses what is not there', async () => {
      const { images, directory } = make()
      expect(await codeOf(images.grow(`${directory}/none`, 'raw', MIB))).toBe('host.ENOENT')
    })
  })

  describe('copying', () => {
    it.each<[ImageFormat, ImageFormat]>([
      ['raw', 'raw'],
      ['raw', 'qcow2'],
      ['qcow2', 'raw'],
      ['qcow2', 'qcow2'],
    ])('from %s into %s gives an image of the same size, and tells how far it is', async (sourceFormat, format) => {
      const { images, directory, names } = make()
      const [source, path] = [`${directory}/a`, `${directory}/b`]
      await images.create({ path: source, format: sourceFormat, sizeBytes: 4 * MIB, preallocation: 'none' }, follower())
      const following = follower()
      await images.copy({ source, sourceFormat, path, format }, following)
      expect(images.info(path, format).virtualSizeBytes).toBe(4 * MIB)
      expect(names()).toEqual(['a', 'b'])
      expect([...following.seen].sort((one, other) => one - other)).toEqual([...following.seen])
    })

    it.each([
      ['what is no qcow2 image', new Uint8Array([1, 2, 3]), 'image.not-qcow2'],
      ['what needs another file', qcow2OnAnotherFile(), 'image.backing-file'],
    ])('as qcow2 refuses %s', async (_name, head, code) => {
      const { images, directory, names, put } = make()
      put('a', head, MIB)
      const copy = { source: `${directory}/a`, sourceFormat: 'qcow2', path: `${directory}/b`, format: 'raw' } as const
      expect(await codeOf(images.copy(copy, follower()))).toBe(code)
      expect(await codeOf(images.measure(copy.source, 'qcow2', follower().cancellation))).toBe(code)
      expect(names()).toEqual(['a'])
    })

    it('as raw copies whatever it is, and tells what it looks like', async () => {
      const { images, directory, put } = make()
      put('a', qcow2OnAnotherFile(), MIB)
      const path = `${directory}/b`
      await images.copy({ source: `${directory}/a`, sourceFormat: 'raw', path, format: 'raw' }, follower())
      expect(images.info(path, 'raw')).toEqual({ virtualSizeBytes: MIB, fixedSize: null, beginsAsQcow2: true })
    })

    it('never takes the place of a file', async () => {
      const { images, directory, put } = make()
      put('a', new Uint8Array(), MIB)
      put('b', new Uint8Array(), 2 * MIB)
      const copy = { source: `${directory}/a`, sourceFormat: 'raw', path: `${directory}/b`, format: 'raw' } as const
      expect(await codeOf(images.copy(copy, follower()))).toBe('host.EEXIST')
      expect(images.info(`${directory}/b`, 'raw').virtualSizeBytes).toBe(2 * MIB)
    })

    it('is measured before by what it takes at most', async () => {
      const { images, directory } = make()
      const path = `${directory}/a`
      await images.create({ path, format: 'raw', sizeBytes: 64 * MIB, preallocation: 'none' }, follower())
      const bytes = await images.measure(path, 'raw', follower().cancellation)
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThan(8 * MIB)
    })
  })

  describe('receiving', () => {
    /** Of `abc`. @source FIPS 180-2 appendix B.1 */
    const abc = new Uint8Array([97, 98, 99])
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

    const receive = (bench: DiskImagesBench, image: Partial<ReceivedImage>, head: Uint8Array, sizeBytes: number, following = follower()) =>
      bench.images.receive(
        { path: `${bench.directory}/new`, sizeBytes, sha256: null, format: null, ...image },
        (descriptor) => bench.send(descriptor, head, sizeBytes),
        following,
      )

    it('gives the file its name when all of it is there', async () => {
      const bench = make()
      expect(await receive(bench, { sha256 }, abc, 3)).toEqual({ sha256, format: 'raw' })
      expect(bench.names()).toEqual(['new'])
      expect(bench.images.info(`${bench.directory}/new`, 'raw').virtualSizeBytes).toBe(3)
    })

    it('never takes the place of a file', async () => {
      const bench = make()
      bench.put('new', new Uint8Array(), MIB)
      expect(await codeOf(receive(bench, {}, abc, 3))).toBe('host.EEXIST')
      expect(bench.images.info(`${bench.directory}/new`, 'raw').virtualSizeBytes).toBe(MIB)
    })

    it.each<[string, Partial<ReceivedImage>, Uint8Array, number, string]>([
      ['what was cut off', { sizeBytes: 4 }, abc, 3, 'upload.truncated'],
      ['what is not what was told', { sha256: sha256.replace('b', 'c') }, abc, 3, 'upload.digest'],
      ['what is no qcow2 image as one', { format: 'qcow2' }, abc, 3, 'image.not-qcow2'],
      ['what needs another file', {}, qcow2OnAnotherFile(), MIB, 'image.backing-file'],
      ['what needs another file though it is said to be raw', { format: 'raw' }, qcow2OnAnotherFile(), MIB, 'image.backing-file'],
    ])('keeps nothing of %s', async (_name, image, head, sizeBytes, code) => {
      const bench = make()
      expect(await codeOf(receive(bench, image, head, sizeBytes))).toBe(code)
      expect(bench.names()).toEqual([])
    })

    it('that is cancelled leaves nothing', async () => {
      const bench = make()
      const following = follower()
      const image = { path: `${bench.directory}/new`, sizeBytes: MIB, sha256: null, format: null }
      const received = bench.images.receive(image, () => following.cancel(), following)
      expect(await codeOf(received)).toBe('image.cancelled')
      expect(bench.names()).toEqual([])
    })
  })

  describe('removing', () => {
    it('takes a file away', async () => {
      const { images, directory, names, put } = make()
      put('a', new Uint8Array(), MIB)
      put('b', new Uint8Array(), MIB)
      await images.remove(`${directory}/a`)
      expect(names().filter((name) => !name.startsWith('.'))).toEqual(['b'])
      expect(await codeOf(images.remove(`${directory}/a`))).toBe('host.ENOENT')
    })

    it('of what was left unfinished leaves everything else', async () => {
      const { images, names, put } = make()
      for (const name of ['a', '.unfinished-1', '.other', 'unfinished-2']) put(name, new Uint8Array(), MIB)
      await images.removeUnfinished()
      expect(names()).toEqual(['.other', 'a', 'unfinished-2'])
      await images.removeUnfinished()
    })
  })
}
