// Plans what of a VM's edit can be done while it runs, step by step, and what is in force after each. Pure.
import type { LiveStep } from '../domain/live-step.ts'
import { NAT_BRIDGE } from '../domain/nat-network.ts'
import type { NicShape } from '../domain/traffic.ts'
import type { Cdrom, Disk, Nic, VmSpec } from '../domain/vm.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { same } from '../domain/vm-difference.ts'
import { mostVcpus } from '../domain/vm-rules.ts'
import { limitsStep } from './disk-limits.ts'
import type { PathOf } from './power-on.ts'
import { PANIC_ACTION } from './qemu-argv.ts'
import { blockNodes, cdromName, diskDevice, diskName } from './qemu-disks.ts'
import { nicBackend, nicDevice, nicName } from './qemu-nics.ts'
import { isShaped } from './traffic.ts'
import { rootPorts } from './vm-layout.ts'
import { tapName } from './vm-paths.ts'

const MIB = 1_048_576
/** Of virtio-mem: what it gives and takes at once at least. */
const MEMORY_STEP_MIB = 4

export interface LiveChangeInput {
  readonly uid: number
  readonly inForce: VmSpec
  readonly wanted: VmSpec
  readonly bootMemoryMiB: number
  readonly pathOf: PathOf
  /** How the traffic of a NIC is held, with the limits that it has. */
  readonly shapeOf: (nic: Nic) => NicShape
}

export interface PlannedStep {
  readonly step: LiveStep
  /** Takes it back. */
  readonly undo: LiveStep
  /** What it changes of what is in force. */
  readonly change: (spec: VmSpec) => VmSpec
  /** What is in force once it and those before it are taken. */
  readonly after: VmSpec
}

/** A fragment of the whole: the step with its way back, and the fields that it changes. */
type Move = Omit<PlannedStep, 'after'>

export function planLiveChange(input: LiveChangeInput): readonly PlannedStep[] {
  const comeAndGo = disks(input)
  const there = comeAndGo.reduce((spec, { change }) => change(spec), input.inForce)
  const moves = [
    ...comeAndGo,
    ...diskLimits(input, there),
    ...nics(input),
    ...nicLimits(input),
    ...media(input),
    ...vcpus(input),
    ...memory(input),
    ...panic(input),
  ]
  const steps: PlannedStep[] = []
  let spec = input.inForce
  for (const move of moves) {
    spec = move.change(spec)
    steps.push({ ...move, after: spec })
  }
  return steps
}

function bySlot<T extends { readonly slot: number }>(devices: readonly T[], slot: number): T | undefined {
  return devices.find((device) => device.slot === slot)
}

function disks({ inForce, wanted, uid, pathOf }: LiveChangeInput): Move[] {
  const ports = new Set(rootPorts(inForce).map(({ id }) => id))
  const scsi = inForce.disks.filter(({ bus }) => bus === 'virtio-scsi')
  // The controller is there for the disks that it was started with, and cannot be unplugged: the last of them stays until the VM is off.
  const lastScsi = scsi.some(({ slot }) => bySlot(wanted.disks, slot) !== undefined) ? undefined : scsi[0]
  const canUnplug = (disk: Disk) => (disk.bus === 'virtio-blk' || disk.bus === 'virtio-scsi') && disk !== lastScsi
  const leaving = inForce.disks.filter((disk) => bySlot(wanted.disks, disk.slot) === undefined && canUnplug(disk))
  const staying = inForce.disks.filter((disk) => !leaving.includes(disk))
  // What is in force may be another disk with the same file, which is still to go.
  const isFree = (disk: Disk) =>
    !staying.some((other) => isSameFile(other, disk) && !(other.readOnly && disk.readOnly)) &&
    (disk.readOnly || !inForce.cdroms.some(({ medium }) => medium !== null && isSameFile(medium, disk)))
  const hasPlace = ({ bus, slot }: Disk) =>
    bus === 'virtio-scsi' ? scsi.length > 0 : bus === 'virtio-blk' && (inForce.chipset === 'i440fx' || ports.has(`disk-port${slot}`))
  const plug = (disk: Disk): LiveStep => ({
    ...{ kind: 'plug-disk', name: diskName(disk.slot), path: pathOf(disk), readOnly: disk.readOnly, uid },
    ...{ nodes: blockNodes(diskName(disk.slot), '', disk.format, disk.readOnly), device: diskDevice(inForce, disk, 0) },
  })
  const unplug = ({ slot }: Disk): LiveStep => ({ kind: 'unplug-disk', name: diskName(slot) })
  return [
    ...leaving.map((disk): Move => ({ step: unplug(disk), undo: plug(disk), change: (spec) => without(spec, 'disks', disk.slot) })),
    ...wanted.disks
      .filter((disk) => bySlot(inForce.disks, disk.slot) === undefined && hasPlace(disk) && isFree(disk))
      .map((disk): Move => ({ step: plug(disk), undo: unplug(disk), change: (spec) => withDevice(spec, 'disks', disk) })),
  ]
}

