// Disk images: what is made, grown and copied when, what is refused, and what is left when it goes wrong.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { ROOM_KEPT_BYTES } from '../../../control/src/plan/disk-space.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf, refusalOf } from './refused.ts'

const BY = 'operator'
const MIB = 1_048_576
const at = (file: string) => ({ datastore: 'local', file })
const disk = (file: string, rest: object = {}) => ({ ...at(file), format: 'qcow2', ...rest })
const fromKernel = { boot: { from: 'kernel', kernel: at('vmlinuz') } }
const pathOf = (file: string) => `/datastores/local/${file}`
const newDisk = (file: string, rest: object = {}) =>
  ({ file, format: 'qcow2', sizeBytes: 8 * MIB, preallocation: 'none', ...rest }) as const

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  world.diskImages.known.set(pathOf('a.qcow2'), { format: 'qcow2', virtualSizeBytes: 4 * MIB })
  app = await world.boot()
})

const pass = (ms = 0) => world.clock.advance(ms)
const names = () => [...(world.datastores.contents?.keys() ?? [])]
const lastEvent = () => world.store.latestEvents(1)[0]
const makeVm = (name: string, spec: object) => app.vms.create(draft(name, spec as Record<string, unknown>), { dryRun: false, by: BY }).id

async function running(name: string, spec: object): Promise<string> {
  const id = makeVm(name, spec)
  app.power.powerOn(id, BY)
  await pass()
  return id
}

/** Work on images waits until the returned function is called. */
function hold(): () => void {
  let open = () => {}
  world.diskImages.gate = new Promise((resolve) => {
    open = resolve
  })
  return open
}

describe('creating', () => {
  it('is a task of the new file, and an event once it is there', async () => {
    const task = app.disks.create('local', newDisk('new.qcow2'), BY)
    expect(task).toMatchObject({
      kind: 'disk.create',
      target: { kind: 'file', id: 'local/new.qcow2' },
      cancellable: true,
      state: 'running',
    })
    await pass()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'succeeded', progressPercent: 100 })
    expect(world.diskImages.info(pathOf('new.qcow2'), 'qcow2').virtualSizeBytes).toBe(8 * MIB)
    expect(lastEvent()).toMatchObject({ code: 'disk.created', target: { kind: 'file', id: 'local/new.qcow2' } })
  })

  it.each<[string, () => unknown, string]>([
    ['where there is no datastore', () => app.disks.create('other', newDisk('x'), BY), 'datastore.not-found'],
    ['over a file', () => app.disks.create('local', newDisk('b.qcow2'), BY), 'file.exists'],
    [
      'what does not fit',
      () => app.disks.create('local', newDisk('x', { sizeBytes: 2 ** 42, preallocation: 'full' }), BY),
      'datastore.full',
    ],
  ])('is refused %s', (_name, act, code) => {
    expect(codeOf(act)).toBe(code)
    expect(world.store.listTasks(9)).toEqual([])
  })

  it('is refused with figures where there is no room', () => {
    world.datastores.availableBytes = 100 * MIB
    const refusal = refusalOf(() =>
      app.disks.create('local', newDisk('x', { format: 'raw', sizeBytes: 50 * MIB, preallocation: 'full' }), BY),
    )
    expect(refusal).toMatchObject({ kind: 'insufficient-storage', problems: [{ got: 50 * MIB, max: 100 * MIB - ROOM_KEPT_BYTES }] })
  })

  it('shows how far it is, and leaves nothing when cancelled', async () => {
    hold()
    const { id } = app.disks.create('local', newDisk('new'), BY)
    await pass()
    expect(app.tasks.get(id)).toMatchObject({ progressPercent: 50, cancellable: true })
    expect(names().some((name) => name.startsWith('.unfinished-'))).toBe(true)
    app.tasks.cancel(id)
    await pass()
    expect(app.tasks.get(id)).toMatchObject({ state: 'cancelled', cancellable: false, error: null })
    expect(names()).toEqual(['a.qcow2', 'b.qcow2', 'c.raw', 'x.iso', 'vmlinuz', 'initrd'])
    world.diskImages.gate = Promise.resolve()
    app.disks.create('local', newDisk('new'), BY)
  })

  it('that fails leaves nothing, and the task tells why', async () => {
    world.diskImages.failNext = new FakeFailure('datastore.full', 'No space left on device')
    const { id } = app.disks.create('local', newDisk('new'), BY)
    await pass()
    expect(app.tasks.get(id)).toMatchObject({ state: 'failed', error: { code: 'datastore.full', message: 'No space left on device' } })
    expect(names().filter((name) => /new|unfinished/.test(name))).toEqual([])
  })

  it('whose success cannot be written is taken back', async () => {
    const open = hold()
    app.disks.create('local', newDisk('new'), BY)
    await pass()
    world.store.writesLeft = 0
    open()
    await pass()
    expect(names()).not.toContain('new')
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await pass(10_000)
    expect(world.store.listRunningTasks()).toEqual([])
  })

  it('that a restart of controld cuts off is ended, and what it left is removed', async () => {
    hold()
    const { id } = app.disks.create('local', newDisk('new'), BY)
    await pass()
    app = await world.boot()
    await pass()
    expect(app.tasks.get(id)).toMatchObject({ state: 'failed', error: { code: 'task.interrupted' } })
    expect(names().filter((name) => /new|unfinished/.test(name))).toEqual([])
  })

  it('keeps VMs from being started with what is not whole yet', async () => {
    const id = makeVm('web1', { disks: [disk('new')] })
    const open = hold()
    app.disks.create('local', newDisk('new'), BY)
    await pass()
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('file.busy')
    expect(codeOf(() => app.disks.create('local', newDisk('new'), BY))).toBe('file.busy')
    open()
    await pass()
    app.power.powerOn(id, BY)
  })
})

