// Gathers what the status screen shows. What it has fields for (seed, volatile state, first password, addresses, certificate) is not said again in `health`.
import type { ConsoleStatus, ConsoleUrl, HealthItem } from '../domain/console-status.ts'
import type { HostAddress } from '../domain/host.ts'
import type { Vm } from '../domain/vm-status.ts'
import type { MemoryShortage } from './balancer.ts'
import type { AppPorts } from './ports.ts'

export interface Shortfalls {
  /** What the machine had and has no more, in words. */
  readonly missing: string | null
  readonly memory: MemoryShortage
}

export function gatherConsoleStatus(
  { host }: Pick<AppPorts, 'host'>,
  vms: readonly Vm[],
  setupRequired: boolean,
  { missing, memory: scarce }: Shortfalls,
): ConsoleStatus {
  const { facts, bootOutcome } = host
  const { hostname, addresses, time, ...seen } = host.observeStatus()
  const running = vms.filter(({ status }) => status.pid !== undefined)
  return {
    product: facts.product,
    version: facts.version,
    hostname,
    machine: facts.machine,
    cpu: { model: facts.cpu.model, cores: facts.cpu.cores, threads: facts.cpu.threads },
    memory: seen.memory,
    urls: addresses.flatMap(urlOf),
    certificateSha256: host.certificateFingerprint(),
    setupRequired,
    seed: { state: bootOutcome.seed.state, problems: bootOutcome.seed.problems },
    state: bootOutcome.state,
    datastore: bootOutcome.datastore,
    health: [...health({ host }), ...shortfall(missing), ...crashes(vms), ...standstills(vms), ...shortage(scarce)],
    vms: { running: running.length, defined: vms.length, runningNames: running.map(({ spec }) => spec.name) },
    time,
  }
}

/** A link-local address is of no use in a URL that people type. */
function urlOf({ address, family, origin }: HostAddress): ConsoleUrl[] {
  return origin === 'link-local' ? [] : [{ url: family === 6 ? `https://[${address}]/` : `https://${address}/`, origin }]
}

function health({ host }: Pick<AppPorts, 'host'>): HealthItem[] {
  const { facts, bootOutcome } = host
  const { stateProblem, datastore, management, nat } = bootOutcome
  const items: (HealthItem | false)[] = [
    !facts.kvm.available && {
      severity: 'error',
      message: 'No hardware virtualisation (KVM): VMs cannot start. Look for it in the firmware settings.',
    },
    stateProblem !== null && { severity: 'error', message: `The state: ${stateProblem}` },
    datastore.problem !== null && { severity: 'error', message: `The datastore: ${datastore.problem}` },
    nat.problem !== null && { severity: 'error', message: `The network of the VMs: ${nat.problem}` },
    management.problem !== null && { severity: 'error', message: `The management network: ${management.problem}` },
  ]
  return items.filter((item) => item !== false)
}

function shortfall(missing: string | null): HealthItem[] {
  return missing === null
    ? []
    : [{ severity: 'warning', message: `${missing} are missing: VMs that do not fit any more stay off, by priority.` }]
}

function standstills(vms: readonly Vm[]): HealthItem[] {
  return vms.flatMap(({ spec, status }): HealthItem[] =>
    status.pausedBecause === 'out-of-space'
      ? [{ severity: 'error', message: `The datastore is full: the VM ${spec.name} is paused.` }]
      : [],
  )
}

function shortage({ squeezed, missingMiB }: MemoryShortage): HealthItem[] {
  if (missingMiB > 0)
    return [{ severity: 'error', message: `Memory for VMs is short by ${missingMiB} MiB: VMs without reservation may be ended.` }]
  if (squeezed === 0) return []
  const who = squeezed === 1 ? 'A VM has' : `${squeezed} VMs have`
  return [{ severity: 'warning', message: `Memory for VMs is short: ${who} been asked to give some back.` }]
}

function crashes(vms: readonly Vm[]): HealthItem[] {
  return vms
    .filter(({ status }) => status.powerState === 'crashed')
    .map(
      ({ spec, status }) =>
        ({ severity: 'warning', message: `The VM ${spec.name} crashed (${status.lastExit?.reason ?? 'reason not known'}).` }) as const,
    )
}