function isSameFile(a: FileReference, b: FileReference): boolean {
  return a.datastore === b.datastore && a.file === b.file
}

/** A disk that is plugged in now is limited before its guest has found it. */
function diskLimits({ inForce, wanted }: LiveChangeInput, there: VmSpec): Move[] {
  return wanted.disks.flatMap((disk): Move[] => {
    if (bySlot(there.disks, disk.slot) === undefined) return []
    const before = bySlot(inForce.disks, disk.slot)?.limits ?? null
    if (same(before, disk.limits)) return []
    return [
      {
        step: limitsStep(disk, disk.limits),
        undo: limitsStep(disk, before),
        change: (spec) => {
          const now = bySlot(spec.disks, disk.slot)
          return now === undefined ? spec : withDevice(spec, 'disks', { ...now, limits: disk.limits })
        },
      },
    ]
  })
}

function nics({ inForce, wanted, uid }: LiveChangeInput): Move[] {
  const plug = (nic: Nic): LiveStep => ({
    ...{ kind: 'plug-nic', name: nicName(nic.slot), tap: tapName(uid, nic.slot), bridge: NAT_BRIDGE, connected: nic.connected },
    ...{ backend: nicBackend(nic, nicName(nic.slot)), device: nicDevice(inForce, nic) },
  })
  const unplug = ({ slot }: Nic): LiveStep => ({ kind: 'unplug-nic', name: nicName(slot) })
  const link = ({ slot }: Nic, up: boolean): LiveStep => ({ kind: 'set-link', name: nicName(slot), up })
  return [
    ...inForce.nics
      .filter(({ slot }) => bySlot(wanted.nics, slot) === undefined)
      .map((nic): Move => ({ step: unplug(nic), undo: plug(nic), change: (spec) => without(spec, 'nics', nic.slot) })),
    ...wanted.nics.flatMap((nic): Move[] => {
      const before = bySlot(inForce.nics, nic.slot)
      if (before === undefined) return [{ step: plug(nic), undo: unplug(nic), change: (spec) => withDevice(spec, 'nics', nic) }]
      if (before.connected === nic.connected) return []
      const change = (spec: VmSpec) => withDevice(spec, 'nics', { ...before, connected: nic.connected })
      return [{ step: link(nic, nic.connected), undo: link(nic, before.connected), change }]
    }),
  ]
}

/** One that is plugged in now is held as its pool is, too. */
function nicLimits({ inForce, wanted, shapeOf }: LiveChangeInput): Move[] {
  return wanted.nics.flatMap((nic): Move[] => {
    const before = bySlot(inForce.nics, nic.slot)
    const then = shapeOf(nic)
    if (before === undefined ? !isShaped(then) : same(before.limits, nic.limits)) return []
    const change = (spec: VmSpec) => {
      const now = bySlot(spec.nics, nic.slot)
      return now === undefined ? spec : withDevice(spec, 'nics', { ...now, limits: nic.limits })
    }
    return [
      {
        step: { kind: 'shape-nic', shape: then },
        undo: { kind: 'shape-nic', shape: shapeOf({ ...nic, limits: before?.limits ?? null }) },
        change,
      },
    ]
  })
}

