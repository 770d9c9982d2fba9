// Who may have a file while a task works on it.
import { describe, expect, it } from 'vitest'
import { createFileLocks, type HeldFile } from '../../../control/src/app/file-locks.ts'

const file = (name: string, writes: boolean): HeldFile => ({ datastore: 'local', file: name, writes })

describe('a file that a task holds', () => {
  it.each([
    ['being written, is not read', true, false, 'disk.copy'],
    ['being written, is not written', true, true, 'disk.copy'],
    ['being read, is read by others', false, false, null],
    ['being read, is not written', false, true, 'disk.copy'],
  ] as const)('%s', (_name, held, wanted, expected) => {
    const locks = createFileLocks()
    locks.hold([file('a', held)], 'disk.copy')
    expect(locks.disturbs(file('a', wanted))).toBe(expected)
    expect(locks.disturbs(file('b', wanted))).toBeNull()
    expect(locks.disturbs({ ...file('a', wanted), datastore: 'other' })).toBeNull()
  })

  it('is free again for others when it is let go of, once and for all', () => {
    const locks = createFileLocks()
    const release = locks.hold([file('a', true)], 'disk.create')
    release()
    const other = locks.hold([file('a', true)], 'disk.grow')
    release()
    expect(locks.disturbs(file('a', false))).toBe('disk.grow')
    other()
  })

  it('keeps all files of a task from being held when one is not free', () => {
    const locks = createFileLocks()
    locks.hold([file('b', true)], 'disk.create')
    expect(() => locks.hold([file('a', false), file('b', true)], 'disk.copy')).toThrow('b is busy: disk.create is at work on it.')
    expect(locks.disturbs(file('a', true))).toBeNull()
  })
})
