// The copy of a VM's spec that is kept beside its disks, so that the VM can be taken in from its datastore alone.

const SPEC_COPY_FORMAT = 1

export interface SpecCopy {
  readonly id: string
  /** What its files belong to, if that is free where it is taken in. */
  readonly uid: number
  readonly spec: Readonly<Record<string, unknown>>
}

export function renderSpecCopy({ id, uid, spec }: { readonly id: string; readonly uid: number; readonly spec: object }): string {
  return `${JSON.stringify({ format: SPEC_COPY_FORMAT, id, uid, spec })}\n`
}

/** Null for what is none, or of a format that there is not yet. The spec is looked at by whoever takes it in. */
export function parseSpecCopy(id: string, text: string): SpecCopy | null {
  let value: Partial<Record<'format' | 'id' | 'uid' | 'spec', unknown>> | null
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { format, uid, spec } = value
  if (format !== SPEC_COPY_FORMAT || value.id !== id || typeof uid !== 'number' || typeof spec !== 'object' || spec === null) return null
  return { id, uid, spec: spec as SpecCopy['spec'] }
}

export interface KeptVm {
  readonly id: string
  /** Null where nothing can be made of the copy. */
  readonly name: string | null
  /** `registered`: the host knows it already. `unreadable`: of another version, or damaged. */
  readonly state: 'adoptable' | 'registered' | 'unreadable'
  /** Of its disks and media, those that are not in a datastore of this host. */
  readonly missing: readonly string[]
}
