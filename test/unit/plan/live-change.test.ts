// What of an edit is done while the VM runs, and what waits.
import { describe, expect, it } from 'vitest'
import type { Nic } from '../../../control/src/domain/vm.ts'
import { pendingFields } from '../../../control/src/domain/vm-difference.ts'
import { planLiveChange } from '../../../control/src/plan/live-change.ts'
import { shapeNic } from '../../../control/src/plan/traffic.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const MIB = 1_048_576
const file = (name: string) => ({ datastore: 'local', file: name })
const disk = (name: string, rest: object = {}) => ({ ...file(name), format: 'raw', ...rest })
const nic = (last: number, rest: object = {}) => ({ network: 'nat', mac: `52:54:00:00:00:0${last}`, ...rest })

const BASE = {
  ...{ name: 'a', vcpus: 2, maxVcpus: 4, memoryMiB: 512, maxMemoryMiB: 1024 },
  ...{ disks: [disk('a', { slot: 0 })], cdroms: [{ slot: 0 }], nics: [nic(1, { slot: 0 })] },
}

type Fields = Readonly<Record<string, unknown>>

const shapeOf = (nic: Nic) => shapeNic([], new Map(), 20_001, 'host', nic)

function change(fields: object, base: Fields = BASE) {
  const [inForce, wanted] = [spec(ID, base), spec(ID, { ...base, ...fields })]
  const pathOf = (reference: { readonly datastore: string; readonly file: string }) =>
    `/datastores/${reference.datastore}/${reference.file}`
  const steps = planLiveChange({ uid: 20_001, inForce, wanted, bootMemoryMiB: 512, pathOf, shapeOf })
  const after = steps.at(-1)?.after ?? inForce
  return { steps, kinds: steps.map(({ step }) => step.kind), pending: pendingFields(after, wanted) }
}