describe('growing', () => {
  it('of a disk whose VM is off is done in its file', async () => {
    makeVm('web1', { disks: [disk('a.qcow2')] })
    const task = app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY)
    expect(task).toMatchObject({ kind: 'disk.grow', cancellable: false })
    await pass()
    expect(app.tasks.get(task.id).state).toBe('succeeded')
    expect(world.diskImages.info(pathOf('a.qcow2'), 'qcow2').virtualSizeBytes).toBe(9 * MIB)
    expect(lastEvent()).toMatchObject({ code: 'disk.grown' })
  })

  it('of a disk whose VM runs is done by its process, in the slot that it has there', async () => {
    const id = await running('web1', { disks: [disk('b.qcow2', { slot: 2 }), disk('a.qcow2', { slot: 5 })] })
    const { id: task } = app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY)
    await pass()
    expect(app.tasks.get(task).state).toBe('succeeded')
    expect([...world.vmHost.machine(id).sizes]).toEqual([['disk5', 9 * MIB]])
    expect(world.diskImages.info(pathOf('a.qcow2'), 'qcow2').virtualSizeBytes).toBe(4 * MIB)
    const smaller = app.disks.grow(at('a.qcow2'), { sizeBytes: 8 * MIB }, BY).id
    await pass()
    expect(app.tasks.get(smaller)).toMatchObject({ state: 'failed', error: { code: 'disk.grow.smaller' } })
  })

  it('of a disk that a running VM will only have when it is powered on again is done in its file', async () => {
    const id = await running('web1', fromKernel)
    app.vms.patch(id, { disks: [disk('a.qcow2', { bus: 'sata' })] }, () => true, { dryRun: false, by: BY })
    app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY)
    await pass()
    expect(world.diskImages.info(pathOf('a.qcow2'), 'qcow2').virtualSizeBytes).toBe(9 * MIB)
  })

  it.each<[string, () => unknown, string]>([
    ['what is not there', () => app.disks.grow(at('z'), { sizeBytes: 9 * MIB }, BY), 'file.not-found'],
    ['what nobody can see', () => app.disks.grow(at('.unfinished-1'), { sizeBytes: 9 * MIB }, BY), 'file.not-found'],
    ['to less than it has', () => app.disks.grow(at('a.qcow2'), { sizeBytes: 2 * MIB }, BY), 'disk.grow.smaller'],
    ['what is no image of that format', () => app.disks.grow(at('c.raw'), { sizeBytes: 9 * MIB, format: 'qcow2' }, BY), 'image.not-qcow2'],
  ])('is refused of %s', (_name, act, code) => {
    expect(codeOf(act)).toBe(code)
  })

  it('is refused where snapshots keep the size', () => {
    world.diskImages.known.set(pathOf('a.qcow2'), { format: 'qcow2', virtualSizeBytes: 4 * MIB, fixedSize: 'disk.grow.snapshots' })
    expect(codeOf(() => app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY))).toBe('disk.grow.snapshots')
  })

  it('is refused while a VM is starting with it, suspended with it, or does not answer', async () => {
    const id = makeVm('web1', { disks: [disk('a.qcow2')] })
    const grow = () => app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY)
    app.power.powerOn(id, BY)
    expect(codeOf(grow)).toBe('vm.busy')
    await pass()
    app.power.suspend(id, BY)
    await pass()
    expect(codeOf(grow)).toBe('file.in-use')
    app.power.resume(id, BY)
    await pass()
    world.vmHost.machine(id).answering = false
    app = await world.boot()
    expect(codeOf(grow)).toBe('vm.power.wrong-state')
  })

  it('is refused of what several running VMs only read', async () => {
    await running('web1', { disks: [disk('a.qcow2', { readOnly: true })] })
    await running('web2', { disks: [disk('a.qcow2', { readOnly: true })] })
    const refusal = refusalOf(() => app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY))
    expect([refusal.code, refusal.message]).toEqual(['file.in-use', 'a.qcow2 is used by web1, web2.'])
  })

  it('keeps the VM from being started meanwhile', async () => {
    const id = makeVm('web1', { disks: [disk('a.qcow2')] })
    hold()
    app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY)
    expect(refusalOf(() => app.power.powerOn(id, BY))).toMatchObject({ code: 'file.busy', problems: [{ field: 'disks[0].file' }] })
  })
})

