// The rules for a VM's spec: what is accepted, and each broken rule with its exact problem.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import type { Problem } from '../../../control/src/domain/problem.ts'
import { vmSpecSchema } from '../../../control/src/domain/vm.ts'

const problemsOf = (input: unknown): readonly Problem[] => {
  const checked = check(vmSpecSchema, input, 'vm')
  return checked.ok ? [] : checked.problems
}
const disk = { datastore: 'local', file: 'a.qcow2', format: 'qcow2' }
const NAME_RULE = 'must be 1 to 63 of A-Z a-z 0-9 . _ - and start with a letter or digit'
const FILE_RULE = 'must be 1 to 255 of A-Z a-z 0-9 . _ + @ ~ - and start with a letter, digit or _'

describe('a VM spec', () => {
  it('has a default for everything but its name', () => {
    expect(check(vmSpecSchema, { name: 'web1' }, 'vm')).toEqual({
      ok: true,
      value: {
        ...{ name: 'web1', description: '', guestType: 'linux', cpuModel: 'host', nestedVirtualisation: false, coreScheduling: false },
        ...{ vcpus: 1, maxVcpus: null, topology: null, memoryMiB: 512, maxMemoryMiB: null, memoryTargetMiB: null },
        ...{ pool: 'host', cpuAllocation: { reservationCores: 0, limitCores: null, shares: 100 }, memoryAllocation: { reservationMiB: 0 } },
        ioAllocation: { shares: 100 },
        ...{ cpuPlacement: { mode: 'shared', cpus: null }, numaNodes: null, guestNumaNodes: 1, hugePages: 'none', priority: 'normal' },
        ...{ boot: { from: 'disk' }, disks: [], cdroms: [], nics: [], pciDevices: [], serialPorts: 1, display: 'vga' },
        ...{ usb: true, rng: true, guestAgent: true, cloudInit: null, watchdog: null, onPanic: 'none', onIoError: 'report' },
        smbios: { manufacturer: null, product: null, version: null, serial: null, sku: null, family: null },
        onCrash: { action: 'restart', maxRestarts: 5, windowSeconds: 600 },
        shutdown: { timeoutSeconds: 60, onTimeout: 'fail' },
        autostart: { enabled: false, order: 100, delaySeconds: 0, ready: 'started', readyTimeoutSeconds: 300 },
        onHostShutdown: { action: 'shutdown', timeoutSeconds: 60 },
      },
    })
  })

  it('keeps everything it is given', () => {
    const spec = {
      name: 'web1',
      vcpus: 2,
      memoryMiB: 1024,
      boot: {
        from: 'kernel',
        kernel: { datastore: 'local', file: 'vmlinuz' },
        initrd: { datastore: 'local', file: 'initrd' },
        commandLine: 'a=b',
      },
      disks: [{ ...disk, slot: 3, bus: 'sata', serial: 'S', readOnly: true }],
      cdroms: [{ slot: 1, medium: { datastore: 'local', file: 'x.iso' } }],
      nics: [{ slot: 2, network: 'nat', mac: '52:54:00:00:00:01', model: 'e1000', connected: false }],
      pciDevices: [{ slot: 7, device: 'PCI0-1c.0-00.0', vendorId: '8086', deviceId: '10d3', serial: null }],
    }
    expect(check(vmSpecSchema, spec, 'vm')).toMatchObject({ ok: true, value: spec })
  })

  it.each([
    ['a name of one character', { name: 'a' }],
    ['a name of 63 characters', { name: 'a'.repeat(63) }],
    ['the least memory', { name: 'a', memoryMiB: 64 }],
    ['the most memory', { name: 'a', memoryMiB: 4_194_304 }],
    ['128 vCPUs', { name: 'a', vcpus: 128 }],
    ['16 disks', { name: 'a', disks: Array.from({ length: 16 }, (_, index) => ({ ...disk, file: `${index}` })) }],
    ['8 NICs', { name: 'a', nics: Array.from({ length: 8 }, () => ({ network: 'nat' })) }],
    ['a file name of 255 bytes', { name: 'a', cdroms: [{ medium: { datastore: 'local', file: 'f'.repeat(255) } }] }],
    ['an upper-case MAC address', { name: 'a', nics: [{ network: 'nat', mac: '52:54:00:AB:CD:EF' }] }],
  ])('may have %s', (_what, input) => {
    expect(problemsOf(input)).toEqual([])
  })

  it.each<[string, unknown, Problem]>([
    ['no object', 5, { code: 'request.wrong-type', field: '', message: 'must be an object', got: 5 }],
    ['a list', [], { code: 'request.wrong-type', field: '', message: 'must be an object' }],
    ['no name', {}, { code: 'request.missing-field', field: 'name', message: 'is required' }],
    ['a name of another type', { name: 5 }, { code: 'request.wrong-type', field: 'name', message: 'must be a string', got: 5 }],
    ['an empty name', { name: '' }, { code: 'vm.name.invalid', field: 'name', message: NAME_RULE, got: '' }],
    ['a name with a space', { name: 'a b' }, { code: 'vm.name.invalid', field: 'name', message: NAME_RULE, got: 'a b' }],
    ['a name with a line break at its end', { name: 'a\n' }, { code: 'vm.name.invalid', field: 'name', message: NAME_RULE, got: 'a\n' }],
    [
      'a name of 64 characters',
      { name: 'a'.repeat(64) },
      { code: 'vm.name.invalid', field: 'name', message: NAME_RULE, got: 'a'.repeat(64) },
    ],
    ['an unknown field', { name: 'a', cpus: 1 }, { code: 'request.unknown-field', field: 'cpus', message: 'is not a known field' }],
    ['no vCPU', { name: 'a', vcpus: 0 }, { code: 'vm.vcpus.below-minimum', field: 'vcpus', message: 'must be at least 1', got: 0, min: 1 }],
    [
      '129 vCPUs',
      { name: 'a', vcpus: 129 },
      { code: 'vm.vcpus.above-maximum', field: 'vcpus', message: 'must be at most 128', got: 129, max: 128 },
    ],
    [
      'half a vCPU',
      { name: 'a', vcpus: 1.5 },
      { code: 'vm.vcpus.not-integer', field: 'vcpus', message: 'must be a whole number', got: 1.5 },
    ],
    ['vCPUs as text', { name: 'a', vcpus: '2' }, { code: 'request.wrong-type', field: 'vcpus', message: 'must be a number', got: '2' }],
    [
      'too little memory',
      { name: 'a', memoryMiB: 63 },
      { code: 'vm.memoryMiB.below-minimum', field: 'memoryMiB', message: 'must be at least 64', got: 63, min: 64 },
    ],
    [
      'too much memory',
      { name: 'a', memoryMiB: 4_194_305 },
      { code: 'vm.memoryMiB.above-maximum', field: 'memoryMiB', message: 'must be at most 4194304', got: 4_194_305, max: 4_194_304 },
    ],
    [
      'null for memory',
      { name: 'a', memoryMiB: null },
      { code: 'request.wrong-type', field: 'memoryMiB', message: 'must be a number', got: null },
    ],
    [
      'another boot source',
      { name: 'a', boot: { from: 'floppy' } },
      {
        code: 'vm.boot.from.not-allowed',
        field: 'boot.from',
        message: 'must be one of disk, cdrom, order, kernel',
        got: 'floppy',
        allowed: ['disk', 'cdrom', 'order', 'kernel'],
      },
    ],
    [
      'a boot source of another type',
      { name: 'a', boot: { from: 1 } },
      { code: 'request.wrong-type', field: 'boot.from', message: 'must be a string', got: 1 },
    ],
    ['boot as text', { name: 'a', boot: 'disk' }, { code: 'request.wrong-type', field: 'boot', message: 'must be an object', got: 'disk' }],
    [
      'a kernel where none belongs',
      { name: 'a', boot: { from: 'disk', kernel: {} } },
      { code: 'request.unknown-field', field: 'boot.kernel', message: 'is not a known field' },
    ],
    [
      'no kernel to boot',
      { name: 'a', boot: { from: 'kernel' } },
      { code: 'request.missing-field', field: 'boot.kernel', message: 'is required' },
    ],
    [
      'a command line with a line break',
      { name: 'a', boot: { from: 'kernel', kernel: { datastore: 'local', file: 'k' }, commandLine: 'a\nb' } },
      { code: 'vm.boot.commandLine.invalid', field: 'boot.commandLine', message: 'must be printable ASCII', got: 'a\nb' },
    ],
    [
      '17 disks',
      { name: 'a', disks: Array.from({ length: 17 }, (_, index) => ({ ...disk, file: `${index}` })) },
      { code: 'vm.disks.too-many', field: 'disks', message: 'must have at most 16 entries', max: 16 },
    ],
    [
      'the same disk twice',
      { name: 'a', disks: [disk, disk] },
      { code: 'vm.disks.duplicate', field: 'disks', message: 'must not name a file twice' },
    ],
    [
      'a disk of another format',
      { name: 'a', disks: [{ ...disk, format: 'vmdk' }] },
      {
        code: 'vm.disks.format.not-allowed',
        field: 'disks[0].format',
        message: 'must be one of raw, qcow2',
        got: 'vmdk',
        allowed: ['raw', 'qcow2'],
      },
    ],
    [
      'a disk without format',
      { name: 'a', disks: [{ datastore: 'local', file: 'f' }] },
      { code: 'request.missing-field', field: 'disks[0].format', message: 'is required' },
    ],
    [
      'a hidden file',
      { name: 'a', disks: [{ ...disk, file: '.a' }] },
      { code: 'vm.disks.file.invalid', field: 'disks[0].file', message: FILE_RULE, got: '.a' },
    ],
    [
      'a path',
      { name: 'a', disks: [disk, { ...disk, file: 'a/b' }] },
      { code: 'vm.disks.file.invalid', field: 'disks[1].file', message: FILE_RULE, got: 'a/b' },
    ],
    [
      'the parent directory',
      { name: 'a', cdroms: [{ medium: { datastore: 'local', file: '..' } }] },
      { code: 'vm.cdroms.medium.file.invalid', field: 'cdroms[0].medium.file', message: FILE_RULE, got: '..' },
    ],
    [
      'a file name with a comma',
      { name: 'a', cdroms: [{ medium: { datastore: 'local', file: 'a,b' } }] },
      { code: 'vm.cdroms.medium.file.invalid', field: 'cdroms[0].medium.file', message: FILE_RULE, got: 'a,b' },
    ],
    [
      'a file name of 256 bytes',
      { name: 'a', cdroms: [{ medium: { datastore: 'local', file: 'f'.repeat(256) } }] },
      { code: 'vm.cdroms.medium.file.invalid', field: 'cdroms[0].medium.file', message: FILE_RULE, got: `${'f'.repeat(100)}…` },
    ],
    [
      'a datastore that is a path',
      { name: 'a', cdroms: [{ medium: { datastore: '/', file: 'f' } }] },
      {
        code: 'vm.cdroms.medium.datastore.invalid',
        field: 'cdroms[0].medium.datastore',
        message: 'must be 1 to 63 of a-z 0-9 -',
        got: '/',
      },
    ],
    [
      'nine NICs',
      { name: 'a', nics: Array.from({ length: 9 }, () => ({ network: 'nat' })) },
      { code: 'vm.nics.too-many', field: 'nics', message: 'must have at most 8 entries', max: 8 },
    ],
    [
      'another network',
      { name: 'a', nics: [{ network: 'lan' }] },
      { code: 'vm.nics.network.not-allowed', field: 'nics[0].network', message: 'must be one of nat', got: 'lan', allowed: ['nat'] },
    ],
    [
      'a multicast MAC address',
      { name: 'a', nics: [{ network: 'nat', mac: '01:00:00:00:00:01' }] },
      {
        code: 'vm.nics.mac.not-unicast',
        field: 'nics[0].mac',
        message: 'must be a unicast address: the second digit must be even',
        got: '01:00:00:00:00:01',
      },
    ],
    [
      'a MAC address of zeros',
      { name: 'a', nics: [{ network: 'nat', mac: '00:00:00:00:00:00' }] },
      { code: 'vm.nics.mac.zero', field: 'nics[0].mac', message: 'must not be zero', got: '00:00:00:00:00:00' },
    ],
    [
      'no MAC address at all',
      { name: 'a', nics: [{ network: 'nat', mac: 'x' }] },
      {
        code: 'vm.nics.mac.invalid',
        field: 'nics[0].mac',
        message: 'must be six hexadecimal pairs with colons, such as 52:54:00:12:34:56',
        got: 'x',
      },
    ],
    [
      'a MAC address twice',
      {
        name: 'a',
        nics: [
          { network: 'nat', mac: '52:54:00:00:00:0a' },
          { network: 'nat', mac: '52:54:00:00:00:0A' },
        ],
      },
      { code: 'vm.nics.duplicate-mac', field: 'nics', message: 'must not use a MAC address twice' },
    ],
  ])('may not be %s', (_what, input, problem) => {
    expect(problemsOf(input)).toEqual([problem])
  })

  it('is told all its problems at once', () => {
    const input = { name: '-', vcpus: 0, memoryMiB: 1, boot: { from: 'x' }, disks: [{ ...disk, file: '.' }], one: 1, two: 2 }
    expect(problemsOf(input).map(({ code }) => code)).toEqual([
      'vm.name.invalid',
      'vm.vcpus.below-minimum',
      'vm.memoryMiB.below-minimum',
      'vm.boot.from.not-allowed',
      'vm.disks.file.invalid',
      'request.unknown-field',
      'request.unknown-field',
    ])
  })
})
