// Devices of the host that a VM is given for itself, on a machine with an IOMMU: what the host needs stays, what a guest has works there and comes back.
import { describe, expect, it } from 'vitest'
import type { HostDevice } from '../../control/src/domain/pci-device.ts'
import { pciDevicesContract } from '../contract/pci-devices.contract.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'

const MAC = '52:54:00:aa:00:01'
const OTHER_MAC = '52:54:00:aa:00:99'
/** One CPU: nested guests bear more of them badly. The adapter is one that the guests' kernel has a driver for, on a network with DHCP. */
const host = booted(
  {
    ...{ name: 'passthrough', probe: true, memoryMiB: 1536 },
    hardware: {
      iommu: true,
      cards: [
        { slot: 1, device: `vmxnet3,mac=${MAC},romfile=,netdev=card1`, backend: ['-netdev', 'user,id=card1'] },
        {
          slot: 7,
          device: 'nvme,serial=SCRATCH1,subsys=subsystem,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2',
          backend: ['-device', 'nvme-subsys,id=subsystem,nqn=scratch'],
        },
      ],
    },
  },
  (appliance) => appliance.readyAndLoggedIn(),
)
const minutes = (count: number) => host().patience(count * 10_000)

const devices = async () => (await host().api.call<{ items: readonly HostDevice[] }>('GET', '/v1/host/devices')).items
async function find(what: string, matches: (device: HostDevice) => boolean): Promise<HostDevice> {
  const found = (await devices()).find(matches)
  if (found === undefined) throw new Error(`there is no ${what}`)
  return found
}
const inSlot = (slot: string) => find(`card in slot ${slot}`, (device) => device.slot === slot && device.sriov?.physicalFunction == null)

const specOf = (name: string, ...ids: readonly string[]) => ({
  ...guestSpecs.hello(name),
  memoryMiB: 128,
  pciDevices: ids.map((device) => ({ device })),
})

/** The adapter as the host has it: its driver, and its MAC address among those of its interfaces. */
async function atHome(address: string): Promise<string> {
  const script = `cd /sys/bus/pci/devices/${address}; basename $(readlink driver); cat driver_override; cat net/*/address; ls /proc/1/root/run/corbel/pci 2>/dev/null || true`
  return (await host().probe.output(script)).replaceAll('\n', ' ')
}
const AT_HOME = `vmxnet3 (null) ${MAC}`

async function guestOf(vm: Vm): Promise<SerialSocket> {
  const console = await SerialSocket.open(host().api, vm.id)
  await console.waitFor(/nested kvm is/, minutes(3), host().machine.died)
  return console
}

async function failedPowerOn(id: string): Promise<string> {
  const task = await host().vms.ask(id, 'power-on')
  const look = async () => {
    const now = await host().api.call<{ state: string; error: { code: string } | null }>('GET', `/v1/tasks/${task.id}`)
    return now.state === 'running' ? null : (now.error?.code ?? now.state)
  }
  return until('the end of the task', look, { timeoutMs: minutes(2), intervalMs: 250, signal: host().machine.died })
}

const refusedPowerOn = async (id: string) => (await host().api.request('POST', `/v1/vms/${id}/power-on`)).json as { readonly code: string }

describe('the host tells', () => {
  it('what it needs its devices for, and which of them a VM may have', async () => {
    const all = await devices()
    const usesOf = (device: HostDevice) => device.uses.map(({ kind }) => kind)
    const withUse = (kind: string) => all.filter((device) => device.uses.some((use) => use.kind === kind))
    expect(withUse('boot-medium').map(({ interfaces }) => interfaces)).toEqual([['vda']])
    expect(withUse('datastore').map(usesOf)).toEqual([['state', 'datastore']])
    expect(withUse('management').map(({ interfaces }) => interfaces)).toEqual([[expect.stringMatching(/^eth\d$/)]])
    expect(withUse('console').map(({ className }) => className)).toEqual(['VGA controller'])
    expect(withUse('host-part').map(({ class: code }) => code?.slice(0, 2))).toEqual(expect.arrayContaining(['06', '0c']))
    for (const slot of ['1', '7']) {
      const card = await inSlot(slot)
      expect(card).toMatchObject({ uses: [], reasons: [], assignable: true, vm: null, wantedBy: [], groupMembers: [card.id] })
      expect(card.id).toMatch(/^PCI0-0[0-9a-f]\.0-00\.0$/)
    }
    expect(await inSlot('7')).toMatchObject({ serial: 'SCRATCH1', sriov: { totalVfs: 2, numVfs: 0 } })
  })

  it('each device that it needs, when it is asked for', async () => {
    const all = await devices()
    const guarded = all.filter(({ assignable }) => !assignable)
    for (const { id, reasons } of guarded) {
      const refused = await host().api.request('POST', '/v1/vms?dryRun=true', { body: specOf('greedy', id) })
      expect(refused).toMatchObject({ status: 409, json: { code: reasons[0]?.code } })
      const { problems } = refused.json as { readonly problems: readonly { readonly code: string; readonly got: string }[] }
      expect(problems.map(({ code, got }) => [code, got])).toEqual(reasons.map(({ code }) => [code, id]))
    }
    const codes = new Set(guarded.flatMap(({ reasons }) => reasons.map(({ code }) => code)))
    const kinds = ['boot-medium', 'state', 'datastore', 'management', 'console', 'host-part', 'group']
    expect([...codes].sort()).toEqual(kinds.map((kind) => `pci.guard.${kind}`).sort())
    const unknown = await host().api.request('POST', '/v1/vms', { body: specOf('greedy', 'PCI0-13.0') })
    expect(unknown).toMatchObject({ status: 422, json: { problems: [{ code: 'pci.device.unknown' }] } })
  })
})

