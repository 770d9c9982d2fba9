// Plans the start of a VM: which steps on the host, in which order. Pure.
import type { Effect, Plan, ViewEntry } from '../domain/effect.ts'
import { NAT_BRIDGE } from '../domain/nat-network.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import type { NicShape } from '../domain/traffic.ts'
import type { Nic, VmSpec } from '../domain/vm.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { cloudInitFiles } from './cloud-init.ts'
import { limitsStep } from './disk-limits.ts'
import { pageNodes } from './huge-pages.ts'
import { balloonStep } from './live-change.ts'
import { USUAL_OOM_SCORE_ADJ } from './oom-score.ts'
import { NOTHING_PASSED, type PassedDevices } from './passthrough.ts'
import { QEMU, renderQemuArgv } from './qemu-argv.ts'
import type { MemoryPlace } from './qemu-memory.ts'
import { nicName } from './qemu-nics.ts'
import { groupDevice, passedLinks, passedView } from './qemu-pci.ts'
import { isShaped } from './traffic.ts'
import { OVMF, serialPaths, tapName, VIEW, vmPaths } from './vm-paths.ts'
import { shareOf } from './vm-share.ts'
import { TPM_DESCRIPTOR, tpmArgv, tpmView } from './vm-tpm.ts'
import { data, device, LIBRARIES, program } from './vm-view.ts'

/** Absolute host path of a file that the spec names; it is there. */
export type PathOf = (reference: FileReference) => string

/** Where a VM goes on the host. */
export interface Place {
  /** Of all its processes. */
  readonly group: ResourceGroup
  /** Of its vCPUs, where they have CPUs of their own. */
  readonly vcpuGroup: ResourceGroup | null
  /** By vCPU the CPUs that it is held to; null: none is. */
  readonly vcpus: readonly (readonly number[])[] | null
  /** NUMA nodes that its memory comes from; null: wherever. */
  readonly nodes: readonly number[] | null
  /** All that have memory. */
  readonly memoryNodes: readonly number[]
}

export interface PowerOnInput {
  readonly id: string
  readonly uid: number
  readonly spec: VmSpec
  readonly pathOf: PathOf
  readonly place: Place
  /** How the traffic of a NIC is held. */
  readonly shapeOf: (nic: Nic) => NicShape
  /** A VM that was suspended goes on where it was: it was started with this much memory, and is not yet let run when the plan is through. */
  readonly suspended: { readonly bootMemoryMiB: number } | null
  /** Where its devices of the host are just now; default: it has none. */
  readonly passed?: PassedDevices
}

/** A slow machine needs a while to load QEMU; one that takes longer has a problem. */
const QMP_TIMEOUT_MS = 30_000
/** An hour of reading, at 100 MB/s, is 360 GB of memory. */
const RESTORE_TIMEOUT_MS = 3_600_000
const FIRST_DESCRIPTOR = 3

