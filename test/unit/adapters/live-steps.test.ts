// Steps in a running VM: what QEMU is told, in which order, and what is taken back when it refuses.
import { beforeEach, describe, expect, it } from 'vitest'
import { type LiveTools, takeLiveStep } from '../../../control/src/adapters/live-steps.ts'
import type { LiveStep } from '../../../control/src/domain/live-step.ts'
import type { DiskLimits } from '../../../control/src/domain/vm-devices.ts'
import { codeOf, ScriptedQmp } from './scripted-qmp.ts'

const NODES = [
  { driver: 'file', 'node-name': 'disk1-file', filename: '' },
  { driver: 'raw', 'node-name': 'disk1', file: 'disk1-file' },
]
const DISK: LiveStep = {
  ...{ kind: 'plug-disk', name: 'disk1', path: '/d/b', readOnly: false, uid: 20_001 },
  ...{ nodes: NODES, device: { driver: 'virtio-blk-pci', id: 'disk1' } },
}
const NIC: LiveStep = {
  ...{ kind: 'plug-nic', name: 'nic1', tap: 'vm1n1', bridge: 'b', connected: false },
  ...{ backend: { type: 'tap', id: 'nic1-net', fd: 'nic1' }, device: { driver: 'e1000', id: 'nic1' } },
}

let qmp: ScriptedQmp
let open: Set<number>
const shaped: string[] = []
const tools: LiveTools = {
  openFile: () => opened(41),
  openTap: async () => opened(42),
  close: (descriptor) => void open.delete(descriptor),
  shapeNic: async ({ tap }) => void shaped.push(tap),
}
const opened = (descriptor: number) => {
  open.add(descriptor)
  return descriptor
}
const take = (step: LiveStep) => takeLiveStep(step, qmp.monitor, tools)
const there = (...names: string[]) =>
  qmp.answers.set(
    'qom-list',
    names.map((name) => ({ name })),
  )
const event = (name: string, data: object) => qmp.monitor.receive({ name, data: { ...data } })

beforeEach(() => {
  qmp = new ScriptedQmp()
  open = new Set()
})

describe('a disk', () => {
  it('is passed by its descriptor, never by a path, and closed here', async () => {
    await take(DISK)
    expect(qmp.heard).toEqual([
      'qom-list /machine/peripheral',
      ...['blockdev-del disk1', 'blockdev-del disk1-file', 'query-fdsets', 'remove-fd 7'],
      'add-fd disk1',
      'blockdev-add file',
      'blockdev-add raw',
      'device_add virtio-blk-pci',
    ])
    expect(qmp.asked[5]?.descriptors).toEqual([41])
    expect(qmp.asked[6]?.commandArguments).toMatchObject({ filename: '/dev/fdset/7' })
    expect(JSON.stringify(qmp.asked)).not.toContain('/d/b')
    expect(open.size).toBe(0)
  })

  it.each(['add-fd', 'blockdev-add', 'device_add'])('leaves nothing when QEMU refuses %s', async (command) => {
    qmp.failing.add(command)
    expect(await codeOf(take(DISK))).toBe('qmp.error.GenericError')
    expect(open.size).toBe(0)
    if (command === 'add-fd') return
    expect(qmp.heard.slice(-4)).toEqual(['blockdev-del disk1', 'blockdev-del disk1-file', 'query-fdsets', 'remove-fd 7'])
  })

  it('that is there already is left alone', async () => {
    there('disk1')
    await take(DISK)
    expect(qmp.heard).toEqual(['qom-list /machine/peripheral'])
  })

  it('goes when the guest lets go of it, and not before', async () => {
    there('disk1')
    const gone = take({ kind: 'unplug-disk', name: 'disk1' })
    await qmp.clock.advance(5000)
    expect(qmp.heard.at(-1)).toBe('device_del disk1')
    event('DEVICE_DELETED', { device: 'disk0' })
    await qmp.clock.advance(0)
    expect(qmp.heard.at(-1)).toBe('device_del disk1')
    expect(event('DEVICE_DELETED', { device: 'disk1', path: '/machine/peripheral/disk1' })).toBe(true)
    await gone
    expect(qmp.heard.slice(-4)).toEqual(['blockdev-del disk1', 'blockdev-del disk1-file', 'query-fdsets', 'remove-fd 7'])
    expect(qmp.clock.pendingTimers).toBe(0)
  })

  it('is not waited for longer than half a minute, and keeps what it stands on', async () => {
    there('disk1')
    const failed = codeOf(take({ kind: 'unplug-disk', name: 'disk1' }))
    await qmp.clock.advance(30_000)
    expect(await failed).toBe('device.unplug-timeout')
    expect(qmp.heard.at(-1)).toBe('device_del disk1')
    // Nobody waits any more: whoever hears of it now has to clean up.
    expect(event('DEVICE_DELETED', { device: 'disk1' })).toBe(false)
  })

  it('that the guest refuses to let go of is told so at once', async () => {
    there('disk1')
    const failed = codeOf(take({ kind: 'unplug-disk', name: 'disk1' }))
    await qmp.clock.advance(0)
    event('DEVICE_UNPLUG_GUEST_ERROR', { device: 'disk1' })
    expect(await failed).toBe('device.unplug-refused')
  })

  it('that is gone already is no failure', async () => {
    qmp.failing.add('blockdev-del')
    await take({ kind: 'unplug-disk', name: 'disk1' })
    expect(qmp.heard).not.toContain('device_del disk1')
  })
})

