// The watch over the mirrors: what it tells, when, and what the console shows.
import { describe, expect, it } from 'vitest'
import type { BootEnvironment, SlotVersions } from '../../../control/src/domain/boot-slot.ts'
import type { Mirror, MirrorCopy } from '../../../control/src/domain/mirror.ts'
import { installedSlots } from '../../fakes/boot-slots.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { blankInstallDisk } from '../../fakes/installer.ts'
import { World } from '../../fakes/world.ts'

const copy = (device: string, state: MirrorCopy['state'] = 'in-sync'): MirrorCopy => ({ device: `/dev/${device}`, state })
const whole: Mirror = { holds: 'state', device: '/dev/md0', copies: [copy('vda5'), copy('vdb5')], missing: 0, copiedPercent: null }
const alone: Mirror = { ...whole, copies: [copy('vda5')], missing: 1 }
const failed: Mirror = { ...whole, copies: [copy('vda5'), copy('vdb5', 'failed')] }
const copying: Mirror = { ...whole, copies: [copy('vda5'), copy('vdb5', 'copying')], copiedPercent: 34 }

async function watched(mirror: Mirror) {
  const world = new World()
  world.mirrors.all = [mirror]
  const app = await world.boot()
  app.mirrors.run()
  const told = () => app.events.latest().flatMap(({ code, severity }) => (code.startsWith('mirror.') ? [`${severity} ${code}`] : []))
  const see = async (next: Mirror) => {
    world.mirrors.all = [next]
    await world.clock.advance(16_000)
  }
  return { app, told, see }
}

describe('the mirrors', () => {
  it('are not spoken of while they are whole', async () => {
    const { app, told, see } = await watched(whole)
    await see(whole)
    expect(told()).toEqual([])
    expect(app.consoleStatus().health.filter(({ message }) => /state is/.test(message))).toEqual([])
  })

  it('are told of once when a copy is lost, when it is made again, and when there are two once more', async () => {
    const { told, see } = await watched(whole)
    await see(failed)
    await see(failed)
    expect(told()).toEqual(['error mirror.degraded'])
    await see(copying)
    await see({ ...copying, copiedPercent: 80 })
    await see(whole)
    expect([...told()].sort()).toEqual(['error mirror.degraded', 'info mirror.copying', 'info mirror.whole'])
  })

  it('that lack a disk at the start say so, in the events and on the console', async () => {
    const { app, told } = await watched(alone)
    expect(told()).toEqual(['error mirror.degraded'])
    expect(app.consoleStatus().health).toContainEqual({ severity: 'error', message: 'The state is on /dev/vda5 alone: a disk is missing.' })
  })

  it('show how far a copy is', async () => {
    const { app } = await watched(copying)
    expect(app.consoleStatus().health).toContainEqual({ severity: 'warning', message: 'The state is being copied to /dev/vdb5, 34 %.' })
  })
})

const GOOD = { mark: 'good', tries: 3 } as const
const BOTH_GOOD: BootEnvironment = { order: ['a', 'b'], slots: { a: GOOD, b: GOOD }, once: null }

