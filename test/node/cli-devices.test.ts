// Devices of the host on the command line: which there are, giving them to VMs, and their virtual functions.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HostDevice } from '../../control/src/domain/pci-device.ts'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { TestHost } from './cli/host.ts'
import { corbel, type Ran } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())
const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const vm = async (id: string): Promise<Vm> => (await host.client.call({ path: `/v1/vms/${id}` })).body as Vm

describe('host devices', () => {
  it('tells of each whether a VM may have it, or what would be lost', async () => {
    const { output, exit } = await on('host', 'devices')
    expect(exit).toBe(0)
    const lines = output.split('\n').map((line) => line.split(/ {2,}/))
    expect(lines[0]).toEqual(['DEVICE', 'CLASS', 'ID', 'SERIAL', 'DRIVER', 'HAS', 'GROUP', 'VM', 'VFS', 'ASSIGNABLE'])
    const line = (id: string) => lines.find(([first]) => first === id)
    expect(line('PCI0-02.0')?.at(-1)).toBe('is needed by the host, which would lose the management network (eth0)')
    expect(line('PCI0-1c.0-00.0')?.slice(4)).toEqual(['e1000e', 'eth1', '10', '-', '-', 'yes'])
    const { items } = JSON.parse((await on('host', 'devices', '--json')).output) as { readonly items: readonly HostDevice[] }
    expect(items.map(({ id }) => id)).toContain('PCI0-1d.0-00.1')
  })

  it('are given to a VM, and taken from it, by their names', async () => {
    const { id } = JSON.parse((await on('vm', 'create', 'web1', '--pci-device', 'PCI0-1c.0-00.0', '--json')).output) as Vm
    expect((await vm(id)).spec.pciDevices).toMatchObject([{ slot: 0, device: 'PCI0-1c.0-00.0', deviceId: '10d3' }])
    expect((await on('vm', 'show', 'web1')).output).toMatch(/^pciDevice0 +PCI0-1c\.0-00\.0,vendorId=8086,deviceId=10d3,serial=/m)
    expect(await on('vm', 'set', 'web1', '--add-pci-device', 'PCI0-1d.0-00.0,slot=5')).toMatchObject({ exit: 0 })
    expect(await on('vm', 'set', 'web1', '--remove-pci-device', 'PCI0-1c.0-00.0')).toMatchObject({ exit: 0 })
    expect((await vm(id)).spec.pciDevices).toMatchObject([{ slot: 5, device: 'PCI0-1d.0-00.0' }])
    expect(await on('vm', 'set', 'web1', '--remove-pci-device', 'pciDevice5')).toMatchObject({ exit: 0 })
    expect((await vm(id)).spec.pciDevices).toEqual([])
  })

  it('are refused with what would be lost', async () => {
    const { exit, errors } = await on('vm', 'create', 'web1', '--pci-device', 'PCI0-03.0')
    expect(exit).toBe(5)
    expect(errors).toContain('pci.guard.datastore')
    expect(errors).toContain('/datastores/local on sda2')
  })
})

describe('host virtual-functions', () => {
  it('sets how many there are', async () => {
    const device = 'PCI0-1e.0-00.0'
    expect((await on('host', 'virtual-functions', device, '2', '--dry-run')).output).toBe(`${device}: could be set; nothing was done\n`)
    expect((await on('host', 'virtual-functions', device, '2')).output).toBe(`${device}: set\n`)
    expect((await on('host', 'devices')).output).toContain(`${device}-vf1`)
    const { exit, errors } = await on('host', 'virtual-functions', device, '3')
    expect([exit, errors]).toEqual([5, expect.stringContaining('pci.sriov.too-many')])
  })
})