describe('a NIC', () => {
  it('gets its TAP by name, and its cable as wanted', async () => {
    await take(NIC)
    expect(qmp.heard).toEqual([
      'qom-list /machine/peripheral',
      ...['netdev_del nic1-net', 'closefd nic1'],
      ...['getfd nic1', 'netdev_add tap', 'device_add e1000', 'set_link nic1'],
    ])
    expect(qmp.asked[3]?.descriptors).toEqual([42])
    expect(open.size).toBe(0)
  })

  it.each(['getfd', 'netdev_add', 'device_add'])('leaves nothing when QEMU refuses %s', async (command) => {
    qmp.failing.add(command)
    expect(await codeOf(take(NIC))).toBe('qmp.error.GenericError')
    expect(open.size).toBe(0)
    if (command !== 'getfd') expect(qmp.heard.slice(-3)).toEqual(['device_del nic1', 'netdev_del nic1-net', 'closefd nic1'])
  })
})

describe('a medium', () => {
  const insert: LiveStep = {
    ...{ kind: 'change-medium', drive: 'cdrom0', path: '/d/x.iso', uid: 20_001 },
    nodes: [
      { driver: 'file', 'node-name': 'cdrom0-file', filename: '' },
      { driver: 'raw', 'node-name': 'cdrom0', file: 'cdrom0-file' },
    ],
  }
  const inside = (inserted?: object) =>
    qmp.answers.set('query-block', [{ qdev: '/machine/peripheral/cdrom0', ...(inserted && { inserted }) }])

  it('is inserted beside the old one, which goes last', async () => {
    inside({ 'node-name': 'cdrom0.3' })
    // 5 was handed over by somebody who did not get to insert it.
    qmp.answers.set(
      'query-fdsets',
      [3, 5, 7].map((id) => ({ 'fdset-id': id, fds: [{ fd: 20 + id, opaque: 'cdrom0' }] })),
    )
    await take(insert)
    expect(qmp.heard).toEqual([
      ...['query-block', 'add-fd cdrom0', 'blockdev-add file', 'blockdev-add raw'],
      ...['blockdev-open-tray cdrom0', 'blockdev-remove-medium cdrom0', 'blockdev-insert-medium cdrom0', 'blockdev-close-tray cdrom0'],
      ...['query-fdsets', 'blockdev-del cdrom0', 'blockdev-del cdrom0-file'],
      ...['blockdev-del cdrom0.3', 'blockdev-del cdrom0-file.3', 'remove-fd 3'],
      ...['blockdev-del cdrom0.5', 'blockdev-del cdrom0-file.5', 'remove-fd 5'],
    ])
    expect(qmp.asked[3]?.commandArguments).toMatchObject({ 'node-name': 'cdrom0.7', file: 'cdrom0-file.7' })
  })

  it('that cannot be opened leaves the old one in the drive', async () => {
    inside({ 'node-name': 'cdrom0' })
    qmp.failing.add('blockdev-add')
    expect(await codeOf(take(insert))).toBe('qmp.error.GenericError')
    expect(qmp.heard).not.toContain('blockdev-open-tray cdrom0')
    expect(qmp.heard.at(-1)).toBe('remove-fd 7')
  })

  it('is ejected from a drive that the guest has locked, too', async () => {
    inside({ 'node-name': 'cdrom0' })
    await take({ ...insert, path: null })
    expect(qmp.asked[1]).toMatchObject({ command: 'blockdev-open-tray', commandArguments: { force: true } })
    expect(qmp.heard.slice(-2)).toEqual(['blockdev-del cdrom0', 'blockdev-del cdrom0-file'])
  })

  it('of a drive that is not there is a failure', async () => {
    qmp.answers.set('query-block', [])
    expect(await codeOf(take(insert))).toBe('device.not-found')
  })
})

