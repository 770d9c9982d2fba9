// Support: what it wants to know, in words, and a bundle of all that helps and holds no secret, for download or onto a stick.
import { redacted } from '../domain/redact.ts'
import type { BundleEntry, SupportBundle, SupportInfo, SupportMedium } from '../domain/support.ts'
import type { Task } from '../domain/task.ts'
import type { HostLogReader } from './host-logs.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import type { ServiceControl } from './services.ts'
import type { Tasks } from './tasks.ts'
import type { TimeControl } from './timekeeping.ts'

/** Of each kind of the log. */
const LOG_LINES = 5000
const EVENTS = 1000
const TASKS = 200
const HOST = { kind: 'host', id: 'host' } as const
/** What of the settings may be of use; secrets in them are left out. */
const SETTINGS = ['hostname', 'management', 'network', 'time', 'keyboard', 'machine', 'pools', 'resources'] as const

export interface Support {
  info(): Promise<SupportInfo>
  /** Refuses with `support.busy`. */
  make(by: string): Task
  /** Null when none has been made since the host started. */
  download(): { readonly bundle: SupportBundle; readonly bytes: Uint8Array } | null
  media(): Promise<readonly SupportMedium[]>
  /** Makes a bundle and writes it. Refuses with `support.busy`, `support.no-such-medium`. */
  makeOnto(device: string, by: string): Promise<Task>
}

interface Parts {
  readonly logs: HostLogReader
  readonly services: ServiceControl
  readonly time: TimeControl
  readonly resources: Pick<Resources, 'view'>
  readonly tasks: Tasks
}

type Ports = Pick<AppPorts, 'store' | 'host' | 'clock' | 'support' | 'datastores'>

export function createSupport(ports: Ports, ledger: Ledger, { logs, services, time, resources, tasks }: Parts): Support {
  const { store, host, clock, support, datastores } = ports
  let latest: SupportBundle | null = null
  let busy = false

  async function gather(progress: (percent: number) => void): Promise<readonly BundleEntry[]> {
    const json = (name: string, value: unknown): BundleEntry => ({ name, text: `${JSON.stringify(redacted(value), null, 2)}\n` })
    const entries: BundleEntry[] = [
      { name: 'README.txt', text: `${(await lines()).join('\n')}\n` },
      json('host/facts.json', host.facts),
      json('host/status.json', host.observeStatus()),
      json('host/boot.json', { ...host.bootOutcome, seed: { ...host.bootOutcome.seed, document: null } }),
      json('host/topology.json', host.topology()),
      json('host/services.json', services.list()),
      json('host/time.json', await time.view()),
      json('host/resources.json', resources.view()),
      json('host/datastores.json', datastores.list()),
      json('settings.json', Object.fromEntries(SETTINGS.map((key) => [key, store.getSetting(key)]))),
      json('vms.json', [...ledger.vms.values()]),
      json('tasks.json', store.listTasks(TASKS)),
      json('events.json', store.latestEvents(EVENTS)),
    ]
    progress(20)
    entries.push(...(await support.observe()))
    progress(50)
    for (const { kind } of logs.kinds()) {
      const { items } = await logs.read({ kind, limit: LOG_LINES })
      entries.push({ name: `logs/${kind}.log`, text: items.map(({ at, severity, text }) => `${at} ${severity} ${text}\n`).join('') })
    }
    progress(80)
    return entries
  }

  async function lines(): Promise<readonly string[]> {
    const { facts, bootOutcome } = host
    const status = host.observeStatus()
    const { synchronised, source } = await time.view()
    const vms = [...ledger.vms.values()]
    const { vendor, model, serial } = facts.machine
    return [
      `${facts.product} ${facts.version} on ${status.hostname}`,
      `Machine: ${[vendor, model].filter((part) => part !== '').join(' ') || 'unknown'}, serial number ${serial || 'unknown'}`,
      `Processor: ${facts.cpu.model}, ${facts.cpu.sockets} sockets, ${facts.cpu.cores} cores, ${facts.cpu.threads} threads`,
      `Memory: ${status.memory.usedMiB} of ${status.memory.totalMiB} MiB in use`,
      `Virtualisation: ${facts.kvm.available ? `KVM, ${facts.kvm.kind}` : 'none: VMs cannot start'}`,
      `TPM: ${facts.tpm === null ? 'none' : '2.0'}`,
      `Time: ${status.time}, ${synchronised ? `follows ${source}` : 'follows no time server'}; up for ${Math.floor(status.uptimeSeconds / 60)} minutes`,
      `State: ${bootOutcome.state}${bootOutcome.stateProblem === null ? '' : `; ${bootOutcome.stateProblem}`}`,
      `Datastore: ${bootOutcome.datastore.problem ?? (bootOutcome.datastore.present ? 'in use' : 'none')}`,
      `Addresses: ${status.addresses.map(({ address, adapter, origin }) => `${address} (${origin}, ${adapter})`).join(', ') || 'none'}`,
      `VMs: ${vms.length}, of which ${vms.filter(({ process }) => process !== null).length} have a process`,
      `Services started again in this boot: ${
        services
          .list()
          .filter(({ restarts }) => restarts > 0)
          .map(({ name, restarts }) => `${name} ${restarts} times`)
          .join(', ') || 'none'
      }`,
    ]
  }

  async function pack(progress: (percent: number) => void): Promise<SupportBundle> {
    const madeAt = clock.now()
    const sizeBytes = await support.pack(await gather(progress))
    const name = `corbel-${host.observeStatus().hostname}-${madeAt.slice(0, 19).replace(/[:T-]/g, '')}.tar.gz`
    latest = { name, sizeBytes, madeAt }
    return latest
  }

  function start(by: string, act: (progress: (percent: number) => void) => Promise<string>): Task {
    if (busy) throw new Refusal('conflict', 'support.busy', 'A support bundle is being made just now.')
    busy = true
    try {
      return tasks.start({
        ...{ kind: 'support.bundle', target: HOST, by },
        act: async (progress) => {
          const message = await act(progress)
          return { write: (draft) => draft.event('support.bundle', 'info', HOST, message) }
        },
        settled: () => {
          busy = false
        },
      })
    } catch (error) {
      busy = false
      throw error
    }
  }

  return {
    info: async () => ({ lines: await lines(), bundle: latest }),
    make: (by) =>
      start(by, async (progress) => {
        const { name } = await pack(progress)
        return `A support bundle, ${name}, was made, asked by ${by}.`
      }),
    download() {
      const bytes = latest === null ? null : support.read()
      return latest === null || bytes === null ? null : { bundle: latest, bytes }
    },
    media: () => support.media(),
    async makeOnto(device, by) {
      const medium = (await support.media()).find((candidate) => candidate.device === device)
      if (medium === undefined) {
        throw new Refusal('not-found', 'support.no-such-medium', `There is no stick ${device.slice(0, 40)} with a FAT file system.`)
      }
      return start(by, async (progress) => {
        const { name } = await pack(progress)
        progress(90)
        await support.write(medium.device, name)
        return `A support bundle, ${name}, was written to the stick ${medium.device}, asked by ${by}.`
      })
    },
  }
}
