// The lists of modules that are loaded before the kernel is closed to them: each name is one that the image has.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../harness/paths.ts'

const directory = 'rootfs/usr/lib/corbel'
const readList = (path: string) => readFileSync(join(repository, path), 'utf8').replaceAll(/#.*/g, '').split(/\s+/).filter(Boolean)
const lists = readdirSync(join(repository, directory)).filter((name) => /^modules/.test(name))

describe('the lists of modules for later', () => {
  it('are the four that 99-close reads', () => {
    expect(lists.sort()).toEqual(['modules', 'modules.scsi', 'modules.slots', 'modules.usb'])
  })

  it.each(lists)('%s names only modules that the quick base picks', (name) => {
    const picked = new Set(readList('image/base/debian/modules.list'))
    expect(readList(`${directory}/${name}`).filter((module) => !picked.has(module))).toEqual([])
  })
})
