// A host's management network, and what it answers to a change of it.
import { administrator, said } from './play.ts'

const wanted = {
  ...{ hostname: 'rack3', adapters: ['52:54:00:00:00:01'], bond: null, vlan: null, mtu: 1500, ipv4: { mode: 'dhcp' } },
  ...{ ipv6: { mode: 'link-local' }, dns: [], searchDomains: [], firewall: { https: [] } },
}
const adapter = { index: 2, hasLink: true, slot: 'PCI0-02.0', speedMbps: 1000, driver: 'virtio_net', inUse: true }

export const networkView = {
  ...{ revision: 4, wanted, pending: null, replacements: [], problem: null, last: null },
  seen: {
    interface: 'eth0',
    adapters: [
      { ...adapter, name: 'eth0', mac: '52:54:00:00:00:01' },
      { ...adapter, name: 'eth1', mac: '52:54:00:00:00:02', slot: 'PCI0-03.0', hasLink: false, speedMbps: null, inUse: false },
    ],
    addresses: [
      { interface: 'eth0', address: '10.0.2.15/24', family: 4, scope: 'global', state: 'ready' },
      { interface: 'eth0', address: 'fe80::5054:ff:fe00:1/64', family: 6, scope: 'link', state: 'ready' },
    ],
    gateways: { ipv4: '10.0.2.2', ipv6: null },
    nameServers: ['10.0.2.3'],
  },
}

const steps = [
  { kind: 'dhcp-client', interface: null },
  { kind: 'ip', family: 4, lines: ['address replace 10.0.2.40/24 dev eth0'] },
  { kind: 'detect-conflict', interface: 'eth0', address: '10.0.2.40' },
  { kind: 'hostname', name: 'rack4' },
]

export const networkAnswers = {
  ...administrator,
  'GET /v1/host/network': said({ status: 200, body: networkView, etag: '"4"' }),
  'PUT /v1/host/network?dryRun=true': said({ status: 200, body: { network: networkView, steps }, etag: '"4"' }),
  'PUT /v1/host/network?confirmWithinSeconds=90': said({ status: 202, body: networkView }),
  'POST /v1/host/network/test': said({ status: 202, body: {} }),
  'GET /v1/host/network/test': {
    ...{ id: 't1', startedAt: '2026-11-21T01:20:05.120Z', endedAt: null },
    steps: [
      { kind: 'link', target: 'eth0', state: 'ok', message: '1000 Mb/s' },
      { kind: 'gateway', target: '10.0.2.2', state: 'failed', message: 'does not answer' },
      { kind: 'name', target: 'rack3', state: 'waiting', message: '' },
    ],
  },
  'POST /v1/host/network/restart': said({ status: 202, body: {} }),
  'POST /v1/host/network/reset': said({ status: 202, body: networkView }),
  'POST /v1/host/network/adopt': said({ status: 200, body: networkView }),
}