describe('while a VM runs', () => {
  it.each<[string, object, readonly string[], readonly string[]]>([
    ['what concerns the host alone is in force without a step', { name: 'b', description: 'x', autostart: { enabled: true } }, [], []],
    ['most of the hardware waits', { display: 'none', firmware: 'uefi', tpm: true }, [], ['firmware', 'tpm', 'display']],
    ['a virtio disk comes', { disks: [...BASE.disks, disk('b')] }, ['plug-disk'], []],
    ['a virtio disk goes', { disks: [] }, ['unplug-disk'], []],
    ['a SATA disk waits', { disks: [...BASE.disks, disk('b', { bus: 'sata' })] }, [], ['disk1']],
    ['a virtio-scsi disk waits for its controller', { disks: [...BASE.disks, disk('b', { bus: 'virtio-scsi' })] }, [], ['disk1']],
    ['a disk beyond the ports waits', { disks: [...BASE.disks, disk('b', { slot: 12 })] }, [], ['disk12']],
    ['another file in the same slot waits', { disks: [disk('b', { slot: 0 })] }, [], ['disk0.file']],
    ['a file that another slot still has waits', { disks: [disk('b', { slot: 0 }), disk('a', { slot: 1 })] }, [], ['disk0.file', 'disk1']],
    ['a file comes in another slot once it is out of its own', { disks: [disk('a', { slot: 1 })] }, ['unplug-disk', 'plug-disk'], []],
    [
      'a medium waits whose file a disk still writes',
      { disks: [disk('b', { slot: 0 })], cdroms: [{ slot: 0, medium: file('a') }] },
      [],
      ['disk0.file', 'cdrom0.medium'],
    ],
    ['a disk is limited', { disks: [{ ...BASE.disks[0], limits: { readIops: 100 } }] }, ['set-disk-limits'], []],
    [
      'a disk comes with its limits',
      { disks: [...BASE.disks, disk('b', { limits: { writeIops: 5 } })] },
      ['plug-disk', 'set-disk-limits'],
      [],
    ],
    ['a disk that waits is not limited', { disks: [...BASE.disks, disk('b', { bus: 'sata', limits: { writeIops: 5 } })] }, [], ['disk1']],
    ['a NIC comes and goes', { nics: [nic(2, { slot: 3 })] }, ['unplug-nic', 'plug-nic'], []],
    ['a NIC is limited', { nics: [nic(1, { slot: 0, limits: { receiveBytesPerSecond: 1_000_000 } })] }, ['shape-nic'], []],
    [
      'a NIC comes with its limits',
      { nics: [nic(1, { slot: 0 }), nic(2, { slot: 3, limits: { transmitBytesPerSecond: 1_000_000 } })] },
      ['plug-nic', 'shape-nic'],
      [],
    ],
    ['a cable is pulled', { nics: [nic(1, { slot: 0, connected: false })] }, ['set-link'], []],
    ['another model waits', { nics: [nic(1, { slot: 0, model: 'e1000e' })] }, [], ['nic0.model']],
    ['a medium is inserted', { cdroms: [{ slot: 0, medium: file('x.iso') }] }, ['change-medium'], []],
    ['a drive waits', { cdroms: [{ slot: 0 }, { slot: 1 }] }, [], ['cdrom1']],
    ['vCPUs come', { vcpus: 4 }, ['set-vcpus'], []],
    ['vCPUs beyond the most wait', { vcpus: 5, maxVcpus: 8 }, [], ['vcpus', 'maxVcpus']],
    ['memory comes', { memoryMiB: 768 }, ['set-hot-memory'], []],
    ['memory below that at start waits', { memoryMiB: 256 }, [], ['memoryMiB']],
    ['memory beyond the most waits', { memoryMiB: 2048, maxMemoryMiB: 4096 }, [], ['memoryMiB', 'maxMemoryMiB']],
    ['the balloon is told', { memoryTargetMiB: 300 }, ['set-balloon'], []],
    [
      'the balloon waits for the memory that it needs',
      { memoryMiB: 2048, maxMemoryMiB: 2048, memoryTargetMiB: 1500 },
      [],
      ['memoryMiB', 'maxMemoryMiB', 'memoryTargetMiB'],
    ],
    ['a panic means something else', { onPanic: 'pause' }, ['set-panic-action'], []],
  ])('%s', (_what, fields, kinds, pending) => {
    expect(change(fields)).toMatchObject({ kinds, pending })
  })

  it('vCPUs stay as they are where none can be added', () => {
    expect(change({ vcpus: 1 }, { ...BASE, maxVcpus: null })).toMatchObject({ kinds: [], pending: ['vcpus'] })
  })

  it('a virtio-scsi disk comes to a controller that is there, and the last one stays with it', () => {
    const scsi = { ...BASE, disks: [disk('a', { slot: 0, bus: 'virtio-scsi' })] }
    expect(change({ disks: [...scsi.disks, disk('b', { bus: 'virtio-scsi' })] }, scsi)).toMatchObject({ kinds: ['plug-disk'], pending: [] })
    expect(change({ disks: [] }, scsi)).toMatchObject({ kinds: [], pending: ['disk0'] })
    const two = { ...BASE, disks: [disk('a', { slot: 0, bus: 'virtio-scsi' }), disk('b', { slot: 1, bus: 'virtio-scsi' })] }
    expect(change({ disks: [] }, two)).toMatchObject({ kinds: ['unplug-disk'], pending: ['disk0'] })
  })

  it('disks are plugged in on i440fx as well', () => {
    const old = { ...BASE, chipset: 'i440fx' }
    expect(change({ disks: [...BASE.disks, disk('b')] }, old)).toMatchObject({ kinds: ['plug-disk'], pending: [] })
  })

  it('each step knows its way back and what is in force after it', () => {
    const { steps } = change({ vcpus: 3, nics: [], disks: [...BASE.disks, disk('b')] })
    expect(steps.map(({ step, undo }) => [step.kind, undo.kind])).toEqual([
      ['plug-disk', 'unplug-disk'],
      ['unplug-nic', 'plug-nic'],
      ['set-vcpus', 'set-vcpus'],
    ])
    expect(steps.map(({ after }) => [after.disks.length, after.nics.length, after.vcpus])).toEqual([
      [2, 1, 2],
      [2, 0, 2],
      [2, 0, 3],
    ])
    expect(steps[2]).toMatchObject({ step: { count: 3 }, undo: { count: 2 } })
  })

  it('a disk is plugged in with its file, its owner, and nodes that lack only the name of the file', () => {
    const [planned] = change({ disks: [...BASE.disks, disk('b', { serial: 'S' })] }).steps
    expect(planned?.step).toMatchObject({
      ...{ kind: 'plug-disk', name: 'disk1', path: '/datastores/local/b', readOnly: false, uid: 20_001 },
      nodes: [
        { driver: 'file', 'node-name': 'disk1-file', filename: '' },
        { driver: 'raw', 'node-name': 'disk1', file: 'disk1-file' },
      ],
      device: { driver: 'virtio-blk-pci', id: 'disk1', bus: 'disk-port1', serial: 'S' },
    })
  })

  it('the balloon counts only what the VM was started with', () => {
    const { steps } = change({ memoryMiB: 768, memoryTargetMiB: 600 })
    expect(steps.map(({ step }) => step)).toEqual([
      { kind: 'set-hot-memory', bytes: 256 * MIB },
      { kind: 'set-balloon', bytes: 344 * MIB },
    ])
    expect(steps[1]?.undo).toEqual({ kind: 'set-balloon', bytes: 512 * MIB })
  })
})
