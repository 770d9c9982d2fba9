// Changes of VMs: what is in force and what waits, only what is named, and nobody's change lost.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { TestHost } from './cli/host.ts'
import { corbel, type Ran, scratch } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const created = async (...argv: string[]): Promise<Vm> => JSON.parse((await on('vm', 'create', ...argv, '--json')).output) as Vm
const vm = async (id: string): Promise<Vm> => (await host.client.call({ path: `/v1/vms/${id}` })).body as Vm

describe('vm set', () => {
  it('says of each field whether it is in force or waits', async () => {
    const { id } = await created('web1', '--max-vcpus', '4', '--cdrom', 'local/x.iso', '--disk', 'local/a.qcow2')
    await on('vm', 'power-on', 'web1')
    const set = [
      '--vcpus',
      '3',
      '--memory-mib',
      '1024',
      '--description',
      'front end',
      '--add-disk',
      'local/b.qcow2',
      '--set',
      'cdrom0.medium=null',
    ]
    expect(await on('vm', 'set', 'web1', ...set, '--dry-run')).toMatchObject({
      exit: 0,
      output: expect.stringMatching(/^web1: could be changed; nothing was done\n/),
    })
    expect((await vm(id)).revision).toBe(1)
    expect(await on('vm', 'set', 'web1', ...set)).toEqual({
      exit: 0,
      output: `web1: changed, revision 2
FIELD          VALUE                                                     COUNTS
description    front end                                                 in force
vcpus          3                                                         in force
memoryMiB      1024                                                      at the next power-on
disk1          local/b.qcow2,format=qcow2,readOnly=false,bus=virtio-blk  in force
cdrom0.medium  -                                                         in force
`,
      errors: '',
    })
    expect((await on('vm', 'list')).output).toContain('memoryMiB')
    expect((await on('vm', 'show', 'web1')).output).toMatch(/^Memory +1024 MiB {2}\(at the next power-on\)$/m)
    expect((await on('vm', 'set', 'web1', ...set.slice(0, 4))).output).toBe('web1: is so already, revision 2\n')
    expect((await on('vm', 'set', 'web1', '--remove-disk', 'disk1')).output).toBe(
      'web1: changed, revision 3\nFIELD  VALUE    COUNTS\ndisk1  removed  in force\n',
    )
  })

  it('of a VM that is off says what waits for power', async () => {
    await created('web1')
    expect((await on('vm', 'set', 'web1', '--vcpus', '2', '--set', 'autostart.enabled=true')).output).toBe(`web1: changed, revision 2
FIELD              VALUE  COUNTS
vcpus              2      when powered on
autostart.enabled  true   in force
`)
  })

  it('changes only what is named', async () => {
    const before = await created(
      'web1',
      '--disk',
      'local/a.qcow2',
      '--disk',
      'local/b.qcow2',
      '--nic',
      'nat',
      '--smbios',
      'serial=A1,sku=B2',
    )
    await on('vm', 'set', 'web1', '--set', 'disk1.readOnly=true', '--set', 'smbios.sku=null')
    const { spec } = await vm(before.id)
    expect(spec).toEqual({
      ...before.spec,
      disks: [before.spec.disks[0], { ...before.spec.disks[1], readOnly: true }],
      smbios: { ...before.spec.smbios, sku: null },
    })
  })

  it('leaves nothing of one boot source for another', async () => {
    const { id } = await created('web1', '--boot', 'from=kernel,kernel=local/vmlinuz,commandLine=quiet')
    expect((await on('vm', 'set', 'web1', '--boot', 'from=disk')).exit).toBe(0)
    expect((await vm(id)).spec.boot).toEqual({ from: 'disk' })
  })

  it('gives a default back', async () => {
    const { id } = await created('web1', '--memory-mib', '1024')
    await on('vm', 'set', 'web1', '--memory-mib', 'null')
    expect((await vm(id)).spec.memoryMiB).toBe(512)
  })

  it('takes a merge patch from a file', async () => {
    const home = scratch()
    const file = join(home.path, 'patch.json')
    writeFileSync(file, JSON.stringify({ vcpus: 2, smbios: { serial: 'A1' } }))
    const { id } = await created('web1')
    await on('vm', 'set', 'web1', '--file', file, '--set', 'smbios.sku=B2')
    expect((await vm(id)).spec).toMatchObject({ vcpus: 2, smbios: { serial: 'A1', sku: 'B2' } })
    home.remove()
  })

  it('without a field is refused', async () => {
    await created('web1')
    expect(await on('vm', 'set', 'web1')).toEqual({
      exit: 2,
      output: '',
      errors: 'FIELD: no field is given to be changed (usage.missing-argument)\n',
    })
  })

  it('renames', async () => {
    const { id } = await created('web1')
    expect((await on('vm', 'rename', 'web1', 'web2')).output).toBe(
      'web2: changed, revision 2\nFIELD  VALUE  COUNTS\nname   web2   in force\n',
    )
    expect((await vm(id)).spec.name).toBe('web2')
  })
})