describe('the format of a file', () => {
  const grow = (file: string, format?: 'raw' | 'qcow2') => () =>
    app.disks.grow(at(file), { sizeBytes: 9 * MIB, ...(format === undefined ? {} : { format }) }, BY)

  it('is what its VM has it as, and nothing else', () => {
    makeVm('web1', { disks: [disk('a.qcow2')] })
    expect(refusalOf(grow('a.qcow2', 'raw'))).toMatchObject({ code: 'disk.format.differs', message: 'web1 has a.qcow2 as qcow2.' })
    grow('a.qcow2')()
  })

  it('is raw without being said where it begins as no qcow2 image does', async () => {
    grow('c.raw')()
    await pass()
    expect(world.datastores.contents?.get('c.raw')).toBe(9 * MIB)
  })

  it('is qcow2 without being said where name and beginning agree', async () => {
    grow('a.qcow2')()
    await pass()
    expect(world.diskImages.info(pathOf('a.qcow2'), 'qcow2').virtualSizeBytes).toBe(9 * MIB)
  })

  it('must be said of what only begins as a qcow2 image does: a guest may have written that', () => {
    world.diskImages.known.set(pathOf('c.raw'), { format: 'qcow2', virtualSizeBytes: 4 * MIB })
    const field = (name: string) => ({
      kind: 'invalid',
      problems: [{ code: 'disk.format.unknown', field: name, allowed: ['raw', 'qcow2'] }],
    })
    expect(refusalOf(grow('c.raw'))).toMatchObject(field('format'))
    expect(refusalOf(() => app.disks.copy(at('c.raw'), { to: 'd' }, BY))).toMatchObject(field('sourceFormat'))
    grow('c.raw', 'raw')()
  })
})

