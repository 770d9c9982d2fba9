// What listens: every TCP port knocked on from a neighbour on the management network, and every socket there is, seen from inside.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Neighbour } from '../harness/neighbour.ts'
import { booted } from './booted.ts'

// A unix socket's path must be short.
const directory = mkdtempSync(join(tmpdir(), 'corbel-'))
const neighbourSocket = join(directory, 'net')
const host = booted({ name: 'ports', probe: true, neighbour: neighbourSocket }, (appliance) => appliance.readyAndLoggedIn())

afterAll(() => rmSync(directory, { recursive: true }))

describe('on the management network', () => {
  it('of all 65,535 TCP ports only 443 is open', async () => {
    const neighbour = new Neighbour(neighbourSocket)
    try {
      const all = Array.from({ length: 65_535 }, (_, n) => n + 1)
      const { open, refused, silent } = await neighbour.scan('10.0.2.15', all, 443)
      console.log(`refused: ${refused}; without an answer: ${silent}`)
      expect(open).toEqual([443])
    } finally {
      neighbour.close()
    }
  })

  it('the API still answers after the scan', async () => {
    expect((await host().api.request('GET', '/v1/vms')).status).toBe(200)
  })
})

/** Local address and port of each line of /proc/net/{tcp,udp}; only listening ones of TCP. */
function localPorts(table: string, state: string | null): { address: string; port: number }[] {
  return table.split('\n').flatMap((line) => {
    const [slot, local, , seen] = line.trim().split(/\s+/)
    if (slot === undefined || !/^\d+:$/.test(slot) || local === undefined || (state !== null && seen !== state)) return []
    const [address, port] = local.split(':')
    return [{ address: address ?? '', port: Number.parseInt(port ?? '', 16) }]
  })
}

describe('inside', () => {
  it('only the gateway’s socket listens for TCP', async () => {
    const tables = await host().probe.output('cat /proc/1/net/tcp /proc/1/net/tcp6')
    expect([...new Set(localPorts(tables, '0A').map(({ port }) => port))]).toEqual([443])
  })

  it('for UDP there is nothing but DHCP: the client’s, and the server’s for VMs', async () => {
    const tables = await host().probe.output('cat /proc/1/net/udp /proc/1/net/udp6')
    for (const { port } of localPorts(tables, null)) expect([67, 68]).toContain(port)
  })

  it('no process is a shell or a login', async () => {
    const names = (await host().probe.processes()).map(({ argv }) => argv.join(' '))
    expect(names.filter((name) => /getty|login|\bd?a?sh\b|sulogin/.test(name))).toEqual([])
  })

  it('SysRq is off, or no part of the kernel', async () => {
    const setting = await host().probe.output('if [ -e /proc/sysrq-trigger ]; then cat /proc/sys/kernel/sysrq; else echo absent; fi')
    expect(['0', 'absent']).toContain(setting)
  })
})
