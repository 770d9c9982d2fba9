// VMs made, shown and deleted by the command line, against the API itself.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { answerJson, TestHost } from './cli/host.ts'
import { corbel, type Ran, scratch } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const created = async (...argv: string[]): Promise<Vm> => JSON.parse((await on('vm', 'create', ...argv, '--json')).output) as Vm
const vm = async (id: string): Promise<Vm> => (await host.client.call({ path: `/v1/vms/${id}` })).body as Vm

describe('vm create', () => {
  it('makes a VM of its options', async () => {
    const { spec } = await created(
      ...['web1', '--vcpus', '2', '--max-vcpus=4', '--memory-mib', '1024', '--guest-type', 'windows', '--no-tpm', '--firmware', 'uefi'],
      ...['--disk', 'local/a.qcow2', '--disk', 'local/c.raw,bus=virtio-scsi,readOnly=true', '--cdrom', 'local/x.iso', '--cdrom', 'empty'],
      ...[
        '--nic',
        'nat,model=e1000',
        '--boot',
        'from=cdrom',
        '--set',
        'smbios.serial=A1',
        '--set',
        'autostart.enabled=true',
        '--autostart',
        'order=7',
      ],
    )
    expect(spec).toMatchObject({
      ...{
        name: 'web1',
        vcpus: 2,
        maxVcpus: 4,
        memoryMiB: 1024,
        guestType: 'windows',
        tpm: false,
        firmware: 'uefi',
        boot: { from: 'cdrom' },
      },
      disks: [
        { slot: 0, datastore: 'local', file: 'a.qcow2', format: 'qcow2', bus: 'sata' },
        { slot: 1, datastore: 'local', file: 'c.raw', format: 'raw', bus: 'virtio-scsi', readOnly: true },
      ],
      cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }, { medium: null }],
      ...{ nics: [{ network: 'nat', model: 'e1000' }], smbios: { serial: 'A1' }, autostart: { enabled: true, order: 7 } },
    })
  })

  it('takes a document, and adds options to it', async () => {
    const home = scratch()
    const file = join(home.path, 'spec.json')
    writeFileSync(file, JSON.stringify({ name: 'web1', vcpus: 2, memoryMiB: 256, nics: [{ network: 'nat' }] }))
    const { spec } = await created('--file', file, '--vcpus', '3', '--nic', 'nat')
    expect(spec).toMatchObject({ name: 'web1', vcpus: 3, memoryMiB: 256, nics: [{ network: 'nat' }, { network: 'nat' }] })
    expect(await on('vm', 'create', 'web2', '--file', file, '--dry-run')).toEqual({
      exit: 0,
      output: 'web2: could be created; nothing was done\n',
      errors: '',
    })
    writeFileSync(file, 'name: web1')
    expect(await on('vm', 'create', '--file', file)).toMatchObject({ exit: 2, errors: expect.stringContaining('(usage.malformed-json)') })
    home.remove()
    expect(await on('vm', 'create', '--file', file)).toMatchObject({ exit: 2, errors: expect.stringContaining('(usage.unreadable-file)') })
  })

  it('prints the id, or the host’s document', async () => {
    const { exit, output } = await on('vm', 'create', 'web1')
    expect([exit, output]).toEqual([
      0,
      `web1: created, ${host.client.app.vms.list()[0]?.id}
`,
    ])
    const document = await created('web2')
    expect(document).toEqual(await vm(document.id))
  })

  it.each<[string, string[], number, string[]]>([
    [
      'a rule of the host, one problem a line',
      ['web1', '--vcpus', '900', '--memory-mib', '1'],
      2,
      ['vcpus: must be at most 128 (vm.vcpus.above-maximum)', 'memoryMiB: must be at least 64 (vm.memoryMiB.below-minimum)'],
    ],
    ['a field that nobody knows', ['web1', '--set', 'wheels=4'], 2, ['wheels: is not a known field (request.unknown-field)']],
    [
      'values that are of another type',
      ['web1', '--vcpus', 'four', '--set', 'tpm=maybe'],
      2,
      ['--vcpus: must be a number, not four (usage.invalid-value)', 'tpm: must be true or false, not maybe (usage.invalid-value)'],
    ],
    ['no name', ['--vcpus', '1'], 2, ['NAME: is missing (usage.missing-argument)']],
    ['a name that is taken', ['taken'], 5, ['name: is the name of another VM (vm.name.in-use)']],
  ])('is refused for %s', async (_name, argv, exit, lines) => {
    await created('taken')
    expect(await on('vm', 'create', ...argv)).toEqual({ exit, output: '', errors: `${lines.join('\n')}\n` })
  })

  it('prints the host’s problem document with --json, and the lines beside it', async () => {
    const { exit, output, errors } = await on('vm', 'create', 'web1', '--vcpus', '900', '--json')
    expect(JSON.parse(output)).toMatchObject({ status: 422, problems: [{ field: 'vcpus', max: 128 }] })
    expect([exit, errors]).toEqual([2, 'vcpus: must be at most 128 (vm.vcpus.above-maximum)\n'])
  })
})