describe('copying', () => {
  it('makes an image of the same format unless another is asked for', async () => {
    const task = app.disks.copy(at('a.qcow2'), { to: 'd.qcow2' }, BY)
    expect(task).toMatchObject({ kind: 'disk.copy', target: { kind: 'file', id: 'local/d.qcow2' }, cancellable: true })
    app.disks.copy(at('a.qcow2'), { to: 'd.raw', format: 'raw' }, BY)
    await pass()
    expect(world.diskImages.info(pathOf('d.qcow2'), 'qcow2').virtualSizeBytes).toBe(4 * MIB)
    expect(world.diskImages.info(pathOf('d.raw'), 'raw')).toMatchObject({ virtualSizeBytes: 4 * MIB, beginsAsQcow2: false })
    expect(lastEvent()).toMatchObject({ code: 'disk.copied' })
  })

  it.each<[string, () => unknown, string]>([
    ['what is not there', () => app.disks.copy(at('z'), { to: 'd' }, BY), 'file.not-found'],
    ['onto itself', () => app.disks.copy(at('a.qcow2'), { to: 'a.qcow2' }, BY), 'file.exists'],
    ['over a file', () => app.disks.copy(at('a.qcow2'), { to: 'c.raw' }, BY), 'file.exists'],
  ])('is refused of %s', (_name, act, code) => {
    expect(codeOf(act)).toBe(code)
  })

  it('is refused of what needs another file, before anything is begun', () => {
    world.diskImages.known.set(pathOf('a.qcow2'), { format: 'qcow2', virtualSizeBytes: MIB, refused: 'image.backing-file' })
    expect(refusalOf(() => app.disks.copy(at('a.qcow2'), { to: 'd' }, BY))).toMatchObject({ kind: 'conflict', code: 'image.backing-file' })
  })

  it('is refused while a running VM writes it, and not while VMs only read it, or are off or suspended', async () => {
    const id = await running('web1', { disks: [disk('a.qcow2')], cdroms: [{ medium: at('x.iso') }] })
    expect(codeOf(() => app.disks.copy(at('a.qcow2'), { to: 'd' }, BY))).toBe('file.in-use')
    app.disks.copy(at('x.iso'), { to: 'y.iso' }, BY)
    app.power.suspend(id, BY)
    await pass()
    app.disks.copy(at('a.qcow2'), { to: 'd' }, BY)
    await pass()
    expect(names()).toEqual(expect.arrayContaining(['d', 'y.iso']))
  })

  it('ends before it writes anything when what is in the image does not fit', async () => {
    world.datastores.availableBytes = ROOM_KEPT_BYTES + 100
    const { id } = app.disks.copy(at('a.qcow2'), { to: 'd' }, BY)
    await pass()
    expect(app.tasks.get(id)).toMatchObject({ state: 'failed', error: { code: 'datastore.full', max: 100 } })
    expect(names()).not.toContain('d')
  })

  it('keeps the original from being written or removed meanwhile, not from being read', async () => {
    const writer = makeVm('web1', { disks: [disk('a.qcow2')] })
    const reader = makeVm('web2', { cdroms: [{ medium: at('x.iso') }], ...fromKernel })
    hold()
    app.disks.copy(at('a.qcow2'), { to: 'd' }, BY)
    app.disks.copy(at('a.qcow2'), { to: 'e' }, BY)
    app.disks.copy(at('x.iso'), { to: 'y.iso' }, BY)
    await pass()
    expect(codeOf(() => app.power.powerOn(writer, BY))).toBe('file.busy')
    expect(codeOf(() => app.disks.grow(at('a.qcow2'), { sizeBytes: 9 * MIB }, BY))).toBe('file.busy')
    app.power.powerOn(reader, BY)
  })
})
