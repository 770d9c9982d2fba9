// Plans the start of a VM: which steps on the host, in which order. Pure.
import type { Effect, Plan, ViewEntry } from '../domain/effect.ts'
import { NAT_BRIDGE } from '../domain/nat-network.ts'
import type { VmSpec } from '../domain/vm.ts'
import { QEMU, renderQemuArgv } from './qemu-argv.ts'
import { SERIAL_LOG_BYTES, tapName, VIEW, vmPaths } from './vm-paths.ts'

/** Absolute host paths of the files that the spec names. */
export interface ResolvedFiles {
  readonly disks: readonly string[]
  readonly cdrom: string | null
  readonly kernel: string | null
  readonly initrd: string | null
}

export interface PowerOnInput {
  readonly id: string
  readonly uid: number
  readonly spec: VmSpec
  readonly files: ResolvedFiles
}

/** A slow machine needs a while to load QEMU; one that takes longer has a problem. */
const QMP_TIMEOUT_MS = 30_000
/** QEMU's threads: vCPUs, block I/O workers and a few more. */
const MAX_PROCESSES = 512
const FIRST_DESCRIPTOR = 3

export function planPowerOn({ id, uid, spec, files }: PowerOnInput): Plan {
  const paths = vmPaths(id)
  const nics = spec.nics.map((_, index) => `nic${index}`)
  const names = ['qmp', 'serial', ...nics]
  const number = (name: string) => FIRST_DESCRIPTOR + names.indexOf(name)
  const argv = renderQemuArgv(id, spec, { qmp: number('qmp'), serial: number('serial'), nics: nics.map(number) })
  return [
    ...ownFiles(spec, files, uid),
    { kind: 'make-run-directory', path: paths.runDirectory },
    { kind: 'make-cgroup', path: paths.cgroup, files: { 'pids.max': String(MAX_PROCESSES) } },
    { kind: 'listen', name: 'qmp', path: paths.qmpSocket },
    { kind: 'listen', name: 'serial', path: paths.serialSocket },
    ...nics.map((name, index): Effect => ({ kind: 'open-tap', name, device: tapName(uid, index), bridge: NAT_BRIDGE })),
    {
      kind: 'start-process',
      argv,
      uid,
      cgroup: paths.cgroup,
      view: [...systemView(), ...fileView(spec, files)],
      descriptors: Object.fromEntries(names.map((name) => [number(name), name])),
    },
    { kind: 'open-serial', path: paths.serialSocket, logPath: paths.serialLog, maxLogBytes: SERIAL_LOG_BYTES },
    { kind: 'connect-qmp', path: paths.qmpSocket, timeoutMs: QMP_TIMEOUT_MS },
    { kind: 'continue' },
  ]
}

/** Media come first: a file may be a read-only disk and a CD of the same VM, never also its writable disk. */
function ownFiles(spec: VmSpec, files: ResolvedFiles, uid: number): Effect[] {
  const shared = [files.kernel, files.initrd, files.cdrom, ...files.disks.filter((_, index) => spec.disks[index]?.readOnly)]
  const own = files.disks.filter((_, index) => !spec.disks[index]?.readOnly)
  return [
    ...[...new Set(shared)].flatMap((path): Effect[] => (path === null ? [] : [{ kind: 'own-file', path, uid, shared: true }])),
    ...own.map((path): Effect => ({ kind: 'own-file', path, uid, shared: false })),
  ]
}

/** QEMU, its libraries under both names that the loader uses, its firmware, and three devices. */
function systemView(): ViewEntry[] {
  const program = (source: string, target = source): ViewEntry => ({ source, target, readOnly: true, device: false, executable: true })
  const data = (path: string): ViewEntry => ({ source: path, target: path, readOnly: true, device: false, executable: false })
  const device = (path: string): ViewEntry => ({ source: path, target: path, readOnly: false, device: true, executable: false })
  return [
    program(QEMU),
    ...[program('/usr/lib'), program('/usr/lib64'), program('/usr/lib', '/lib'), program('/usr/lib64', '/lib64')],
    ...['/usr/share/qemu', '/usr/share/seabios', '/usr/share/OVMF'].map(data),
    ...['/dev/kvm', '/dev/null', '/dev/urandom'].map(device),
  ]
}

function fileView(spec: VmSpec, files: ResolvedFiles): ViewEntry[] {
  const file = (source: string | null, target: string, readOnly: boolean): ViewEntry[] =>
    source === null ? [] : [{ source, target, readOnly, device: false, executable: false }]
  return [
    ...files.disks.flatMap((source, index) => file(source, VIEW.disk(index), spec.disks[index]?.readOnly ?? true)),
    ...file(files.cdrom, VIEW.cdrom, true),
    ...file(files.kernel, VIEW.kernel, true),
    ...file(files.initrd, VIEW.initrd, true),
  ]
}
