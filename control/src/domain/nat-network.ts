// The one network that VMs have: a bridge behind the host's own address. Constants only.
import type { Ipv4Cidr } from './ipv4.ts'

export const NAT_BRIDGE = 'corbel-nat0'
/** Locally administered; fixed, as a bridge would otherwise change its address with its ports. */
export const NAT_BRIDGE_MAC = '02:43:4f:52:42:00'
export const NAT_GATEWAY = '10.213.0.1'
export const NAT_CIDR = '10.213.0.1/24'
export const NAT_SUBNET_TEXT = '10.213.0.0/24'
export const NAT_SUBNET: Ipv4Cidr = { address: 0x0ad50000, prefix: 24 }
export const NAT_MASK = '255.255.255.0'
export const NAT_FIRST_LEASE = '10.213.0.10'
export const NAT_LAST_LEASE = '10.213.0.250'