let card: HostDevice
let vm: Vm

describe('a network card', () => {
  it('that a VM is given works in its guest, and the host has it no longer', async () => {
    const { api, probe, vms, machine } = host()
    card = await inSlot('1')
    expect(await atHome(card.address)).toBe(AT_HOME)
    vm = await vms.create(specOf('first', card.id))
    await vms.power(vm.id, 'power-on', minutes(2))
    expect(await inSlot('1')).toMatchObject({ id: card.id, driver: 'vfio-pci', vm: vm.id, wantedBy: [vm.id], interfaces: [] })
    expect(await probe.output('cat /sys/class/net/*/address')).not.toContain(MAC)
    // Its group and what leads to it are all that its process sees, and the memory of its guest is all that may be locked.
    const { pid } = (await vms.get(vm.id)).status
    expect(await probe.output(`ls /proc/${pid}/root/dev/vfio`)).toBe(`${card.iommuGroup}\nvfio`)
    expect(Number(/^VmLck:\s*(\d+) kB$/m.exec(await probe.output(`cat /proc/${pid}/status`))?.[1])).toBeGreaterThanOrEqual(128 * 1024)
    const console = await guestOf(vm)
    console.send('devices\r')
    await console.waitFor(/device 0000:\S+ 0x15ad:0x07b0[\s\S]*no more devices/, minutes(2), machine.died)
    console.send('card\r')
    await console.waitFor(/card done/, minutes(3), machine.died)
    expect(console.text).toContain(`corbel-guest: card ${MAC}`)
    expect(console.text).toMatch(/lease of 10\.0\.2\.15 obtained from 10\.0\.2\.2/)
    console.close()
    expect(await api.request('POST', `/v1/vms/${vm.id}/suspend`)).toMatchObject({ status: 409, json: { code: 'vm.suspend.passthrough' } })
  })

  it('is no other VM’s meanwhile', async () => {
    const { vms } = host()
    const second = await vms.create(specOf('second', card.id))
    expect(await refusedPowerOn(second.id)).toMatchObject({
      code: 'pci.device.in-use',
      problems: [{ message: 'is with the VM first', got: card.id }],
    })
    await vms.remove(second.id)
  })

  it('stays with its VM when controld is killed, and comes back at its end', async () => {
    const { vms } = host()
    await host().killControld()
    await vms.waitForPowerState(vm.id, 'running', minutes(2))
    expect(await inSlot('1')).toMatchObject({ driver: 'vfio-pci', vm: vm.id })
    await vms.power(vm.id, 'power-off', minutes(1))
    expect(await atHome(card.address)).toBe(AT_HOME)
    expect(await inSlot('1')).toMatchObject({ id: card.id, vm: null, assignable: true })
  })

  it('stays where it is when its driver cannot be had', async () => {
    const { probe } = host()
    // Modules neither come nor go after the boot, so the kernel is kept from hearing which driver it is to be.
    const override = `/proc/1/root/sys/bus/pci/devices/${card.address}/driver_override`
    await probe.output(`: >/tmp/deaf && mount --bind /tmp/deaf ${override}`)
    expect(await failedPowerOn(vm.id)).toBe('pci.bind.failed')
    await probe.output(`umount ${override}`)
    expect(await atHome(card.address)).toBe(AT_HOME)
  })

  it('is given back when QEMU does not start with it', async () => {
    const { probe } = host()
    await probe.output('chmod 0 /proc/1/root/dev/vfio/vfio')
    expect(await failedPowerOn(vm.id)).toBe('qemu.exited')
    expect(await atHome(card.address)).toBe(AT_HOME)
    await probe.output('chmod 666 /proc/1/root/dev/vfio/vfio')
  })
})

