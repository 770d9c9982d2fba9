// Renders the packet filter of the host for nft: what may come in, what VMs may reach, and their address translation.
import { NAT_BRIDGE, NAT_SUBNET_TEXT } from '../domain/nat-network.ts'
import type { NetworkSettings } from '../domain/network.ts'

/** Interface names come from the kernel; anything that could end a quoted string is refused. */
function quoted(name: string): string {
  if (!/^[A-Za-z0-9_.:@-]{1,15}$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no interface name`)
  return `"${name}"`
}

/**
 * One table, replaced as a whole and so never half there. Whatever is not named is dropped: in from the network only HTTPS, echo requests,
 * neighbour discovery, router advertisements (which the kernel heeds only where it is told to) and answers, HTTPS only from the sources allowed; in from VMs only DHCP; on behalf of VMs only what leaves by `uplink`.
 * @source nft(8)
 */
export function renderRuleset(uplink: string | null, firewall: NetworkSettings['firewall'] = { https: [] }): string {
  const bridge = quoted(NAT_BRIDGE)
  const fromUplink = uplink === null ? [] : inputFrom(quoted(uplink), firewall)
  const out = uplink === null ? [] : [`iifname ${bridge} oifname ${quoted(uplink)} ip saddr ${NAT_SUBNET_TEXT} accept`]
  const translate = uplink === null ? [] : [`oifname ${quoted(uplink)} ip saddr ${NAT_SUBNET_TEXT} masquerade`]
  return [
    'table inet corbel',
    'delete table inet corbel',
    'table inet corbel {',
    ...chain('spoofing', 'type filter hook prerouting priority raw; policy accept;', [
      // 0.0.0.0 is a DHCP client that has no address yet.
      `iifname ${bridge} ip saddr != { 0.0.0.0, ${NAT_SUBNET_TEXT} } drop`,
      `iifname ${bridge} meta nfproto ipv6 drop`,
      `iifname != { "lo", ${bridge} } ip saddr ${NAT_SUBNET_TEXT} drop`,
    ]),
    ...chain('input', 'type filter hook input priority filter; policy drop;', [
      'iifname "lo" accept',
      'ct state invalid drop',
      'ct state established,related accept',
      `iifname ${bridge} udp sport 68 udp dport 67 accept`,
      ...fromUplink,
    ]),
    ...chain('forward', 'type filter hook forward priority filter; policy drop;', [
      'ct state invalid drop',
      'ct state established,related accept',
      ...out,
    ]),
    ...chain('translate', 'type nat hook postrouting priority srcnat; policy accept;', translate),
    '}',
    '',
  ].join('\n')
}

function inputFrom(uplink: string, { https }: NetworkSettings['firewall']): readonly string[] {
  return [
    ...(https.length === 0
      ? [`iifname ${uplink} tcp dport 443 accept`]
      : https.map((source) => `iifname ${uplink} ${from(source)} tcp dport 443 accept`)),
    `iifname ${uplink} icmp type echo-request limit rate 50/second accept`,
    `iifname ${uplink} icmpv6 type echo-request limit rate 50/second accept`,
    `iifname ${uplink} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 accept`,
    `iifname ${uplink} udp sport 67 udp dport 68 accept`,
  ]
}

/** Sources come from settings that have been checked; anything that is no address is refused all the same. */
function from(source: string): string {
  if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(source)) throw new RangeError(`${JSON.stringify(source)} is no source`)
  return `${source.includes(':') ? 'ip6' : 'ip'} saddr ${source}`
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [`  chain ${name} {`, `    ${hook}`, ...rules.map((rule) => `    ${rule}`), '  }']
}
