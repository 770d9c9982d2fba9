// What every implementation of datastores promises.
import { describe, expect, it } from 'vitest'
import type { Datastores } from '../../control/src/ports/host.ts'

/** `make` gives datastores of which `local` holds exactly these plain files, of one byte each. */
export function datastoresContract(make: (...files: string[]) => Datastores): void {
  describe('datastores', () => {
    it('list the files of one that is there', () => {
      const datastores = make('a.raw', 'b.iso')
      const files = datastores.files('local') ?? []
      expect(files.map(({ name }) => name).sort()).toEqual(['a.raw', 'b.iso'])
      for (const { sizeBytes, allocatedBytes, modifiedAt } of files) {
        expect(sizeBytes).toBeGreaterThan(0)
        expect(allocatedBytes).toBeGreaterThan(0)
        expect(modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      }
    })

    it('tell their space', () => {
      const [local] = make().list()
      expect(local?.name).toBe('local')
      expect(local?.totalBytes).toBeGreaterThanOrEqual(local?.availableBytes ?? Number.POSITIVE_INFINITY)
    })

    it('give the absolute path of a file that is there', () => {
      expect(make('a.raw').resolve('local', 'a.raw')).toMatch(/^\/.*\/a\.raw$/)
    })

    it.each([
      ['another file', 'local', 'z.raw'],
      ['another datastore', 'other', 'a.raw'],
      ['the directory itself', 'local', '.'],
      ['its parent', 'local', '..'],
      ['a path out of it', 'local', '../local/a.raw'],
      ['nothing', 'local', ''],
    ])('know nothing of %s', (_what, datastore, file) => {
      expect(make('a.raw').resolve(datastore, file)).toBeNull()
    })

    it('keep names that begin with a dot to themselves', () => {
      const datastores = make('a.raw', '.unfinished-1')
      expect(datastores.files('local')?.map(({ name }) => name)).toEqual(['a.raw'])
      expect(datastores.resolve('local', '.unfinished-1')).toBeNull()
    })

    it('tell where a file is to be that is not there yet', () => {
      const datastores = make('a.raw')
      expect(datastores.place('local', 'a.raw')).toBe(datastores.resolve('local', 'a.raw'))
      expect(datastores.place('local', 'new.raw')).toMatch(/^\/.*\/new\.raw$/)
      const none = ['', '.', '..', '.new', '../new.raw'].map((name) => datastores.place('local', name))
      expect([...none, datastores.place('other', 'new.raw')]).toEqual([null, null, null, null, null, null])
    })

    it('have no files where there is no such datastore', () => {
      expect(make().files('other')).toBeNull()
    })
  })
}