export function planPowerOn({ id, uid, spec, pathOf, place, shapeOf, suspended, passed = NOTHING_PASSED }: PowerOnInput): Plan {
  const { group } = place
  const paths = vmPaths(id)
  const serials = Array.from({ length: spec.serialPorts }, (_, port) => `serial${port}`)
  const nics = spec.nics.map(({ slot }) => nicName(slot))
  const names = ['qmp', ...serials, ...(spec.guestAgent ? ['agent'] : []), ...(spec.tpm ? ['tpm'] : []), ...nics]
  const number = (name: string) => FIRST_DESCRIPTOR + names.indexOf(name)
  const argv = renderQemuArgv({
    spec,
    bootMemoryMiB: suspended?.bootMemoryMiB ?? spec.memoryMiB,
    descriptors: {
      ...{ qmp: number('qmp'), serials: serials.map(number) },
      ...{ agent: spec.guestAgent ? number('agent') : null, tpm: spec.tpm ? number('tpm') : null },
      nics: Object.fromEntries(spec.nics.map(({ slot }) => [slot, number(nicName(slot))])),
    },
    incoming: suspended !== null,
    memory: memoryPlace(spec, place),
    passed,
  })
  return [
    ...ownFiles(spec, pathOf, uid),
    ...kept(id, spec, uid),
    // First made and last removed of what a start leaves: a controld that comes later looks for cgroups.
    { kind: 'make-cgroup', path: group.path, files: group.files },
    { kind: 'make-run-directory', path: paths.runDirectory },
    ...(spec.cloudInit === null
      ? []
      : [{ kind: 'make-seed', path: paths.cloudInitSeed, label: 'CIDATA', files: cloudInitFiles(spec, spec.cloudInit) } as const]),
    { kind: 'listen', name: 'qmp', path: paths.qmpSocket },
    ...serials.map((name, port): Effect => ({ kind: 'listen', name, path: paths.serialSocket(port) })),
    ...(spec.guestAgent ? [{ kind: 'listen', name: 'agent', path: paths.agentSocket } as const] : []),
    ...tpm(id, spec, uid, place.group),
    ...handOver(id, uid, passed),
    ...spec.nics.map(({ slot }): Effect => ({ kind: 'open-tap', name: nicName(slot), device: tapName(uid, slot), bridge: NAT_BRIDGE })),
    {
      kind: 'start-process',
      argv,
      uid,
      ...placeIn(group),
      view: [...systemView(), ...fileView(id, spec, pathOf), ...passedView(passed)],
      coreScheduling: spec.coreScheduling,
      descriptors: Object.fromEntries(names.map((name) => [number(name), name])),
      ...(spec.pciDevices.length === 0 ? {} : { links: passedLinks(passed), lockableBytes: lockableBytes(id, spec) }),
    },
    ...serials.map((_, port): Effect => ({ kind: 'open-serial', port, ...serialPaths(id, port) })),
    ...(spec.guestAgent ? [{ kind: 'attach-agent', path: paths.agentSocket } as const] : []),
    { kind: 'connect-qmp', path: paths.qmpSocket, timeoutMs: QMP_TIMEOUT_MS },
    ...vcpus(place),
    ...spec.disks.flatMap((disk): Effect[] => (disk.limits === null ? [] : [{ kind: 'configure', step: limitsStep(disk, disk.limits) }])),
    ...spec.nics
      .map(shapeOf)
      .filter(isShaped)
      .map((shape): Effect => ({ kind: 'configure', step: { kind: 'shape-nic', shape } })),
    ...spec.nics.flatMap(({ slot, connected }): Effect[] =>
      connected ? [] : [{ kind: 'configure', step: { kind: 'set-link', name: nicName(slot), up: false } }],
    ),
    ...(suspended === null
      ? [...balloon(spec), { kind: 'continue' } as const]
      : [{ kind: 'restore', path: paths.suspended, timeoutMs: RESTORE_TIMEOUT_MS } as const]),
  ]
}

function vcpus({ group, vcpuGroup, vcpus: cpus }: Place): Effect[] {
  return vcpuGroup === null && cpus === null ? [] : [{ kind: 'place-vcpus', group: group.path, apart: vcpuGroup, cpus }]
}

/** Pages that are set aside on certain nodes come from nowhere else. */
function memoryPlace(spec: VmSpec, { nodes, memoryNodes }: Place): MemoryPlace {
  return spec.hugePages === 'none' ? { nodes, strict: false } : { nodes: pageNodes(spec, memoryNodes), strict: true }
}

/** A group that says nothing of it is as one of normal priority. */
function placeIn({ path, oomScoreAdj = USUAL_OOM_SCORE_ADJ }: ResourceGroup) {
  return { cgroup: path, oomScoreAdj }
}

function handOver(id: string, uid: number, { leaving, groups }: PassedDevices): Effect[] {
  return [
    ...leaving.map((address): Effect => ({ kind: 'hand-over', address, vm: id })),
    ...[...new Set(Object.values(groups))].map((group): Effect => ({ kind: 'own-device', path: groupDevice(group), uid })),
  ]
}