describe('virtual functions', () => {
  const path = async () => `/v1/host/devices/${(await inSlot('7')).id}/virtual-functions`

  it('are made, go to VMs, and stay while these have them', async () => {
    const { api, vms, machine } = host()
    const disk = await inSlot('7')
    expect(await api.request('PUT', await path(), { body: { count: 3 } })).toMatchObject({
      status: 409,
      json: { code: 'pci.sriov.too-many' },
    })
    await api.call('PUT', `${await path()}?dryRun=true`, { body: { count: 2 } })
    expect((await inSlot('7')).sriov?.numVfs).toBe(0)
    const made = await api.call<HostDevice>('PUT', await path(), { body: { count: 2 } })
    expect(made).toMatchObject({ id: disk.id, sriov: { numVfs: 2 }, wantedVfs: 2, reasons: [{ code: 'pci.device.has-virtual-functions' }] })
    const virtual = (await devices()).filter(({ sriov }) => sriov?.physicalFunction === disk.address)
    expect(virtual.map(({ id, driver, assignable }) => ({ id, driver, assignable }))).toEqual(
      [0, 1].map((index) => ({ id: `${disk.id}-vf${index}`, driver: null, assignable: true })),
    )
    const user = await vms.create(specOf('third', `${disk.id}-vf1`))
    await vms.power(user.id, 'power-on', minutes(2))
    const console = await guestOf(user)
    console.send('devices\r')
    await console.waitFor(/device 0000:\S+ 0x1b36:0x0010[\s\S]*no more devices/, minutes(2), machine.died)
    console.close()
    expect(await api.request('PUT', await path(), { body: { count: 0 } })).toMatchObject({
      status: 409,
      json: { code: 'pci.sriov.in-use' },
    })
  })

  it('come back when their VM ends together with controld', async () => {
    const { probe, vms, machine } = host()
    const { id: user, status } = (await vms.list()).find(({ spec }) => spec.name === 'third') ?? vm
    const [controld] = await probe.pidsOf('hv-core', 'controld.qjb')
    await probe.output(`kill -9 ${controld} ${status.pid}`)
    const isBack = async () => {
      const { driver, vm: holder } = await find('virtual function', (device) => device.id.endsWith('-vf1'))
      return driver === null && holder === null && (await probe.output('ls /proc/1/root/run/corbel/pci')) === ''
    }
    const options = { timeoutMs: minutes(2), intervalMs: 500, signal: machine.died }
    await until('the virtual function at home', () => isBack().catch(() => false), options)
    await vms.waitForPowerState(user, 'crashed', minutes(1))
    await vms.remove(user)
  })

  it('are made again when the host has lost them', async () => {
    const { address } = await inSlot('7')
    await host().probe.output(`echo 0 >/sys/bus/pci/devices/${address}/sriov_numvfs`)
    await host().killControld()
    expect((await inSlot('7')).sriov?.numVfs).toBe(2)
    await host().api.call('PUT', await path(), { body: { count: 0 } })
    expect(await inSlot('7')).toMatchObject({ sriov: { numVfs: 0 }, wantedVfs: null, assignable: true })
  })
})

describe('what is there', () => {
  it('keeps the contract', async () => {
    const all = await devices()
    pciDevicesContract(all)
  })
})

describe('a VM', () => {
  it('is not given another device that is in the place of its own', async () => {
    const { machine } = host()
    const options = { timeoutMs: minutes(1), intervalMs: 500, signal: machine.died }
    await machine.qmp.run('device_del', { id: 'card1' })
    await until('an empty slot', async () => !(await devices()).some(({ id }) => id === card.id), options)
    await until('the end of the device', () => machine.qmp.events.some(({ event }) => event === 'DEVICE_DELETED'), options)
    expect(await refusedPowerOn(vm.id)).toMatchObject({ code: 'pci.device.missing', problems: [{ got: card.id }] })
    await machine.qmp.run('device_add', {
      ...{ driver: 'vmxnet3', id: 'card1', bus: 'slot1', netdev: 'card1', mac: OTHER_MAC, romfile: '' },
    })
    await until('the other card', async () => (await devices()).some(({ id, driver }) => id === card.id && driver === 'vmxnet3'), options)
    expect(await refusedPowerOn(vm.id)).toMatchObject({ code: 'pci.device.differs', problems: [{ got: card.id }] })
    expect(await host().probe.output('cat /sys/class/net/*/address')).toContain(OTHER_MAC)
  })
})
