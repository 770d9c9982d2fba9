// What keeps a VM from starting, and where its files are when nothing does.
import type { Problem } from '../domain/problem.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { PathOf } from '../plan/power-on.ts'
import type { VmRecord } from '../ports/store.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import { findFileConflicts, resolveFiles } from './vm-files.ts'

/** Refuses with everything that keeps the VM from being started with `spec`, coded by the first. */
export function requireStartable(
  ports: Pick<AppPorts, 'datastores' | 'host'> & WithFileLocks,
  record: VmRecord,
  spec: VmSpec,
  records: Iterable<VmRecord>,
): PathOf {
  const { pathOf, problems } = resolveFiles(spec, ports)
  const all = [...findObstacles(spec, ports.host.facts.kvm.available), ...findFileConflicts(record.id, spec, records), ...problems]
  const [first] = all
  if (first === undefined) return pathOf
  const where = first.field === '' ? '' : `${first.field} `
  throw new Refusal('conflict', first.code, `${record.spec.name} cannot start: ${where}${first.message}.`, all)
}

function findObstacles({ boot, disks, cdroms }: VmSpec, kvm: boolean): Problem[] {
  return [
    ...(kvm ? [] : [{ code: 'kvm.unavailable', field: '', message: 'this machine offers no hardware virtualisation (KVM)' }]),
    ...(boot.from === 'disk' && disks.length === 0
      ? [{ code: 'vm.boot.no-disk', field: 'boot.from', message: 'says disk, but there is none' }]
      : []),
    ...(boot.from === 'cdrom' && cdroms.every(({ medium }) => medium === null)
      ? [{ code: 'vm.boot.no-cdrom', field: 'boot.from', message: 'says cdrom, but there is no medium' }]
      : []),
  ]
}