/** As much as it may have at all: a device may be told to write to any of it. */
function lockableBytes(id: string, spec: VmSpec): number {
  const { ceilingMiB, hugeMiB } = shareOf(id, spec)
  return (ceilingMiB + hugeMiB) * 1_048_576
}

function balloon(spec: VmSpec): Effect[] {
  return spec.memoryTargetMiB === null ? [] : [{ kind: 'configure', step: balloonStep(spec, spec.memoryMiB) }]
}

/** Media come first: a file may be a read-only disk and a CD of the same VM, never also its writable disk. */
function ownFiles(spec: VmSpec, pathOf: PathOf, uid: number): Effect[] {
  const shared = [
    ...bootFiles(spec),
    ...spec.cdroms.flatMap(({ medium }) => medium ?? []),
    ...spec.disks.filter(({ readOnly }) => readOnly),
  ]
  const own = spec.disks.filter(({ readOnly }) => !readOnly)
  return [
    ...[...new Set(shared.map(pathOf))].map((path): Effect => ({ kind: 'own-file', path, uid, shared: true })),
    ...own.map((disk): Effect => ({ kind: 'own-file', path: pathOf(disk), uid, shared: false })),
  ]
}

function bootFiles({ boot }: VmSpec): FileReference[] {
  return boot.from === 'kernel' ? [boot.kernel, ...(boot.initrd === null ? [] : [boot.initrd])] : []
}

/** What outlives a power-off beside the disks. */
function kept(id: string, spec: VmSpec, uid: number): Effect[] {
  const { keptDirectory, nvram, tpmDirectory } = vmPaths(id)
  const variables = spec.firmware === 'uefi-secure-boot' ? OVMF.secureVars : OVMF.vars
  return [
    ...(spec.firmware === 'bios' && !spec.tpm ? [] : [{ kind: 'make-directory', path: keptDirectory, uid: 0 } as const]),
    ...(spec.firmware === 'bios' ? [] : [{ kind: 'copy-once', source: variables, path: nvram(spec.firmware), uid } as const]),
    ...(spec.tpm ? [{ kind: 'make-directory', path: tpmDirectory, uid } as const] : []),
  ]
}

function tpm(id: string, spec: VmSpec, uid: number, group: ResourceGroup): Effect[] {
  if (!spec.tpm) return []
  const { tpmDirectory } = vmPaths(id)
  return [
    { kind: 'socket-pair', names: ['tpm', 'tpm-control'] },
    {
      kind: 'start-helper',
      ...{ argv: tpmArgv(), uid, ...placeIn(group), view: tpmView(tpmDirectory), coreScheduling: spec.coreScheduling },
      descriptors: { [TPM_DESCRIPTOR]: 'tpm-control' },
    },
  ]
}

/** QEMU, its libraries and firmware, and three devices. */
function systemView(): ViewEntry[] {
  return [
    program(QEMU),
    ...LIBRARIES,
    ...['/usr/share/qemu', '/usr/share/seabios', '/usr/share/OVMF'].map((path) => data(path)),
    ...['/dev/kvm', '/dev/null', '/dev/urandom'].map(device),
  ]
}

function fileView(id: string, spec: VmSpec, pathOf: PathOf): ViewEntry[] {
  const { boot } = spec
  const paths = vmPaths(id)
  return [
    ...spec.disks.map((disk) => data(pathOf(disk), VIEW.disk(disk.slot), disk.readOnly)),
    ...spec.cdroms.flatMap(({ slot, medium }) => (medium === null ? [] : [data(pathOf(medium), VIEW.cdrom(slot))])),
    ...(boot.from === 'kernel' ? [data(pathOf(boot.kernel), VIEW.kernel)] : []),
    ...(boot.from === 'kernel' && boot.initrd !== null ? [data(pathOf(boot.initrd), VIEW.initrd)] : []),
    ...(spec.firmware === 'bios' ? [] : [data(paths.nvram(spec.firmware), VIEW.nvram, false)]),
    ...(spec.cloudInit === null ? [] : [data(paths.cloudInitSeed, VIEW.cloudInit)]),
  ]
}
