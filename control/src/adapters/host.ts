// The machine itself over /proc, /sys and init: facts, status, addresses, power. Starts no program.
import { readText, statOrNull } from 'hv:fs'
import { signalPid } from 'hv:process'
import { hostname, monotonicMs } from 'hv:system'
import { parseBootRequest } from '../codec/boot-request.ts'
import { parseDmiText } from '../codec/dmi.ts'
import type { Lease } from '../codec/lease.ts'

import { parsePcr } from '../codec/pcr.ts'
import { parseCpuinfo } from '../codec/proc-cpuinfo.ts'
import { parseMeminfo } from '../codec/proc-meminfo.ts'
import { type LocalAddress, parseLocalIpv4, parseLocalIpv6 } from '../codec/proc-net.ts'
import { DEBUG_PRODUCT, type HostAddress, type HostFacts, PRODUCT } from '../domain/host.ts'
import { NAT_BRIDGE } from '../domain/nat-network.ts'
import type { Host } from '../ports/host.ts'
import { readBootOutcome } from './boot-outcome.ts'
import { readFingerprint, TLS_DIRECTORY } from './certificate.ts'
import { createHostTopology } from './host-topology.ts'
import { readLeases } from './leases.ts'

/** Of the control plane that runs. */
const MANIFEST = '/run/corbel/programs/manifest.json'
/** What BusyBox's init makes of a signal. @source busybox/init/init.c */
const POWER_OFF_SIGNAL = 12 // SIGUSR2
const RESTART_SIGNAL = 15 // SIGTERM
const INIT_PID = 1
/** @source TCG PC Client Platform TPM Profile, section 4.6 */
const PCRS = 24

export function createHost(): Host {
  const facts = readFacts()
  // The certificate is made once and then kept, so the first answer that is one stays true.
  let fingerprint: string | null = null
  return {
    facts,
    topology: createHostTopology(),
    bootId: readText('/proc/sys/kernel/random/boot_id').trim(),
    bootOutcome: readBootOutcome(),
    bootRequest: parseBootRequest(readText('/proc/cmdline')),
    observeStatus: () => ({
      hostname: hostname(),
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor(monotonicMs() / 1000),
      memory: parseMeminfo(readText('/proc/meminfo')),
      addresses: observeAddresses(),
    }),
    certificateFingerprint() {
      fingerprint ??= readFingerprint(TLS_DIRECTORY)
      return fingerprint
    },
    powerOff: () => signalPid(INIT_PID, POWER_OFF_SIGNAL),
    restart: () => signalPid(INIT_PID, RESTART_SIGNAL),
  }
}

function readFacts(): HostFacts {
  const dmi = (name: string) => parseDmiText(textOr(`/sys/class/dmi/id/${name}`, ''))
  const modules = ['intel', 'amd'] as const
  const kind = modules.find((candidate) => statOrNull(`/sys/module/kvm_${candidate}`) !== null) ?? null
  return {
    ...readManifest(),
    machine: { vendor: dmi('sys_vendor'), model: dmi('product_name'), serial: dmi('product_serial') },
    cpu: parseCpuinfo(readText('/proc/cpuinfo')),
    memoryMiB: parseMeminfo(readText('/proc/meminfo')).totalMiB,
    kvm: { available: statOrNull('/dev/kvm') !== null, kind },
    tpm: readTpm('/sys/class/tpm/tpm0'),
  }
}

/** Its platform configuration registers 0 to 23, as they are now. */
export function readTpm(directory: string): HostFacts['tpm'] {
  if (textOr(`${directory}/tpm_version_major`, '').trim() !== '2') return null
  const registers = Array.from({ length: PCRS }, (_, index) => parsePcr(textOr(`${directory}/pcr-sha256/${index}`, '')))
  return { sha256: registers.filter((register) => register !== null) }
}

function readManifest(): Pick<HostFacts, 'product' | 'version'> {
  const { version = 'unknown', debug } = JSON.parse(textOr(MANIFEST, '{}')) as { readonly version?: string; readonly debug?: boolean }
  return { product: debug === true ? DEBUG_PRODUCT : PRODUCT, version }
}

/** The host's own addresses, those of the VMs' network left out. */
function observeAddresses(): readonly HostAddress[] {
  const seen = [
    ...parseLocalIpv4(textOr('/proc/net/fib_trie', ''), textOr('/proc/net/route', '')),
    ...parseLocalIpv6(textOr('/proc/net/if_inet6', '')),
  ]
  const leases = readLeases()
  return seen
    .filter(({ adapter }) => adapter !== NAT_BRIDGE && isHosts(adapter))
    .map((seen) => ({ adapter: seen.adapter, address: seen.address, family: seen.family, origin: originOf(seen, leases) }))
}

/** Adapters, and the bond and the VLAN of the management network. TAPs of VMs have link-local addresses too; they are nobody's to connect to. */
function isHosts(adapter: string): boolean {
  const base = `/sys/class/net/${adapter}`
  return statOrNull(`${base}/device`) !== null || /^DEVTYPE=(?:bond|vlan)$/m.test(textOr(`${base}/uevent`, ''))
}

function originOf({ adapter, address, linkLocal, advertised }: LocalAddress, leases: ReadonlyMap<string, Lease>): HostAddress['origin'] {
  if (linkLocal) return 'link-local'
  if (advertised) return 'slaac'
  return leases.get(adapter)?.address.split('/')[0] === address ? 'dhcp' : 'static'
}

function textOr(path: string, otherwise: string): string {
  try {
    return readText(path)
  } catch {
    return otherwise
  }
}