describe('a disk', () => {
  it('is typed with fields of its fields, and shown as it is typed', async () => {
    const disk = 'local/a.qcow2,format=qcow2,limits.readIops=100,limits.burstFactor=3'
    expect((await on('vm', 'create', 'web1', '--disk', disk)).exit).toBe(0)
    expect((await on('vm', 'set', 'web1', '--set', 'disk0.limits.writeIops=7')).exit).toBe(0)
    expect((await on('vm', 'show', 'web1')).output).toMatch(
      /^disk0 +local\/a\.qcow2,format=qcow2,.*limits\.readIops=100,limits\.writeIops=7,limits\.burstFactor=3,/m,
    )
  })
})

describe('a NIC', () => {
  it('is typed with its limits, which are changed and taken away', async () => {
    expect((await on('vm', 'create', 'web1', '--nic', 'network=nat,limits.receiveBytesPerSecond=1000000')).exit).toBe(0)
    expect((await on('vm', 'set', 'web1', '--set', 'nic0.limits.burstFactor=4')).exit).toBe(0)
    expect((await on('vm', 'show', 'web1')).output).toMatch(/^nic0 .*limits\.receiveBytesPerSecond=1000000,.*limits\.burstFactor=4,/m)
    expect((await on('vm', 'set', 'web1', '--set', 'nic0.limits=null')).exit).toBe(0)
    expect((await on('vm', 'show', 'web1')).output).not.toContain('receiveBytesPerSecond')
  })
})

describe('a VM', () => {
  it('is named by its name or its id', async () => {
    const { id } = await created('web1')
    const byName = await on('vm', 'show', 'web1', '--json')
    expect(JSON.parse(byName.output)).toEqual(await vm(id))
    expect(await on('vm', 'show', id, '--json')).toEqual(byName)
    expect(await on('vm', 'show', id.toUpperCase(), '--json')).toEqual(byName)
  })

  it('that has an id for its name is found by that name', async () => {
    const { id } = await created('web1')
    const name = id.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    const other = await created(name)
    expect(JSON.parse((await on('vm', 'show', name, '--json')).output)).toMatchObject({ id: other.id })
  })

  it.each([['web2'], ['00000000-0000-4000-8000-000000000000'], ['../../tasks']])('called %s is none', async (name) => {
    await created('web1')
    expect(await on('vm', 'show', name)).toEqual({ exit: 4, output: '', errors: `There is no VM ${name}. (vm.not-found)\n` })
  })

  it('is a row of the list', async () => {
    const { id } = await created('web1', '--vcpus', '2')
    expect((await on('vm', 'list')).output).toBe(
      `NAME  STATE  VCPUS   MEMORY  GUEST ADDRESS  PENDING  ID\nweb1  off        2  512 MiB  -              -        ${id}\n`,
    )
    expect(JSON.parse((await on('vm', 'list', '--json')).output)).toEqual({ items: [await vm(id)] })
  })

  it('is shown with every field of its spec, devices as they are typed', async () => {
    const { id, spec } = await created('web1', '--disk', 'local/a.qcow2', '--cdrom', 'empty', '--nic', 'nat')
    const { output } = await on('vm', 'show', 'web1')
    const lines = output.split('\n').map((line) => line.replace(/ {2,}/, ': '))
    expect(lines.slice(0, 5)).toEqual(['Name: web1', `ID: ${id}`, 'Revision: 1', 'State: off', 'Description: -'])
    expect(lines).toEqual(
      expect.arrayContaining(['disk0: local/a.qcow2,format=qcow2,readOnly=false,bus=virtio-blk', 'cdrom0: empty', 'Memory: 512 MiB']),
    )
    expect(lines).toContain(`nic0: nat,connected=true,model=virtio,mac=${spec.nics[0]?.mac}`)
  })

  it('shows what its guest claims as that, and lets it do nothing to the terminal', async () => {
    const { id, ...rest } = await created('web1')
    const claims = {
      ...{ observedAt: '2026-01-01T00:00:00.000Z', hostname: 'web\x1b[2J', frozen: false },
      os: { id: 'debian', name: 'Debian GNU/Linux 13', version: '13', kernel: null },
      addresses: [{ interface: 'eth0', mac: null, address: '10.213.0.5', prefixLength: 24 }],
    }
    const status = { powerState: 'paused', pausedBecause: 'out-of-space', guest: { agent: 'responding', claims } }
    host.hook = (_request, response) => answerJson(response, 200, { items: [{ ...rest, id, status }] })
    expect((await on('vm', 'list')).output.split('\n')[1]).toBe(
      `web1  paused (out-of-space)      1  512 MiB  10.213.0.5     -        ${id}`,
    )
    const lines = (await on('vm', 'show', 'web1')).output.split('\n').map((line) => line.replace(/ {2,}/, ' | '))
    expect(lines.slice(3, 11)).toEqual([
      'State | paused',
      'Paused because | out-of-space',
      'Guest agent | responding',
      'Guest says: observed at | 2026-01-01T00:00:00.000Z',
      'Guest says: hostname | web?[2J',
      'Guest says: frozen | false',
      'Guest says: os | id=debian,name=Debian GNU/Linux 13,version=13',
      'Guest says: addresses | 10.213.0.5',
    ])
  })

  it('is deleted, or said to be deletable', async () => {
    await created('web1')
    expect(await on('vm', 'delete', 'web1', '--dry-run')).toEqual({
      exit: 0,
      output: 'web1: could be deleted; nothing was done\n',
      errors: '',
    })
    expect(await on('vm', 'delete', 'web1')).toEqual({ exit: 0, output: 'web1: deleted\n', errors: '' })
    expect((await on('vm', 'delete', 'web1')).exit).toBe(4)
  })
})
