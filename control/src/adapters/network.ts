// The network port over ip(8), nft(8), sysfs and the DHCP client. Each step does what it says and no more; what follows from its failure others decide.
import { mkdir, readText, writeFileAtomic } from 'hv:fs'
import { setHostname } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { parseAddresses, parseDefaultGateway, parseNeighbour } from '../codec/ip-json.ts'
import type { AppliedNetwork, NetworkStep } from '../domain/network-state.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { VmHostFailure } from './host-failure.ts'
import { readLeases } from './leases.ts'
import { askNameServer, writeNameServers } from './name-servers.ts'
import { loadPacketFilter } from './nat-network.ts'
import { hasLink, listAdapters, listMade } from './network-adapters.ts'
import { ip, setSysctl } from './network-tools.ts'
import { runTool } from './run-tool.ts'
import { waitUntil } from './wait.ts'

const IP = '/usr/bin/ip'
/** Long enough for three questions, one a second. */
const CONFLICT_MS = 2_500
const LOOK_MS = 100

export interface NetworkPlaces {
  /** What has been applied is kept here; on the appliance `/run/corbel`. */
  readonly directory: string
  /** Puts the DHCP client to work on an interface, or on none. */
  readonly dhcpClient: (name: string | null) => Promise<void>
  /** Called when name servers have changed. */
  readonly nameServersChanged: () => void
}

export function createNetwork({ directory, dhcpClient, nameServersChanged }: NetworkPlaces, clock: Clock): Network {
  const path = `${directory}/network.json`

  async function hasNeighbour(name: string, address: string, timeoutMs: number): Promise<boolean> {
    // What the kernel remembers of it is no answer: it asks anew, without a packet of ours.
    // Not in one batch: ip ends at what there is nothing of to delete, even when it is told to go on.
    for (const words of [
      ['del', address, 'dev', name],
      ['replace', address, 'dev', name, 'use'],
    ])
      await runTool([IP, 'neigh', ...words], { successCodes: [0, 1, 2] })
    const deadline = clock.monotonicMs() + timeoutMs
    for (;;) {
      const seen = parseNeighbour(await output(['-j', 'neigh', 'show', 'to', address, 'dev', name]), address)
      if (seen !== 'unknown' || clock.monotonicMs() >= deadline) return seen === 'there'
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    }
  }

  async function perform(step: NetworkStep): Promise<void> {
    switch (step.kind) {
      case 'ip':
        return ip(step.lines, step.family)
      case 'sysctl':
        return setSysctl(step.path, step.value)
      case 'filter':
        return loadPacketFilter(step.uplink, step.firewall)
      case 'await-link':
        await waitUntil(clock, () => hasLink(step.interface), step.timeoutMs)
        return
      case 'detect-conflict':
        if (!hasLink(step.interface) || !(await hasNeighbour(step.interface, step.address, CONFLICT_MS))) return
        throw new VmHostFailure('network.address.in-use', step.kind, `Another machine of the network has the address ${step.address}`)
      case 'resolver':
        writeNameServers(step.servers, step.searchDomains)
        return nameServersChanged()
      case 'hostname':
        return setHostname(step.name)
      case 'dhcp-client':
        return dhcpClient(step.interface)
      default: {
        const unhandled: never = step
        throw new TypeError(`unhandled step ${JSON.stringify(unhandled)}`)
      }
    }
  }

  function applied(): AppliedNetwork | null {
    try {
      return JSON.parse(readText(path)) as AppliedNetwork | null
    } catch {
      return null
    }
  }

  return {
    async observe() {
      const name = applied()?.state.interface ?? null
      const [addresses, ipv4, ipv6] = await Promise.all([
        output(['-j', 'address', 'show']),
        output(['-4', '-j', 'route', 'show', 'default']),
        output(['-6', '-j', 'route', 'show', 'default']),
      ])
      const adapters = listAdapters()
      const made = listMade()
      return {
        adapters,
        made,
        linked: [...adapters.flatMap((adapter) => (adapter.hasLink ? [adapter.name] : [])), ...made.filter(hasLink)],
        addresses: parseAddresses(addresses),
        gateways: { ipv4: parseDefaultGateway(ipv4, name), ipv6: parseDefaultGateway(ipv6, name) },
        leaseServers: name === null ? null : (readLeases().get(name)?.dns ?? null),
      }
    },
    async perform(step) {
      try {
        await perform(step)
      } catch (error) {
        if (error instanceof VmHostFailure) throw error
        throw new VmHostFailure('network.failed', step.kind, error instanceof Error ? error.message : String(error))
      }
    },
    applied,
    record(value) {
      mkdir(directory, { recursive: true })
      writeFileAtomic(path, `${JSON.stringify(value)}\n`, { mode: 0o644 })
    },
    hasNeighbour,
    resolve: askNameServer,
  }
}

/** What ip prints; nothing where there is nothing of the kind, such as a protocol that the kernel lacks. */
async function output(argv: readonly string[]): Promise<string> {
  const { code, stdout } = await runTool([IP, ...argv], { successCodes: [0, 1, 2, 255] })
  return code === 0 ? decodeUtf8(stdout) : ''
}
