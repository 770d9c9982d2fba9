// Rules between fields of a VM's spec, each with its exact problem.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import type { Problem } from '../../../control/src/domain/problem.ts'
import { vmSpecSchema } from '../../../control/src/domain/vm.ts'
import { completeSpec } from '../../../control/src/domain/vm-complete.ts'

const CARD = { device: 'PCI0-1c.0-00.0', vendorId: '8086', deviceId: '10d3', serial: null }
const disk = (rest: object = {}) => ({ datastore: 'local', file: 'a', format: 'raw', ...rest })

function problemsOf(fields: object): readonly Problem[] {
  const checked = check(vmSpecSchema, { name: 'a', ...fields }, 'vm')
  const complete = checked.ok ? completeSpec('id', checked.value, null, () => false) : checked
  return complete.ok ? [] : complete.problems
}

describe('a VM spec', () => {
  it.each<[string, object, Problem]>([
    [
      'a device of the host on i440fx',
      { pciDevices: [CARD], chipset: 'i440fx' },
      { code: 'vm.pciDevices.not-on-chipset', field: 'pciDevices', message: 'need the chipset q35', got: 'i440fx' },
    ],
    [
      'memory to add beside a device of the host',
      { pciDevices: [CARD], maxMemoryMiB: 1024 },
      {
        code: 'vm.maxMemoryMiB.passthrough',
        field: 'maxMemoryMiB',
        message: 'must be null: the memory of a VM with passed-through devices is fixed',
        got: 1024,
      },
    ],
    [
      'a balloon beside a device of the host',
      { pciDevices: [CARD], memoryTargetMiB: 256 },
      {
        code: 'vm.memoryTargetMiB.passthrough',
        field: 'memoryTargetMiB',
        message: 'must be null: the memory of a VM with passed-through devices is fixed',
        got: 256,
      },
    ],
    [
      'a suspension beside a device of the host',
      { pciDevices: [CARD], onHostShutdown: { action: 'suspend' } },
      {
        code: 'vm.onHostShutdown.passthrough',
        field: 'onHostShutdown.action',
        message: 'must not be suspend: a VM with passed-through devices cannot be suspended',
        got: 'suspend',
      },
    ],
    [
      'fewer vCPUs at most than at start',
      { vcpus: 4, maxVcpus: 2 },
      { code: 'vm.maxVcpus.below-vcpus', field: 'maxVcpus', message: 'must not be below vcpus', got: 2 },
    ],
    [
      'a topology of another number of vCPUs',
      { vcpus: 4, topology: { sockets: 1, cores: 2, threads: 1 } },
      { code: 'vm.topology.wrong-product', field: 'topology', message: 'must multiply to 4, the most vCPUs there can be', got: 2 },
    ],
    [
      'less memory at most than at start',
      { memoryMiB: 512, maxMemoryMiB: 256 },
      { code: 'vm.maxMemoryMiB.below-memory', field: 'maxMemoryMiB', message: 'must not be below memoryMiB', got: 256 },
    ],
    [
      'an odd amount of memory to add',
      { memoryMiB: 512, maxMemoryMiB: 1023 },
      { code: 'vm.maxMemoryMiB.not-in-steps', field: 'maxMemoryMiB', message: 'must be memoryMiB plus a multiple of 4', got: 1023 },
    ],
    [
      'a balloon target above the memory',
      { memoryMiB: 512, memoryTargetMiB: 513 },
      { code: 'vm.memoryTargetMiB.above-memory', field: 'memoryTargetMiB', message: 'must not be above memoryMiB', got: 513 },
    ],
    [
      'Secure Boot on i440fx',
      { chipset: 'i440fx', firmware: 'uefi-secure-boot' },
      { code: 'vm.firmware.not-on-chipset', field: 'firmware', message: 'uefi-secure-boot needs the chipset q35', got: 'uefi-secure-boot' },
    ],
    [
      'an IDE disk on q35',
      { disks: [disk({ bus: 'ide' })] },
      { code: 'vm.disks.bus.not-on-chipset', field: 'disks[0].bus', message: 'the chipset q35 has no ide', got: 'ide' },
    ],
    [
      'a SATA disk on i440fx',
      { chipset: 'i440fx', disks: [disk({ bus: 'sata' })] },
      { code: 'vm.disks.bus.not-on-chipset', field: 'disks[0].bus', message: 'the chipset i440fx has no sata', got: 'sata' },
    ],
    [
      'a virtio disk beyond the places of i440fx',
      { chipset: 'i440fx', disks: [disk({ bus: 'virtio-blk', slot: 8 })] },
      {
        code: 'vm.disks.slot.not-on-chipset',
        field: 'disks[0].slot',
        message: 'the chipset i440fx has places for virtio-blk in the slots 0 to 7',
        got: 8,
      },
    ],
    [
      'a SATA disk where a CD drive is',
      { disks: [disk({ bus: 'sata', slot: 5 })], cdroms: [{}] },
      {
        code: 'vm.disks.slot.not-on-bus',
        field: 'disks[0].slot',
        message: 'sata has the slots 0 to 5, the last of them taken by CD drives',
        got: 5,
      },
    ],
    [
      'e1000e on i440fx',
      { chipset: 'i440fx', nics: [{ network: 'nat', model: 'e1000e' }] },
      { code: 'vm.nics.model.not-on-chipset', field: 'nics[0].model', message: 'e1000e needs the chipset q35', got: 'e1000e' },
    ],
    [
      'a boot order with a device that it has not',
      { boot: { from: 'order', devices: ['disk1'] }, disks: [disk()] },
      { code: 'vm.boot.devices.unknown', field: 'boot.devices[0]', message: 'is no device of this VM', got: 'disk1' },
    ],
    [
      'a boot order with a device twice',
      { boot: { from: 'order', devices: ['disk0', 'disk0'] }, disks: [disk()] },
      { code: 'vm.boot.devices.duplicate', field: 'boot.devices[1]', message: 'is named twice', got: 'disk0' },
    ],
  ])('may not have %s', (_what, fields, problem) => {
    expect(problemsOf(fields)).toEqual([problem])
  })

  it.each<[string, object]>([
    ['as many vCPUs at most as at start', { vcpus: 2, maxVcpus: 2 }],
    ['a topology of all vCPUs that there can be', { vcpus: 1, maxVcpus: 8, topology: { sockets: 2, cores: 2, threads: 2 } }],
    ['five SATA disks and a CD drive', { disks: [0, 1, 2, 3, 4].map((n) => disk({ file: `${n}`, bus: 'sata' })), cdroms: [{}] }],
    ['three IDE disks and a CD drive', { guestType: 'other', disks: [0, 1, 2].map((n) => disk({ file: `${n}` })), cdroms: [{}] }],
    ['sixteen virtio disks', { disks: Array.from({ length: 16 }, (_, n) => disk({ file: `${n}` })) }],
  ])('may have %s', (_what, fields) => {
    expect(problemsOf(fields)).toEqual([])
  })

  it('is told of all broken rules at once', () => {
    const fields = { vcpus: 2, maxVcpus: 1, memoryMiB: 512, maxMemoryMiB: 256, disks: [disk({ bus: 'ide' })] }
    expect(problemsOf(fields).map(({ code }) => code)).toEqual([
      'vm.maxVcpus.below-vcpus',
      'vm.maxMemoryMiB.below-memory',
      'vm.disks.bus.not-on-chipset',
    ])
  })
})
