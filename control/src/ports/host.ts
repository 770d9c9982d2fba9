// The machine itself: what it is, how it does, and turning it off.
import type { BootOutcome, BootRequest } from '../domain/boot-outcome.ts'
import type { Datastore, DatastoreFile } from '../domain/datastore.ts'
import type { HostFacts, HostStatus } from '../domain/host.ts'
import type { HostTopology } from '../domain/topology.ts'

export interface Host {
  /** Read once at start. */
  readonly facts: HostFacts
  /** Read at start, and those parts again that have changed since: CPUs, PCI devices and their drivers. Huge pages are counted each time. Throws nothing. */
  topology(): HostTopology
  /** Another with each boot of the machine, the same for as long as it runs. */
  readonly bootId: string
  observeStatus(): HostStatus
  readonly bootOutcome: BootOutcome
  readonly bootRequest: BootRequest
  /** SHA-256 of the TLS certificate, `AA:BB:…`; null until it exists. */
  certificateFingerprint(): string | null
  /** Asks init to stop everything and power off or restart. */
  powerOff(): void
  restart(): void
}

export interface Datastores {
  /** Names of mounted datastores: none or `local`. */
  list(): readonly Datastore[]
  /** Plain files, those left out whose name begins with a dot. Null when there is no such datastore. */
  files(datastore: string): readonly DatastoreFile[] | null
  /** The absolute path of a plain file in a datastore, or null when it is not there (symlinks, directories and names that begin with a dot count as not there). */
  resolve(datastore: string, file: string): string | null
  /** Where a file of this name is or would be; null when there is no such datastore, or it is no name of a file. */
  place(datastore: string, file: string): string | null
}
