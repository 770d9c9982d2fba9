// The files that a VM uses: which, who else uses them, and where they are.
import type { Problem } from '../domain/problem.ts'
import type { FileReference, VmSpec } from '../domain/vm.ts'
import type { ResolvedFiles } from '../plan/power-on.ts'
import type { Datastores } from '../ports/host.ts'
import type { VmRecord } from '../ports/store.ts'

interface Use {
  readonly field: string
  readonly reference: FileReference
  readonly writable: boolean
}

function usesOf(spec: VmSpec): Use[] {
  const { boot } = spec
  const media = (field: string, reference: FileReference | null): Use[] =>
    reference === null ? [] : [{ field, reference, writable: false }]
  return [
    ...spec.disks.map((disk, index): Use => ({ field: `disks[${index}].file`, reference: disk, writable: !disk.readOnly })),
    ...media('cdrom.file', spec.cdrom),
    ...(boot.from === 'kernel' ? [...media('boot.kernel.file', boot.kernel), ...media('boot.initrd.file', boot.initrd)] : []),
  ]
}

function key({ datastore, file }: FileReference): string {
  return `${datastore}/${file}`
}

/** A file that one VM writes is no other VM's, in what is wanted of it or in what it was started with, and has no second use in its own. */
export function findFileConflicts(id: string, spec: VmSpec, others: Iterable<VmRecord>): Problem[] {
  const holders = new Map<string, { readonly name: string; readonly written: boolean }>()
  for (const other of others) {
    if (other.id === id) continue
    const uses = [other.spec, ...(other.startedSpec === null ? [] : [other.startedSpec])].flatMap(usesOf)
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

/** Where every file is, or a problem for each that is not there. */
export function resolveFiles(
  spec: VmSpec,
  datastores: Datastores,
): { readonly files: ResolvedFiles; readonly problems: readonly Problem[] } {
  const paths = new Map<string, string>()
  const problems: Problem[] = []
  for (const { field, reference } of usesOf(spec)) {
    const path = datastores.resolve(reference.datastore, reference.file)
    if (path !== null) paths.set(key(reference), path)
    else
      problems.push({ code: 'vm.disk.file-missing', field, message: `is not in the datastore ${reference.datastore}`, got: reference.file })
  }
  const pathOf = (reference: FileReference | null) => (reference === null ? null : (paths.get(key(reference)) ?? null))
  const { boot } = spec
  return {
    files: {
      disks: spec.disks.map((disk) => pathOf(disk) ?? ''),
      cdrom: pathOf(spec.cdrom),
      kernel: boot.from === 'kernel' ? pathOf(boot.kernel) : null,
      initrd: boot.from === 'kernel' ? pathOf(boot.initrd) : null,
    },
    problems,
  }
}
