// Gathers what the status screen shows, health in words included.
import type { ConsoleStatus, ConsoleUrl, HealthItem } from '../domain/console-status.ts'
import type { HostAddress } from '../domain/host.ts'
import type { Vm } from '../domain/vm.ts'
import type { AppPorts } from './ports.ts'

export function gatherConsoleStatus({ host }: Pick<AppPorts, 'host'>, vms: readonly Vm[], setupRequired: boolean): ConsoleStatus {
  const { facts, bootOutcome } = host
  const { hostname, memory, addresses, time } = host.observeStatus()
  const certificateSha256 = host.certificateFingerprint()
  const running = vms.filter(({ status }) => status.pid !== undefined)
  const urls = addresses.flatMap(urlOf)
  return {
    product: facts.product,
    version: facts.version,
    hostname,
    machine: facts.machine,
    cpu: { model: facts.cpu.model, cores: facts.cpu.cores, threads: facts.cpu.threads },
    memory,
    urls,
    certificateSha256,
    setupRequired,
    seed: { state: bootOutcome.seed.state, problems: bootOutcome.seed.problems },
    state: bootOutcome.state,
    datastore: bootOutcome.datastore,
    health: [...health({ host }, setupRequired), ...reachability(urls, certificateSha256), ...crashes(vms)],
    vms: { running: running.length, defined: vms.length, runningNames: running.map(({ spec }) => spec.name) },
    time,
  }
}

/** A link-local address is of no use in a URL that people type. */
function urlOf({ address, family, origin }: HostAddress): ConsoleUrl[] {
  return origin === 'link-local' ? [] : [{ url: family === 6 ? `https://[${address}]/` : `https://${address}/`, origin }]
}

function health({ host }: Pick<AppPorts, 'host'>, setupRequired: boolean): HealthItem[] {
  const { facts, bootOutcome } = host
  const { seed, state, stateProblem, datastore, management, nat } = bootOutcome
  const items: (HealthItem | false)[] = [
    !facts.kvm.available && {
      severity: 'error',
      message: 'No hardware virtualisation (KVM): VMs cannot start. Look for it in the firmware settings.',
    },
    seed.state === 'refused' && { severity: 'error', message: 'The seed was refused, nothing of it was applied.' },
    setupRequired && { severity: 'warning', message: 'No password yet: the API accepts nobody until it is set here.' },
    stateProblem !== null && { severity: 'error', message: `The state partition cannot be used: ${stateProblem}` },
    state === 'volatile' && { severity: 'warning', message: 'Nothing is kept: settings and VMs are gone when this machine is turned off.' },
    datastore.problem !== null && { severity: 'error', message: `The datastore cannot be used: ${datastore.problem}` },
    !datastore.present && datastore.problem === null && { severity: 'warning', message: 'There is no datastore: VMs have nowhere to be.' },
    nat.problem !== null && { severity: 'error', message: `The network of the VMs: ${nat.problem}` },
    management.problem !== null && { severity: 'error', message: `The management network: ${management.problem}` },
  ]
  return items.filter((item) => item !== false)
}

function reachability(urls: readonly ConsoleUrl[], certificate: string | null): HealthItem[] {
  return [
    ...(urls.length === 0 ? [{ severity: 'error', message: 'No network address: the API cannot be reached.' } as const] : []),
    ...(certificate === null ? [{ severity: 'warning', message: 'No certificate yet: the API does not answer.' } as const] : []),
  ]
}

function crashes(vms: readonly Vm[]): HealthItem[] {
  return vms
    .filter(({ status }) => status.powerState === 'crashed')
    .map(
      ({ spec, status }) =>
        ({ severity: 'warning', message: `The VM ${spec.name} crashed (${status.lastExit?.reason ?? 'reason not known'}).` }) as const,
    )
}
