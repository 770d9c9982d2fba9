// A host and its datastores as a test describes them; remembers what was done to it.
import type { BootOutcome, BootRequest } from '../../control/src/domain/boot-outcome.ts'
import type { Datastore, DatastoreFile } from '../../control/src/domain/datastore.ts'
import type { HostFacts, HostStatus } from '../../control/src/domain/host.ts'
import type { HostTopology } from '../../control/src/domain/topology.ts'
import type { Clock } from '../../control/src/ports/clock.ts'
import type { Datastores, Host } from '../../control/src/ports/host.ts'
import { TWO_NODES } from './topology.ts'

export const BOOT_OUTCOME: BootOutcome = {
  seed: { state: 'absent', problems: [], document: null },
  install: { mode: 'none', seedSha256: null },
  state: 'persistent',
  stateProblem: null,
  brokenState: null,
  stateNotes: [],
  datastore: { present: true, problem: null },
  management: { adapter: 'eth0', mode: 'dhcp', problem: null },
  nat: { ready: true, problem: null },
}

export class FakeHost implements Host {
  bootId = 'boot 1'
  facts: HostFacts = {
    product: 'Corbel',
    version: '0.1.0',
    machine: { vendor: 'Vendor', model: 'Model', serial: 'S1' },
    cpu: { model: 'CPU', sockets: 1, cores: 2, threads: 4 },
    memoryMiB: 131_072,
    kvm: { available: true, kind: 'amd' },
    tpm: { sha256: Array.from({ length: 24 }, () => '00'.repeat(32)) },
  }
  /** What {@link topology} answers. */
  made: HostTopology = TWO_NODES
  bootOutcome: BootOutcome = BOOT_OUTCOME
  bootRequest: BootRequest = { previousGeneration: false, resetNetwork: false }
  addresses: HostStatus['addresses'] = [{ adapter: 'eth0', address: '10.0.2.15', family: 4, origin: 'dhcp' }]
  fingerprint: string | null = 'AA:BB'
  hostname = 'corbel'
  readonly done: string[] = []
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  observeStatus(): HostStatus {
    return {
      hostname: this.hostname,
      time: this.#clock.now(),
      uptimeSeconds: Math.floor(this.#clock.monotonicMs() / 1000),
      memory: { totalMiB: 8192, usedMiB: 512 },
      addresses: this.addresses,
    }
  }

  topology(): HostTopology {
    return this.made
  }

  certificateFingerprint(): string | null {
    return this.fingerprint
  }

  powerOff(): void {
    this.done.push('power-off')
  }

  restart(): void {
    this.done.push('restart')
  }
}

const DATASTORE_UUID = '0f3c2a1e-5b7d-4c9a-8e21-6d4f5a3b2c10'
const MODIFIED_AT = '2025-12-31T00:00:00.000Z'

export class FakeDatastores implements Datastores {
  /** Sizes in bytes by file name, in the one datastore `local`; null: it is not there. */
  contents: Map<string, number> | null
  availableBytes = 500_000_000_000

  constructor(...names: string[]) {
    this.contents = new Map(names.map((name) => [name, 1024]))
  }

  list(): readonly Datastore[] {
    if (this.contents === null) return []
    return [{ name: 'local', uuid: DATASTORE_UUID, totalBytes: 1_000_000_000_000, availableBytes: this.availableBytes }]
  }

  files(datastore: string): readonly DatastoreFile[] | null {
    if (datastore !== 'local' || this.contents === null) return null
    const visible = [...this.contents].filter(([name]) => !name.startsWith('.'))
    return visible.map(([name, sizeBytes]) => ({ name, sizeBytes, allocatedBytes: sizeBytes, modifiedAt: MODIFIED_AT }))
  }

  resolve(datastore: string, file: string): string | null {
    return this.contents?.has(file) === true ? this.place(datastore, file) : null
  }

  place(datastore: string, file: string): string | null {
    const isName = file !== '' && !file.startsWith('.') && !file.includes('/')
    return datastore === 'local' && this.contents !== null && isName ? `/datastores/local/${file}` : null
  }
}
