// Takes one step in a running VM over QMP: whole, or undone here. Which steps are to be taken is decided by the plan.
// @source QEMU qapi/block-core.json, qapi/qdev.json, qapi/net.json, qapi/machine.json
import type { LiveStep } from '../domain/live-step.ts'
import type { NicShape } from '../domain/traffic.ts'
import type { DiskLimits } from '../domain/vm-devices.ts'
import type { Hardware } from '../ports/vm-host.ts'
import { VmHostFailure } from './host-failure.ts'
import { dropFile, type Monitor, objects, passFile, unlessGone } from './monitor.ts'
import type { QmpEvent } from './qmp-client.ts'
import { countVcpus, setVcpus } from './vcpus.ts'

/** What a guest has to let go of a device in. */
const UNPLUG_TIMEOUT_MS = 30_000

/** What is done outside QEMU. The taker owns each descriptor. */
export interface LiveTools {
  /** Gives the file to the VM, or to all VMs, and opens it. */
  openFile(path: string, uid: number, shared: boolean): number
  /** A TAP on the bridge, up. */
  openTap(device: string, bridge: string): Promise<number>
  close(descriptor: number): void
  /** Holds the traffic of a NIC to its rates. */
  shapeNic(shape: NicShape): Promise<void>
}

export async function takeLiveStep(step: LiveStep, monitor: Monitor, tools: LiveTools): Promise<void> {
  switch (step.kind) {
    case 'plug-disk':
      return plugDisk(step, monitor, tools)
    case 'unplug-disk':
      await unplug(step.name, monitor)
      return forgetDisk(step.name, monitor)
    case 'plug-nic':
      return plugNic(step, monitor, tools)
    case 'unplug-nic':
      await unplug(step.name, monitor)
      return forgetNic(step.name, monitor)
    case 'set-link':
      await monitor.execute('set_link', { name: step.name, up: step.up })
      return
    case 'change-medium':
      return changeMedium(step, monitor, tools)
    case 'set-disk-limits':
      await monitor.execute('block_set_io_throttle', { id: await findDrive(step.name, monitor), ...throttle(step.limits) })
      return
    case 'shape-nic':
      return tools.shapeNic(step.shape)
    case 'set-vcpus':
      return setVcpus(step.count, monitor, (id) => unplug(id, monitor))
    case 'set-hot-memory':
      await monitor.execute('qom-set', { path: '/machine/peripheral/hot-memory', property: 'requested-size', value: step.bytes })
      return
    case 'set-balloon':
      await monitor.execute('balloon', { value: step.bytes })
      return
    case 'set-panic-action':
      await monitor.execute('set-action', { panic: step.action })
      return
    default: {
      const unhandled: never = step
      throw new TypeError(`unhandled step ${JSON.stringify(unhandled)}`)
    }
  }
}

/** What a guest let go of, if that is what the event says: a device's name, or of a vCPU from the start its path. Parts of devices are told of, too. */
export function goneDevice({ name, data }: QmpEvent): string | null {
  if (name !== 'DEVICE_DELETED') return null
  if (typeof data.device === 'string') return data.device
  return typeof data.path === 'string' && /^\/machine\/unattached\/device\[\d+\]$/.test(data.path) ? data.path : null
}

export async function observeHardware(monitor: Monitor): Promise<Hardware> {
  return { devices: await peripherals(monitor), vcpus: await countVcpus(monitor) }
}

/** 0 is no limit; bursts are told of limits alone. */
function throttle({
  readIops,
  writeIops,
  readBytesPerSecond,
  writeBytesPerSecond,
  burstFactor,
  burstSeconds,
}: DiskLimits): Record<string, number> {
  const rates = { iops_rd: readIops, iops_wr: writeIops, bps_rd: readBytesPerSecond, bps_wr: writeBytesPerSecond }
  const given = Object.entries(rates).flatMap(([key, rate]) => (rate === null ? [] : [[key, rate] as const]))
  const bursts =
    burstFactor === 1
      ? []
      : given.flatMap(([key, rate]) => [[`${key}_max`, rate * burstFactor] as const, [`${key}_max_length`, burstSeconds] as const])
  const none = { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 }
  return { ...none, ...Object.fromEntries([...given, ...bursts]) }
}

type Step<Kind extends LiveStep['kind']> = Extract<LiveStep, { kind: Kind }>

async function plugDisk(step: Step<'plug-disk'>, monitor: Monitor, tools: LiveTools): Promise<void> {
  if (await isThere(step.name, monitor)) return
  // What one of this name stood on is still there when nobody saw the guest let go of it.
  await forgetDisk(step.name, monitor)
  const filename = await passFile(monitor, tools.openFile(step.path, step.uid, step.readOnly), step.name, tools.close)
  try {
    await addNodes(step.nodes, filename, monitor)
    await monitor.execute('device_add', step.device)
  } catch (error) {
    await forgetDisk(step.name, monitor)
    throw error
  }
}

async function addNodes(nodes: readonly Readonly<Record<string, unknown>>[], filename: string, monitor: Monitor): Promise<void> {
  for (const node of nodes) {
    const { filename: wanted, ...rest } = node
    await monitor.execute('blockdev-add', wanted === undefined ? rest : { ...rest, filename })
  }
}

async function forgetDisk(name: string, monitor: Monitor): Promise<void> {
  await unlessGone(monitor.execute('blockdev-del', { 'node-name': name }))
  await unlessGone(monitor.execute('blockdev-del', { 'node-name': `${name}-file` }))
  await dropFile(monitor, name)
}

