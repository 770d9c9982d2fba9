// Gathers what the status screen shows. What it has fields for (seed, volatile state, first password, addresses, certificate) is not said again in `health`.
import { type DamagedSlot, damageInWords } from '../domain/boot-slot.ts'
import type { ConsoleStatus, ConsoleUrl, HealthItem } from '../domain/console-status.ts'
import { DEBUG_PRODUCT, type HostAddress } from '../domain/host.ts'
import type { InstallView } from '../domain/install.ts'
import { type Mirror, mirrorProblem } from '../domain/mirror.ts'
import type { Vm } from '../domain/vm-status.ts'
import type { MemoryShortage } from './balancer.ts'
import type { ManagementNetwork } from './network.ts'
import type { AppPorts } from './ports.ts'

export interface Shortfalls {
  readonly lockdown: ConsoleStatus['lockdown']
  /** What the machine had and has no more, in words. */
  readonly missing: string | null
  readonly memory: MemoryShortage
  /** Where the audit log is cut, in words. */
  readonly audit: string | null
  readonly network: Pick<ManagementNetwork, 'summary' | 'health'>
  readonly install: Pick<InstallView, 'mode' | 'state'>
  readonly slot: ConsoleStatus['system']['slot']
  readonly mirrors: readonly Mirror[]
  readonly damaged: readonly DamagedSlot[]
}

export function gatherConsoleStatus(
  { host, store }: Pick<AppPorts, 'host' | 'store'>,
  vms: readonly Vm[],
  setupRequired: boolean,
  { lockdown, missing, memory: scarce, audit, network, install, slot, mirrors, damaged }: Shortfalls,
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
    lockdown,
    seed: { state: bootOutcome.seed.state, problems: bootOutcome.seed.problems },
    state: bootOutcome.state,
    datastore: bootOutcome.datastore,
    health: [
      ...health({ host }),
      ...carriedOut(install),
      ...mirrors.flatMap(unmirrored),
      ...damaged.map((found): HealthItem => ({ severity: 'error', message: damageInWords(found) })),
      ...network.health(),
      ...shortfall(missing),
      ...crashes(vms),
      ...standstills(vms),
      ...shortage(scarce),
      ...cutChain(audit),
    ],
    vms: { running: running.length, defined: vms.length, runningNames: running.map(({ spec }) => spec.name) },
    network: network.summary(),
    install: { mode: install.mode, state: install.state },
    system: { slot, generation: store.generations.list(null, 1)[0]?.number ?? null },
    time,
  }
}

function carriedOut({ mode }: Shortfalls['install']): HealthItem[] {
  const message =
    'Corbel is installed on this machine by the seed that is plugged in. Take the medium out, so that it starts from its disk.'
  return mode === 'done' ? [{ severity: 'warning', message }] : []
}

/** A link-local address is of no use in a URL that people type. */
function urlOf({ address, family, origin }: HostAddress): ConsoleUrl[] {
  return origin === 'link-local' ? [] : [{ url: family === 6 ? `https://[${address}]/` : `https://${address}/`, origin }]
}

function health({ host }: Pick<AppPorts, 'host'>): HealthItem[] {
  const { facts, bootOutcome } = host
  const { stateProblem, datastore, nat } = bootOutcome
  const items: (HealthItem | false)[] = [
    facts.product === DEBUG_PRODUCT && {
      severity: 'error',
      message: 'This is the debug image: whoever is at the second serial port has a root shell. Not for production.',
    },
    !facts.kvm.available && {
      severity: 'error',
      message: 'No hardware virtualisation (KVM): VMs cannot start. Look for it in the firmware settings.',
    },
    stateProblem !== null && { severity: 'error', message: `The state: ${stateProblem}` },
    datastore.problem !== null && { severity: 'error', message: `The datastore: ${datastore.problem}` },
    nat.problem !== null && { severity: 'error', message: `The network of the VMs: ${nat.problem}` },
  ]
  return items.filter((item) => item !== false)
}

function unmirrored(mirror: Mirror): HealthItem[] {
  const message = mirrorProblem(mirror)
  const isCopied = mirror.copies.some(({ state }) => state === 'copying')
  return message === null ? [] : [{ severity: isCopied ? 'warning' : 'error', message }]
}

function cutChain(problem: string | null): HealthItem[] {
  return problem === null ? [] : [{ severity: 'error', message: `The audit log is not whole: ${problem}.` }]
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