describe('the slots of the disks', () => {
  async function installed(theirs: SlotVersions) {
    const world = new World()
    world.mirrors.all = [alone]
    world.bootSlots.seen = installedSlots({
      environment: BOTH_GOOD,
      versions: { a: '0.2.0', b: '0.1.0' },
      others: [{ disk: '/dev/vdb', versions: theirs }],
    })
    const app = await world.boot()
    app.mirrors.run()
    void app.systemSlots.start()
    await world.clock.advance(20_000)
    const copied = () => world.bootSlots.done.filter((what) => what.startsWith('copy'))
    const told = () =>
      app.events.latest().flatMap(({ code, message }) => (/mirror\.(slots|older)/.test(code) ? [`${code}: ${message}`] : []))
    const becomeWhole = () => {
      world.mirrors.all = [whole]
      return world.clock.advance(40_000)
    }
    return { world, app, copied, told, becomeWhole }
  }

  it('are made alike once a disk that was away is whole again, with the boot environment, and it is told', async () => {
    const { world, copied, told, becomeWhole } = await installed({ a: '0.1.0', b: null })
    expect(copied()).toEqual([])
    await becomeWhole()
    expect(copied()).toEqual(['copy a from /dev/vda to /dev/vdb', 'copy b from /dev/vda to /dev/vdb'])
    expect(world.bootSlots.done.at(-1)).toMatch(/^environment/)
    expect(told()).toEqual([expect.stringMatching(/^mirror\.slots-copied: .*Slot A of \/dev\/vdb with Corbel 0\.2\.0, Slot B/)])
  })

  it('that have decayed are written anew from the disk that has them whole', async () => {
    const { world, app, copied, told, becomeWhole } = await installed({ a: '0.2.0', b: '0.1.0' })
    await becomeWhole()
    world.bootSlots.damage.set('b of /dev/vda', ['corbel/root.img']).set('a of /dev/vdb', ['boot/initrd'])
    await app.systemSlots.check('anna')
    await world.clock.advance(40_000)
    expect(copied()).toEqual(['copy a from /dev/vda to /dev/vdb', 'copy b from /dev/vdb to /dev/vda'])
    expect(told()).toEqual([expect.stringMatching(/^mirror\.slots-copied: /)])
    expect((await app.systemSlots.view()).items).toMatchObject([{ damaged: [] }, { damaged: [] }])
  })

  it('are left alone where they are alike', async () => {
    const { copied, told, becomeWhole } = await installed({ a: '0.2.0', b: '0.1.0' })
    await becomeWhole()
    expect([copied(), told()]).toEqual([[], []])
  })

  it('are left alone where the disk that was booted is the older one, which is told once', async () => {
    const { copied, told, becomeWhole } = await installed({ a: '0.2.0', b: '0.3.0' })
    await becomeWhole()
    expect(copied()).toEqual([])
    expect(told()).toEqual([
      expect.stringMatching(/^mirror\.older-system: .*\/dev\/vda, which was away.*Slot B of \/dev\/vdb with Corbel 0\.3\.0/),
    ])
  })

  it('that cannot be written are told of once', async () => {
    const { world, told, becomeWhole } = await installed({ a: '0.1.0', b: null })
    world.bootSlots.failure = new FakeFailure('install.copy.differs', 'What was read back differs.')
    await becomeWhole()
    expect(told()).toEqual([expect.stringMatching(/^mirror\.slots-differ: .*What was read back differs/)])
  })
})

describe('a disk for one that was lost', () => {
  async function degraded() {
    const world = new World()
    world.mirrors.all = [alone, { ...alone, holds: 'datastore', device: '/dev/md1', copies: [copy('vda6')] }]
    world.installer.disks = [blankInstallDisk('vda', { holds: 'corbel', installed: true, datastore: true }), blankInstallDisk('vdc')]
    return { world, app: await world.boot() }
  }
  const request = { target: {}, wipe: 'if-blank' } as const

  it('is shown what would become of it, and nothing is done', async () => {
    const { world, app } = await degraded()
    expect(await app.mirrors.preview(request)).toEqual({ device: '/dev/vdc', from: '/dev/vda', contents: 'nothing' })
    expect((await app.mirrors.disks()).map(({ device, unusable }) => [device, unusable])).toEqual([
      ['/dev/vda', null],
      ['/dev/vdc', null],
    ])
    expect(world.installer.mirrorJobs).toEqual([])
  })

  it('is made bootable as a task, with the boot environment on it, and told of', async () => {
    const { world, app } = await degraded()
    const task = await app.mirrors.addDisk(request, 'administrator')
    await world.clock.advance(0)
    expect(app.tasks.get(task.id)).toMatchObject({ kind: 'host.mirror', state: 'succeeded' })
    expect(world.installer.mirrorJobs).toMatchObject([{ disk: { device: '/dev/vdc' }, from: '/dev/vda' }])
    expect(app.events.latest().map(({ code }) => code)).toContain('mirror.disk-added')
  })

  it('is one at a time, and can be asked for again after it failed', async () => {
    const { world, app } = await degraded()
    world.installer.underWay = () => new Promise(() => {})
    await app.mirrors.addDisk(request, 'administrator')
    await expect(app.mirrors.addDisk(request, 'administrator')).rejects.toMatchObject({ code: 'mirror.busy' })
    const again = await degraded()
    again.world.installer.failure = new FakeFailure('mirror.disk.too-small', 'It is too small.')
    const task = await again.app.mirrors.addDisk(request, 'administrator')
    await again.world.clock.advance(0)
    expect(again.app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'mirror.disk.too-small' } })
    again.world.installer.failure = null
    await again.app.mirrors.addDisk(request, 'administrator')
    expect(again.world.installer.mirrorJobs).toHaveLength(2)
  })
})
