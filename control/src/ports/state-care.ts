// What is done to the partitions of state and datastore as a whole: forgetting all that is on them, and making a broken one anew.

/** `state`: all but the datastores. */
export type ResetScope = 'state' | 'everything'

export interface StateCare {
  /** What the next start of the host forgets, before anything else looks at it; null: nothing. On disk when it returns. Throws HostFailure. */
  order(scope: ResetScope | null): void
  /** Makes a file system on the device, whose content is copied into the datastore before that if `keep`. Rejects with HostFailure, `state.no-room` among them; then nothing is changed. */
  renew(device: string, keep: boolean): Promise<void>
}