describe('a change at the same time', () => {
  /** Somebody else changes the VM once, between our reading and our writing. */
  function meanwhile(id: string, patch: object, times = 1): void {
    let left = times
    host.hook = (request) => {
      if (request.method === 'PATCH' && left-- > 0) {
        const { revision } = host.client.app.vms.get(id)
        host.client.app.vms.patch(id, patch, (at) => at === revision, { dryRun: false, by: 'somebody' })
      }
      return false
    }
  }

  it('to other fields is kept, and this one tried again with a word about it', async () => {
    const { id } = await created('web1')
    meanwhile(id, { description: 'theirs' })
    const { exit, errors } = await on('vm', 'set', 'web1', '--vcpus', '2')
    expect([exit, errors]).toEqual([0, 'web1 was changed meanwhile, in other fields; trying again on revision 2.\n'])
    expect((await vm(id)).spec).toMatchObject({ description: 'theirs', vcpus: 2 })
  })

  it('to the same field is not lost: this one ends with a code of its own', async () => {
    const { id } = await created('web1')
    meanwhile(id, { vcpus: 3 })
    expect(await on('vm', 'set', 'web1', '--vcpus', '2')).toEqual({
      exit: 5,
      output: '',
      errors: 'web1 was changed meanwhile, vcpus too; nothing was done. (vm.revision-changed)\n',
    })
    expect((await vm(id)).spec.vcpus).toBe(3)
  })

  it('to another device of the same list is not lost either', async () => {
    const { id } = await created('web1', '--disk', 'local/a.qcow2')
    meanwhile(id, { disks: [{ datastore: 'local', file: 'b.qcow2', format: 'qcow2' }] })
    expect((await on('vm', 'set', 'web1', '--add-disk', 'local/c.raw')).exit).toBe(5)
    expect((await vm(id)).spec.disks.map(({ file }) => file)).toEqual(['b.qcow2'])
  })

  it('again and again is given up on', async () => {
    const { id } = await created('web1')
    let count = 0
    host.hook = (request) => {
      if (request.method === 'PATCH')
        host.client.app.vms.patch(id, { description: String(count++) }, () => true, { dryRun: false, by: 'somebody' })
      return false
    }
    expect(await on('vm', 'set', 'web1', '--vcpus', '2')).toMatchObject({
      exit: 5,
      errors: expect.stringMatching(/\(vm\.revision-changed\)\n$/),
    })
    expect(count).toBe(5)
  })

  it('with --revision is refused at once', async () => {
    const { id } = await created('web1')
    await on('vm', 'set', 'web1', '--description', 'x')
    expect((await on('vm', 'set', 'web1', '--vcpus', '2', '--revision', '1')).exit).toBe(5)
    expect((await on('vm', 'set', 'web1', '--vcpus', '2', '--revision', '2')).exit).toBe(0)
    expect((await vm(id)).revision).toBe(3)
  })
})