function media({ inForce, wanted, uid, pathOf }: LiveChangeInput): Move[] {
  const insert = ({ slot }: Cdrom, medium: Cdrom['medium']): LiveStep => ({
    ...{ kind: 'change-medium', drive: cdromName(slot), path: medium === null ? null : pathOf(medium), uid },
    nodes: blockNodes(cdromName(slot), '', 'raw', true),
  })
  return wanted.cdroms.flatMap((drive): Move[] => {
    const before = bySlot(inForce.cdroms, drive.slot)
    if (before === undefined || same(before.medium, drive.medium)) return []
    const { medium } = drive
    // A disk that is in force may still write it.
    if (medium !== null && inForce.disks.some((disk) => !disk.readOnly && isSameFile(disk, medium))) return []
    const change = (spec: VmSpec) => withDevice(spec, 'cdroms', { ...before, medium: drive.medium })
    return [{ step: insert(drive, drive.medium), undo: insert(drive, before.medium), change }]
  })
}

function vcpus({ inForce, wanted }: LiveChangeInput): Move[] {
  if (wanted.vcpus === inForce.vcpus || wanted.vcpus > mostVcpus(inForce) || inForce.maxVcpus === null) return []
  const set = (count: number): LiveStep => ({ kind: 'set-vcpus', count })
  return [{ step: set(wanted.vcpus), undo: set(inForce.vcpus), change: (spec) => ({ ...spec, vcpus: wanted.vcpus }) }]
}

/** The device's size first, then the balloon, whose target counts it. */
function memory({ inForce, wanted, bootMemoryMiB }: LiveChangeInput): Move[] {
  const canResize =
    inForce.maxMemoryMiB !== null &&
    wanted.memoryMiB >= bootMemoryMiB &&
    wanted.memoryMiB <= inForce.maxMemoryMiB &&
    (wanted.memoryMiB - bootMemoryMiB) % MEMORY_STEP_MIB === 0
  const memoryMiB = canResize ? wanted.memoryMiB : inForce.memoryMiB
  // A target for memory that is not there yet waits with it.
  const memoryTargetMiB =
    wanted.memoryTargetMiB !== null && wanted.memoryTargetMiB > memoryMiB ? inForce.memoryTargetMiB : wanted.memoryTargetMiB
  const now = { memoryMiB: inForce.memoryMiB, memoryTargetMiB: inForce.memoryTargetMiB }
  const then = { memoryMiB, memoryTargetMiB }
  const set = (miB: number): LiveStep => ({ kind: 'set-hot-memory', bytes: (miB - bootMemoryMiB) * MIB })
  const resize: Move = { step: set(memoryMiB), undo: set(inForce.memoryMiB), change: (spec) => ({ ...spec, memoryMiB }) }
  const inflate: Move = {
    step: balloonStep(then, bootMemoryMiB),
    undo: balloonStep(now, bootMemoryMiB),
    change: (spec) => ({ ...spec, memoryTargetMiB }),
  }
  return [...(memoryMiB === inForce.memoryMiB ? [] : [resize]), ...(same(inflate.step, inflate.undo) ? [] : [inflate])]
}

/** QEMU's balloon counts only the memory that the VM was started with. */
export function balloonStep(
  { memoryMiB, memoryTargetMiB }: Pick<VmSpec, 'memoryMiB' | 'memoryTargetMiB'>,
  bootMemoryMiB: number,
): LiveStep {
  const hotMiB = memoryMiB - bootMemoryMiB
  return { kind: 'set-balloon', bytes: Math.min(bootMemoryMiB, Math.max(1, (memoryTargetMiB ?? memoryMiB) - hotMiB)) * MIB }
}

function panic({ inForce, wanted }: LiveChangeInput): Move[] {
  if (wanted.onPanic === inForce.onPanic) return []
  const set = (onPanic: VmSpec['onPanic']): LiveStep => ({ kind: 'set-panic-action', action: PANIC_ACTION[onPanic] })
  return [{ step: set(wanted.onPanic), undo: set(inForce.onPanic), change: (spec) => ({ ...spec, onPanic: wanted.onPanic }) }]
}

type DeviceList = 'disks' | 'cdroms' | 'nics'

function without(spec: VmSpec, list: DeviceList, slot: number): VmSpec {
  const devices: readonly { readonly slot: number }[] = spec[list]
  return { ...spec, [list]: devices.filter((device) => device.slot !== slot) }
}

function withDevice(spec: VmSpec, list: DeviceList, device: Disk | Cdrom | Nic): VmSpec {
  const devices: readonly (Disk | Cdrom | Nic)[] = spec[list]
  const others = devices.filter(({ slot }) => slot !== device.slot)
  return { ...spec, [list]: [...others, device].sort((a, b) => a.slot - b.slot) }
}
