// Entries of sysfs about caches.
import { describe, expect, it } from 'vitest'
import { type CacheEntryTexts, parseCacheEntry } from '../../../control/src/codec/cache-entry.ts'

const entry = (level: string, type: string, size: string, sharedCpuList: string): CacheEntryTexts => ({ level, type, size, sharedCpuList })
const L1D = entry('1\n', 'Data\n', '48K\n', '0,64\n')

describe('a cache', () => {
  it.each<[string, CacheEntryTexts, unknown]>([
    ['first level for data, of two threads', L1D, { level: 1, kind: 'data', sizeKiB: 48, cpus: [0, 64] }],
    ['first level for instructions', { ...L1D, type: 'Instruction\n' }, { level: 1, kind: 'instruction', sizeKiB: 48, cpus: [0, 64] }],
    ['last level of a die', entry('3', 'Unified', '32768K', '0-7,64-71'), expect.objectContaining({ level: 3, sizeKiB: 32_768 })],
    ['second level of four efficient cores', entry('2', 'Unified', '4096K', '16-19'), expect.objectContaining({ cpus: [16, 17, 18, 19] })],
    ['a size in MiB', { ...L1D, size: '2M' }, expect.objectContaining({ sizeKiB: 2048 })],
  ])('is read: %s', (_name, texts, cache) => {
    expect(parseCacheEntry(texts)).toEqual(cache)
  })

  it.each<[string, Partial<CacheEntryTexts>]>([
    ['no level', { level: null }],
    ['a level of 0', { level: '0' }],
    ['a level out of range', { level: '77' }],
    ['no type', { type: null }],
    ['another type', { type: 'Trace' }],
    ['a type that is a name of objects', { type: 'constructor' }],
    ['no size', { size: null }],
    ['an empty size', { size: '\n' }],
    ['a size of 0', { size: '0K' }],
    ['a size without unit', { size: '48' }],
    ['a negative size', { size: '-1K' }],
    ['nobody to share it', { sharedCpuList: '\n' }],
    ['no list of CPUs', { sharedCpuList: null }],
    ['a list that is none', { sharedCpuList: 'ff' }],
  ])('is left out: %s', (_name, change) => {
    expect(parseCacheEntry({ ...L1D, ...change })).toBeNull()
  })
})
