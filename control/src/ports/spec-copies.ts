// Where copies of VMs' specs are kept beside their disks. All of it is best effort: the store is what counts.
export interface SpecCopies {
  /** Null when there is no datastore. */
  list(): readonly { readonly id: string; readonly text: string }[] | null
  /** Whole or not at all, and on disk. Throws HostFailure. */
  write(id: string, text: string): void
  /** No-op when absent. Throws HostFailure. */
  remove(id: string): void
}
