// The files of datastores: who uses them, and that nobody loses one that is used.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { refusalOfPromise } from './refused.ts'

const BY = 'operator'
const at = (file: string) => ({ datastore: 'local', file })
const fromKernel = { boot: { from: 'kernel', kernel: at('vmlinuz'), initrd: at('initrd') } }
const fromDisk = { boot: { from: 'disk', kernel: null, initrd: null, commandLine: null } }

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

const pass = (ms = 0) => world.clock.advance(ms)
const makeVm = (name: string, spec: Record<string, unknown>) => app.vms.create(draft(name, spec), { dryRun: false, by: BY }).id
const usersOf = (file: string) => app.files.list('local').find(({ name }) => name === file)?.usedBy

describe('the list of files', () => {
  it('tells of each by whom it is used, in whatever way, now or when it is powered on', async () => {
    const disks = [{ ...at('a.qcow2'), format: 'qcow2', readOnly: true }]
    const one = makeVm('web1', { disks, cdroms: [{ medium: at('x.iso') }], ...fromKernel })
    const two = makeVm('web2', { disks })
    expect(['a.qcow2', 'b.qcow2', 'x.iso', 'vmlinuz', 'initrd'].map(usersOf)).toEqual([[one, two], [], [one], [one], [one]])
    app.power.powerOn(one, BY)
    await pass()
    app.vms.patch(one, fromDisk, () => true, { dryRun: false, by: BY })
    expect(['vmlinuz', 'initrd'].map(usersOf)).toEqual([[one], [one]])
  })

  it('is refused of a datastore that is not there', () => {
    expect(() => app.files.list('other')).toThrow('There is no datastore other.')
  })
})

describe('deleting a file', () => {
  it('that nobody uses takes it away and says so', async () => {
    await app.files.remove(at('b.qcow2'), BY)
    expect(world.datastores.contents?.has('b.qcow2')).toBe(false)
    expect(world.store.latestEvents(1)).toMatchObject([{ code: 'file.deleted', target: { kind: 'file', id: 'local/b.qcow2' } }])
    expect(await refusalOfPromise(app.files.remove(at('b.qcow2'), BY))).toMatchObject({ code: 'file.not-found' })
  })

  it.each<[string, string, Record<string, unknown>]>([
    ['disk', 'a.qcow2', { disks: [{ ...at('a.qcow2'), format: 'qcow2' }] }],
    ['medium', 'x.iso', { cdroms: [{ medium: at('x.iso') }], ...fromKernel }],
    ['initrd', 'initrd', fromKernel],
  ])('that is the %s of a VM is refused, on or off, and names the VM', async (_what, file, spec) => {
    const id = makeVm('web1', spec)
    const expected = { code: 'file.in-use', problems: [{ code: 'file.in-use', message: 'is used by the VM web1', got: file }] }
    expect(await refusalOfPromise(app.files.remove(at(file), BY))).toMatchObject(expected)
    app.power.powerOn(id, BY)
    await pass()
    expect(await refusalOfPromise(app.files.remove(at(file), BY))).toMatchObject(expected)
    expect(world.datastores.contents?.has(file)).toBe(true)
  })

  it('that a running VM was started with is refused, whatever is wanted of the VM by now', async () => {
    const id = makeVm('web1', fromKernel)
    app.power.powerOn(id, BY)
    await pass()
    app.vms.patch(id, fromDisk, () => true, { dryRun: false, by: BY })
    expect(await refusalOfPromise(app.files.remove(at('initrd'), BY))).toMatchObject({ code: 'file.in-use' })
    app.power.powerOff(id, BY)
    await pass()
    await app.files.remove(at('initrd'), BY)
  })

  it('that a suspended VM comes back to is refused', async () => {
    const id = makeVm('web1', { disks: [{ ...at('a.qcow2'), format: 'qcow2' }] })
    app.power.powerOn(id, BY)
    await pass()
    app.power.suspend(id, BY)
    await pass()
    app.vms.patch(id, { disks: [] }, () => true, { dryRun: false, by: BY })
    expect(await refusalOfPromise(app.files.remove(at('a.qcow2'), BY))).toMatchObject({ code: 'file.in-use' })
  })

  it('that a task is working on is refused', async () => {
    world.diskImages.gate = new Promise(() => {})
    app.disks.copy(at('a.qcow2'), { to: 'd' }, BY)
    expect(await refusalOfPromise(app.files.remove(at('a.qcow2'), BY))).toMatchObject({ code: 'file.busy' })
  })

  it.each([
    ['of another datastore', { datastore: 'other', file: 'a.qcow2' }, 'datastore.not-found'],
    ['that is nobody’s to see', at('.vm'), 'file.not-found'],
  ])('%s is refused', async (_name, file, code) => {
    expect(await refusalOfPromise(app.files.remove(file, BY))).toMatchObject({ code })
  })
})