async function plugNic(step: Step<'plug-nic'>, monitor: Monitor, tools: LiveTools): Promise<void> {
  if (await isThere(step.name, monitor)) return
  await forgetNic(step.name, monitor)
  const descriptor = await tools.openTap(step.tap, step.bridge)
  try {
    await monitor.execute('getfd', { fdname: step.name }, { descriptors: [descriptor] })
  } finally {
    tools.close(descriptor)
  }
  try {
    await monitor.execute('netdev_add', step.backend)
    await monitor.execute('device_add', step.device)
    if (!step.connected) await monitor.execute('set_link', { name: step.name, up: false })
  } catch (error) {
    await unlessGone(monitor.execute('device_del', { id: step.name }))
    await forgetNic(step.name, monitor)
    throw error
  }
}

/** Its TAP is held by the netdev, or still by its own name. */
async function forgetNic(name: string, monitor: Monitor): Promise<void> {
  await unlessGone(monitor.execute('netdev_del', { id: `${name}-net` }))
  await unlessGone(monitor.execute('closefd', { fdname: name }))
}

/** `id` is a name or a QOM path. */
async function unplug(id: string, monitor: Monitor): Promise<void> {
  if (!id.startsWith('/') && !(await isThere(id, monitor))) return
  const concerns = (data: Readonly<Record<string, unknown>>) => data.device === id || data.path === id
  const event = await monitor.executeAndWait(
    () => monitor.execute('device_del', { id }),
    ({ name, data }) => (name === 'DEVICE_DELETED' || name === 'DEVICE_UNPLUG_GUEST_ERROR') && concerns(data),
    UNPLUG_TIMEOUT_MS,
  )
  if (event === null) {
    throw new VmHostFailure('device.unplug-timeout', 'device_del', `the guest did not let go of ${id} within ${UNPLUG_TIMEOUT_MS / 1000} s`)
  }
  if (event.name === 'DEVICE_UNPLUG_GUEST_ERROR') {
    throw new VmHostFailure('device.unplug-refused', 'device_del', `the guest refuses to let go of ${id}`)
  }
}

async function isThere(name: string, monitor: Monitor): Promise<boolean> {
  return (await peripherals(monitor)).includes(name)
}

async function peripherals(monitor: Monitor): Promise<readonly string[]> {
  const found = objects(await monitor.execute('qom-list', { path: '/machine/peripheral' }), 'qom-list')
  return found.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
}

/** What can fail is done before the old medium is out. Nodes of media have the number of the set in their names, as old and new are there together. */
async function changeMedium(step: Step<'change-medium'>, monitor: Monitor, tools: LiveTools): Promise<void> {
  await findDrive(step.drive, monitor)
  let inserted: string | null = null
  if (step.path !== null) {
    const filename = await passFile(monitor, tools.openFile(step.path, step.uid, true), step.drive, tools.close)
    const suffix = `.${filename.slice('/dev/fdset/'.length)}`
    inserted = suffix
    try {
      await addNodes(renamed(step.nodes, suffix), filename, monitor)
    } catch (error) {
      await forgetMedium(step.drive, suffix, monitor)
      throw error
    }
  }
  await monitor.execute('blockdev-open-tray', { id: step.drive, force: true })
  await monitor.execute('blockdev-remove-medium', { id: step.drive })
  if (inserted !== null) await monitor.execute('blockdev-insert-medium', { id: step.drive, 'node-name': `${step.drive}${inserted}` })
  await monitor.execute('blockdev-close-tray', { id: step.drive })
  for (const suffix of await suffixesOf(step.drive, monitor)) if (suffix !== inserted) await forgetMedium(step.drive, suffix, monitor)
}

/** Of all media that the drive has nodes of: the one that it was started with, and what was handed over since, also by a controld that did not get to insert it. */
async function suffixesOf(drive: string, monitor: Monitor): Promise<readonly string[]> {
  const sets = objects(await monitor.execute('query-fdsets'), 'query-fdsets')
  const ours = sets.filter((set) => objects(set.fds ?? [], 'query-fdsets').some((fd) => fd.opaque === drive))
  return ['', ...ours.map((set) => `.${String(set['fdset-id'])}`)]
}

function renamed(nodes: readonly Readonly<Record<string, unknown>>[], suffix: string): readonly Readonly<Record<string, unknown>>[] {
  return nodes.map((node) => ({
    ...node,
    'node-name': `${String(node['node-name'])}${suffix}`,
    ...(typeof node.file === 'string' ? { file: `${node.file}${suffix}` } : {}),
  }))
}

async function forgetMedium(drive: string, suffix: string, monitor: Monitor): Promise<void> {
  await unlessGone(monitor.execute('blockdev-del', { 'node-name': `${drive}${suffix}` }))
  await unlessGone(monitor.execute('blockdev-del', { 'node-name': `${drive}-file${suffix}` }))
  if (suffix !== '') await unlessGone(monitor.execute('remove-fd', { 'fdset-id': Number(suffix.slice(1)) }))
}

/** By what QEMU knows the drive of a device: its name, or where that is a part of the device (virtio-blk), the part's path. */
async function findDrive(name: string, monitor: Monitor): Promise<string> {
  const blocks = objects(await monitor.execute('query-block'), 'query-block')
  const found = blocks.find(({ qdev }) => typeof qdev === 'string' && qdev.split('/').includes(name))
  if (typeof found?.qdev !== 'string') throw new VmHostFailure('device.not-found', 'query-block', `there is no drive ${name}`)
  return found.qdev
}
