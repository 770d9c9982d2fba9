// What is in a datastore.

export interface DatastoreFile {
  readonly name: string
  readonly sizeBytes: number
}
