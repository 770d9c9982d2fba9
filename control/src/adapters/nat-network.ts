// Makes the network of the VMs: the packet filter, the bridge, forwarding. Its DHCP server is a program of its own.
import { statOrNull } from 'hv:fs'
import { renderRuleset } from '../codec/nft-ruleset.ts'
import { NAT_BRIDGE, NAT_BRIDGE_MAC, NAT_CIDR } from '../domain/nat-network.ts'
import type { NetworkSettings } from '../domain/network.ts'
import { ip, setSysctl } from './network-tools.ts'
import { runTool } from './run-tool.ts'

/** The whole filter, the host's own part included; replaces what is there in one step. */
export async function loadPacketFilter(uplink: string | null, firewall: NetworkSettings['firewall']): Promise<void> {
  // Some versions of nft open /dev/stdin for `-`, a name that only udev makes.
  await runTool(['/usr/sbin/nft', '-f', '/proc/self/fd/0'], { stdin: renderRuleset(uplink, firewall) })
}

/** Only with the filter loaded may packets of VMs be forwarded. */
export async function raiseNatBridge(): Promise<void> {
  const isThere = statOrNull(`/sys/class/net/${NAT_BRIDGE}`) !== null
  await ip([
    ...(isThere ? [] : [`link add name ${NAT_BRIDGE} address ${NAT_BRIDGE_MAC} type bridge stp_state 0 forward_delay 0`]),
    `address replace ${NAT_CIDR} brd + dev ${NAT_BRIDGE}`,
    `link set dev ${NAT_BRIDGE} up`,
  ])
  setSysctl(`net/ipv6/conf/${NAT_BRIDGE}/disable_ipv6`, '1')
  setSysctl('net/ipv4/ip_forward', '1')
}
