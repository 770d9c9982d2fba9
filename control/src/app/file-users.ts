// Which VMs use a file, in which way, and what that forbids.
import type { ImageFormat } from '../domain/disk-image.ts'
import type { Problem } from '../domain/problem.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import type { VmRecord } from '../ports/store.ts'
import { Refusal } from './refusal.ts'
import { usesOf } from './vm-files.ts'

export interface FileUser {
  readonly record: VmRecord
  /** What is wanted of the VM, what its process has open (or is being given), or what it was suspended with. */
  readonly as: 'wanted' | 'open' | 'suspended'
  readonly writable: boolean
  /** As what the VM has it; null where it matters to nobody, as for a kernel. */
  readonly format: ImageFormat | null
  /** Of the disk; null for other uses. */
  readonly slot: number | null
}

/** `isBusy` tells of a VM whether a task is at it: then what is wanted of it counts as open, for it may be so in a moment. */
export function usersOf(file: FileReference, records: Iterable<VmRecord>, isBusy: (id: string) => boolean): readonly FileUser[] {
  const isFile = (other: FileReference) => other.file === file.file && other.datastore === file.datastore
  return [...records].flatMap((record) => {
    const { spec, startedSpec, changingTo, suspended } = record
    const specs = [
      [spec, isBusy(record.id) ? 'open' : 'wanted'],
      [startedSpec, 'open'],
      [changingTo, 'open'],
      [suspended?.spec ?? null, 'suspended'],
    ] as const
    return specs.flatMap(([one, as]) =>
      (one === null ? [] : usesOf(one))
        .filter(({ reference }) => isFile(reference))
        .map(({ writable, format, slot }): FileUser => ({ record, as, writable, format, slot })),
    )
  })
}

/** Refuses with `file.in-use`, naming each VM, when there is any user. */
export function requireNone(file: FileReference, users: readonly FileUser[]): void {
  const names = [...new Set(users.map(({ record }) => record.spec.name))]
  if (names.length === 0) return
  const problems = names.map((name): Problem => ({ code: 'file.in-use', field: '', message: `is used by the VM ${name}`, got: file.file }))
  throw new Refusal('conflict', 'file.in-use', `${file.file} is used by ${names.join(', ')}.`, problems)
}
