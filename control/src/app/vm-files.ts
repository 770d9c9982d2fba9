// The files that a VM uses: which, who else uses them, and where they are.
import type { ImageFormat } from '../domain/disk-image.ts'
import type { Problem } from '../domain/problem.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import type { PathOf } from '../plan/power-on.ts'
import type { VmRecord } from '../ports/store.ts'
import type { WithFileLocks } from './file-locks.ts'
import type { AppPorts } from './ports.ts'

export interface Use {
  readonly field: string
  readonly reference: FileReference
  readonly writable: boolean
  /** As what it is read; null for what has no format. */
  readonly format: ImageFormat | null
  /** Of a disk. */
  readonly slot: number | null
}

export function usesOf(spec: VmSpec): Use[] {
  const { boot } = spec
  const media = (field: string, reference: FileReference | null, format: ImageFormat | null): Use[] =>
    reference === null ? [] : [{ field, reference, writable: false, format, slot: null }]
  return [
    ...spec.disks.map((disk, index): Use => {
      const { format, slot } = disk
      return { field: `disks[${index}].file`, reference: disk, writable: !disk.readOnly, format, slot }
    }),
    ...spec.cdroms.flatMap(({ medium }, index) => media(`cdroms[${index}].medium.file`, medium, 'raw')),
    ...(boot.from === 'kernel' ? [...media('boot.kernel.file', boot.kernel, null), ...media('boot.initrd.file', boot.initrd, null)] : []),
  ]
}

/** Every spec whose files a VM holds: what is wanted, what is in force, what is becoming, and what it was suspended with. */
export function specsOf({ spec, startedSpec, changingTo, suspended }: VmRecord): readonly VmSpec[] {
  return [spec, startedSpec, changingTo, suspended?.spec ?? null].filter((one) => one !== null)
}

function key({ datastore, file }: FileReference): string {
  return `${datastore}/${file}`
}

/** A file that one VM writes is no other VM's, in what is wanted of it or in what it was started with, and has no second use in its own. */
export function findFileConflicts(id: string, spec: VmSpec, others: Iterable<VmRecord>): Problem[] {
  const holders = new Map<string, { readonly name: string; readonly written: boolean }>()
  for (const other of others) {
    if (other.id === id) continue
    const uses = specsOf(other).flatMap(usesOf)
    for (const use of uses) {
      const file = key(use.reference)
      holders.set(file, { name: other.spec.name, written: use.writable || holders.get(file)?.written === true })
    }
  }
  const written = new Set<string>()
  return usesOf(spec).flatMap(({ field, reference, writable }): Problem[] => {
    const file = key(reference)
    const got = reference.file
    const holder = holders.get(file)
    if (holder !== undefined && (writable || holder.written)) {
      return [{ code: 'vm.disk.in-use', field, message: `is used by the VM ${holder.name}, and only one VM may write a file`, got }]
    }
    if (written.has(file)) return [{ code: 'vm.disk.in-use', field, message: 'is a writable disk of this VM already', got }]
    if (writable) written.add(file)
    return []
  })
}

/** Where every file is, or a problem for each that is not there, or that a task is working on. */
export function resolveFiles(
  spec: VmSpec,
  { datastores, fileLocks }: Pick<AppPorts, 'datastores'> & WithFileLocks,
): { readonly pathOf: PathOf; readonly problems: readonly Problem[] } {
  const paths = new Map<string, string>()
  const problems: Problem[] = []
  for (const { field, reference, writable } of usesOf(spec)) {
    const got = reference.file
    const work = fileLocks.disturbs({ ...reference, writes: writable })
    const path = datastores.resolve(reference.datastore, reference.file)
    if (work !== null) problems.push({ code: 'file.busy', field, message: `is busy: ${work} is at work on it`, got })
    else if (path !== null) paths.set(key(reference), path)
    else problems.push({ code: 'vm.disk.file-missing', field, message: `is not in the datastore ${reference.datastore}`, got })
  }
  const pathOf: PathOf = (reference) => {
    const path = paths.get(key(reference))
    if (path === undefined) throw new Error(`${reference.file} was not resolved`)
    return path
  }
  return { pathOf, problems }
}
