// Which disk takes the place of one that a mirror has lost.
import { describe, expect, it } from 'vitest'
import type { InstallDisk } from '../../../control/src/domain/install.ts'
import type { Mirror, MirrorCopy } from '../../../control/src/domain/mirror.ts'
import { planMirrorDisk } from '../../../control/src/plan/mirror-disk.ts'
import { blankInstallDisk } from '../../fakes/installer.ts'

const copy = (device: string, state: MirrorCopy['state'] = 'in-sync'): MirrorCopy => ({ device: `/dev/${device}`, state })
const state = (...copies: readonly MirrorCopy[]): Mirror => ({
  ...{ holds: 'state', device: '/dev/md0', copies, missing: Math.max(0, 2 - copies.length), copiedPercent: null },
})
const datastore = (...copies: readonly MirrorCopy[]): Mirror => ({ ...state(...copies), holds: 'datastore', device: '/dev/md1' })

const corbel: Partial<InstallDisk> = { holds: 'corbel', contents: 'Corbel 0.1.0 (slot a)', installed: true, datastore: true }
const old = blankInstallDisk('sda', corbel)
const fresh = blankInstallDisk('sdaa')
const lost = [state(copy('sda5')), datastore(copy('sda6'))]
const plan = (mirrors: readonly Mirror[], disks: readonly InstallDisk[], more: object = {}) =>
  planMirrorDisk(mirrors, disks, { target: {}, wipe: 'if-blank', ...more })

describe('a disk for one that was lost', () => {
  it('is the one that is free, and gets everything from the one that has it', () => {
    const job = {
      ...{ disk: { device: '/dev/sdaa', sizeBytes: fresh.sizeBytes }, from: '/dev/sda' },
      arrays: [
        { device: '/dev/md0', holds: 'state' },
        { device: '/dev/md1', holds: 'datastore' },
      ],
    }
    expect(plan(lost, [old, fresh])).toEqual({ disk: fresh, job })
    const failed = [state(copy('sda5'), copy('sdb5', 'failed')), datastore(copy('sda6'), copy('sdb6', 'failed'))]
    expect(plan(failed, [old, fresh])).toEqual({ disk: fresh, job })
  })

  it('can be the one that failed, where its content may be lost', () => {
    const failed = [state(copy('sda5'), copy('sdb5', 'failed')), datastore(copy('sda6'), copy('sdb6', 'failed'))]
    const disks = [old, blankInstallDisk('sdb', corbel)]
    expect(plan(failed, disks)).toMatchObject({ problem: { code: 'install.disk.holds-datastore', field: 'wipe' } })
    expect(plan(failed, disks, { wipe: 'everything' })).toMatchObject({ job: { disk: { device: '/dev/sdb' } } })
  })

  it('can be one that was cut off becoming a mirror, though a copy of it is in the arrays', () => {
    const half = [state(copy('sda5'), copy('sdb5')), datastore(copy('sda6'))]
    const disks = [old, blankInstallDisk('sdb', { holds: 'unfinished' })]
    expect(plan(half, disks)).toMatchObject({ job: { disk: { device: '/dev/sdb' }, from: '/dev/sda' } })
  })

  it('is never one that is used, whatever is said', () => {
    const asked = { target: { path: '/dev/sda' }, wipe: 'everything' }
    expect(plan(lost, [old, fresh], asked)).toMatchObject({ problem: { code: 'install.target.no-such-disk', field: 'target.path' } })
    const half = [state(copy('sda5')), datastore(copy('sda6'), copy('sdb6'))]
    expect(plan(half, [old, blankInstallDisk('sdb', corbel)], { wipe: 'everything' })).toMatchObject({
      problem: { code: 'install.target.no-such-disk' },
    })
  })

  it.each([
    ['where there is no mirror', [], [old], 'mirror.none'],
    ['where nothing is lost', [state(copy('sda5'), copy('sdb5')), datastore(copy('sda6'), copy('sdb6'))], [old, fresh], 'mirror.whole'],
    ['while a copy is being made', [state(copy('sda5'), copy('sdb5', 'copying')), datastore(copy('sda6'))], [old, fresh], 'mirror.copying'],
    ['where no disk has both', [state(copy('sda5')), datastore(copy('sdb6'))], [old, fresh], 'mirror.no-source'],
  ] as const)('is not taken %s', (_, mirrors, disks, code) => {
    expect(plan(mirrors, disks)).toMatchObject({ conflict: { code } })
  })
})
