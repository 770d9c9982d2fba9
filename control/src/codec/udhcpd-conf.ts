// Renders the configuration of BusyBox's DHCP server for the network of the VMs.
import { NAT_BRIDGE, NAT_FIRST_LEASE, NAT_GATEWAY, NAT_LAST_LEASE, NAT_MASK } from '../domain/nat-network.ts'

export interface DhcpServerFiles {
  readonly leases: string
  readonly pid: string
}

/** Leases of an hour; `dns` may be empty, then VMs get none. @source busybox/networking/udhcp/dhcpd.c, the table of keywords */
export function renderUdhcpdConf(dns: readonly string[], files: DhcpServerFiles): string {
  return [
    `interface ${NAT_BRIDGE}`,
    `start ${NAT_FIRST_LEASE}`,
    `end ${NAT_LAST_LEASE}`,
    'max_leases 241',
    `lease_file ${files.leases}`,
    `pidfile ${files.pid}`,
    `option subnet ${NAT_MASK}`,
    `option router ${NAT_GATEWAY}`,
    ...(dns.length > 0 ? [`option dns ${dns.join(' ')}`] : []),
    'option lease 3600',
    '',
  ].join('\n')
}
