// What is in a datastore.

export interface Datastore {
  readonly name: string
  /** Of its file system: what it is known by, wherever its disk is plugged in. Null when it could not be found out. */
  readonly uuid: string | null
  readonly totalBytes: number
  readonly availableBytes: number
}

export interface DatastoreFile {
  readonly name: string
  readonly sizeBytes: number
  /** What it takes: less than its size where it has holes. */
  readonly allocatedBytes: number
  /** RFC 3339, UTC. */
  readonly modifiedAt: string
}

/** Files that begin so are not whole yet, or on their way out: nobody sees them, and a starting controld removes them. */
export const UNFINISHED_PREFIX = '.unfinished-'