describe('vCPUs', () => {
  const place = (core: number, path?: string) => ({
    type: 'host-x86_64-cpu',
    props: { 'core-id': core },
    ...(path === undefined ? {} : { 'qom-path': path }),
  })
  const places = (...all: object[]) => qmp.answers.set('query-hotpluggable-cpus', all)

  it('are added in order until there are enough', async () => {
    places(place(3), place(2), place(1), place(0, '/machine/unattached/device[0]'))
    await take({ kind: 'set-vcpus', count: 3 })
    expect(qmp.asked.slice(1).map(({ commandArguments }) => commandArguments['core-id'])).toEqual([1, 2])
  })

  it('are taken away from the last, by name or by path', async () => {
    places(
      place(2, '/machine/peripheral/vcpu0-0-2-0'),
      place(1, '/machine/unattached/device[1]'),
      place(0, '/machine/unattached/device[0]'),
    )
    there('vcpu0-0-2-0')
    const taken = take({ kind: 'set-vcpus', count: 1 })
    await qmp.clock.advance(0)
    event('DEVICE_DELETED', { device: 'vcpu0-0-2-0', path: '/machine/peripheral/vcpu0-0-2-0' })
    await qmp.clock.advance(0)
    event('DEVICE_DELETED', { path: '/machine/unattached/device[1]' })
    await taken
    expect(qmp.heard.filter((line) => line.startsWith('device_del'))).toEqual([
      'device_del vcpu0-0-2-0',
      'device_del /machine/unattached/device[1]',
    ])
  })

  it('are as many as there are places, at most; as many as there are is nothing to do', async () => {
    places(place(0, '/machine/unattached/device[0]'))
    expect(await codeOf(take({ kind: 'set-vcpus', count: 2 }))).toBe('vcpus.no-place')
    await take({ kind: 'set-vcpus', count: 1 })
    expect(qmp.heard).toEqual(['query-hotpluggable-cpus', 'query-hotpluggable-cpus'])
  })
})

it('the rates of a NIC are the kernel’s, and QEMU is not asked', async () => {
  await take({ kind: 'shape-nic', shape: { tap: 'vm1n1', receive: [], transmit: [] } })
  expect([shaped, qmp.heard]).toEqual([['vm1n1'], []])
})

it.each<[LiveStep, string, object]>([
  [{ kind: 'set-link', name: 'nic0', up: false }, 'set_link', { name: 'nic0', up: false }],
  [{ kind: 'set-balloon', bytes: 1024 }, 'balloon', { value: 1024 }],
  [{ kind: 'set-hot-memory', bytes: 2048 }, 'qom-set', { path: '/machine/peripheral/hot-memory', property: 'requested-size', value: 2048 }],
  [{ kind: 'set-panic-action', action: 'pause' }, 'set-action', { panic: 'pause' }],
])('%o is one command', async (step, command, commandArguments) => {
  await take(step)
  expect(qmp.asked).toMatchObject([{ command, commandArguments }])
})

const NO_LIMITS: DiskLimits = {
  ...{ readIops: null, writeIops: null, readBytesPerSecond: null, writeBytesPerSecond: null },
  ...{ burstFactor: 1, burstSeconds: 1 },
}

it.each<[string, string, DiskLimits, object]>([
  [
    ...(['with bursts, of what is limited', '/machine/peripheral/disk1/virtio-backend'] as const),
    { ...NO_LIMITS, readIops: 100, writeBytesPerSecond: 1_000_000, burstFactor: 3, burstSeconds: 20 },
    {
      ...{ bps: 0, bps_rd: 0, bps_wr: 1_000_000, bps_wr_max: 3_000_000, bps_wr_max_length: 20 },
      ...{ iops: 0, iops_rd: 100, iops_rd_max: 300, iops_rd_max_length: 20, iops_wr: 0 },
    },
  ],
  ['that are none', 'disk1', NO_LIMITS, { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 }],
])('limits of a disk %s are set by the name that QEMU has for it', async (_name, qdev, limits, rates) => {
  qmp.answers.set('query-block', [{ qdev: 'cdrom0' }, { qdev }])
  await take({ kind: 'set-disk-limits', name: 'disk1', limits })
  expect(qmp.asked.at(-1)).toMatchObject({ command: 'block_set_io_throttle', commandArguments: { id: qdev, ...rates } })
  qmp.answers.set('query-block', [])
  expect(await codeOf(take({ kind: 'set-disk-limits', name: 'disk1', limits }))).toBe('device.not-found')
})

it.each<[string, unknown]>([
  ['qom-list', 'no list'],
  ['add-fd', { 'fdset-id': 'seven' }],
])('an answer to %s that makes no sense is a failure', async (command, answer) => {
  qmp.answers.set(command, answer)
  expect(await codeOf(take(DISK))).toBe('qmp.malformed')
  expect(open.size).toBe(0)
})
