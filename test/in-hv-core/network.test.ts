// The management network over the real kernel, in namespaces of this program's own: what every implementation promises, and the files it leaves.
import { mkdir, mount, readText, statOrNull, unlink, writeFileAtomic } from 'hv:fs'
import { confine, type Process, run, spawn } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { afterEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { readNameServers } from '../../control/src/adapters/name-servers.ts'
import { createNetwork } from '../../control/src/adapters/network.ts'
import { CARD, type NetworkBench, networkContract, OTHER } from '../contract/network.contract.ts'

const LEASES = '/run/corbel/lease'
const PLACES = '/run/corbel'
const SIGKILL = 9

confine({ namespaces: ['net', 'mount', 'uts'] })
mount('sysfs', '/sys', 'sysfs', [], '')
mount('tmpfs', '/run', 'tmpfs', [], '')

const clock = createClock()
let far: Process | null = null
let changes = 0

async function tool(...argv: [string, ...string[]]): Promise<void> {
  const { code, stderr } = await run({ argv })
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${decodeUtf8(stderr)}`)
}
const ip = (...words: string[]) => tool('/usr/bin/ip', ...words)

async function remove(name: string): Promise<void> {
  if (statOrNull(`/sys/class/net/${name}`) !== null) await ip('link', 'delete', 'dev', name)
}

/** The other ends of two cables: a machine with an address, which is a program in a network namespace of its own, and one without. */
async function plug(): Promise<void> {
  far = spawn({ argv: ['/usr/bin/busybox', 'sleep', '120'], namespaces: ['net'], parentDeathSignal: SIGKILL })
  const pid = String(far.pid)
  const there = (...words: string[]) => tool('/usr/bin/busybox', 'nsenter', '-t', pid, '-n', '/usr/bin/ip', ...words)
  for (const [card, end] of [[CARD, 'far0'] as const, [OTHER, 'far1'] as const]) {
    await ip('link', 'add', 'name', card, 'type', 'veth', 'peer', 'name', end)
    await ip('link', 'set', 'dev', end, 'netns', pid)
    await there('link', 'set', 'dev', end, 'up')
  }
  // A machine answers at each of its adapters for all of its addresses.
  await there('link', 'set', 'dev', 'far1', 'arp', 'off')
  await there('address', 'add', '10.0.2.2/24', 'dev', 'far0')
}

/** In the place of the DHCP client: what it leaves when it has a lease, and when it ends. */
async function dhcpClient(name: string | null): Promise<void> {
  const file = `${LEASES}/${CARD}.env`
  if (statOrNull(file) !== null) {
    unlink(file)
    await ip('address', 'delete', '10.0.2.15/24', 'dev', CARD)
  }
  if (name === null) return
  mkdir(LEASES, { recursive: true })
  writeFileAtomic(file, 'ADDRESS=10.0.2.15/24\nGATEWAY=10.0.2.2\nDNS=10.0.2.3\n')
  await ip('address', 'add', '10.0.2.15/24', 'dev', name)
}

async function make(): Promise<NetworkBench> {
  // As on a host. A kernel without a single address of IPv4 takes every one for a broadcast, and asks nobody.
  await ip('link', 'set', 'dev', 'lo', 'up')
  await plug()
  const again = () => createNetwork({ directory: PLACES, dhcpClient, nameServersChanged: () => changes++ }, clock)
  return {
    ...{ network: again(), again },
    // Not every kernel that this runs on has VLANs; a MAC VLAN stands on its adapter in the same way.
    stack: (parent, name) => `link add link ${parent} name ${name} type macvlan mode bridge`,
    hostname: () => readText('/proc/sys/kernel/hostname').trim(),
  }
}

afterEach(async () => {
  for (const name of [CARD, OTHER]) await remove(name)
  for (const file of [`${LEASES}/${CARD}.env`, `${PLACES}/network.json`]) if (statOrNull(file) !== null) unlink(file)
  far?.kill(SIGKILL)
  await far?.exited
  far = null
})

describe('the kernel’s network', () => {
  networkContract(make)

  it('is left with name servers in a file, and who goes by them is told', async () => {
    const { network } = await make()
    const before = changes
    await network.perform({ kind: 'resolver', servers: ['10.0.2.3', 'fd00::3'], searchDomains: ['example.com'] })
    expect(readNameServers()).toEqual(['10.0.2.3', 'fd00::3'])
    expect(readText('/run/resolv.conf')).toBe('search example.com\nnameserver 10.0.2.3\nnameserver fd00::3\n')
    expect(changes).toBe(before + 1)
  })

  it('says of a failure what the tool said', async () => {
    const { network } = await make()
    await expect(network.perform({ kind: 'ip', family: null, lines: ['link set dev nowhere up'] })).rejects.toThrow(/nowhere/)
  })
})
