// What a VM can be made of and how it changes while it runs, seen from inside a real guest: Secure Boot, TPM, hot-plug, and a suspension across a power cycle of the host.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Appliance } from '../harness/appliance.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import { GuestShell } from '../harness/guest-shell.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import type { Task, Vm } from '../harness/vm-client.ts'

const file = (name: string) => ({ datastore: 'local', file: name })
const DISK = { ...file('debian.qcow2'), format: 'qcow2' }

let appliance: Appliance
let dataDisk: string
let shell: GuestShell
let id: string
const minutes = (count: number) => appliance.patience(count * 10_000)

beforeAll(async () => {
  // Of its own, as it has to outlive the first appliance.
  dataDisk = overlayDataDisk(freshLogDirectory('vm-hardware-disk'))
  appliance = await Appliance.start({ name: 'vm-hardware', probe: true, memoryMiB: 3072, dataDisk })
  await appliance.readyAndLoggedIn()
})
afterAll(async () => {
  await appliance?.stop()
  rmSync(join(dataDisk, '..'), { recursive: true, force: true })
})

/** Changes the running VM and waits for the task, where there is one. */
async function change(patch: object): Promise<Vm> {
  const { api, vms } = appliance
  const answer = await api.request('PATCH', `/v1/vms/${id}`, { body: patch, headers: { 'if-match': '*' } })
  expect([200, 202]).toContain(answer.status)
  if (answer.status === 202) await vms.follow(answer.json as Task, minutes(1))
  return vms.get(id)
}

describe('a VM with UEFI Secure Boot and a TPM', () => {
  it('boots a signed Debian', async () => {
    const { api, machine, vms } = appliance
    const vm = await vms.create({
      ...{ name: 'secure', firmware: 'uefi-secure-boot', tpm: true, display: 'none', usb: false },
      ...{ memoryMiB: 384, maxMemoryMiB: 768, maxVcpus: 2, disks: [DISK], cdroms: [{}], nics: [{ network: 'nat' }], watchdog: 'reset' },
    })
    id = vm.id
    await vms.power(id, 'power-on', minutes(2))
    shell = await GuestShell.login(await SerialSocket.open(api, id), machine, minutes(8), () => vms.power(id, 'reset', minutes(1)))
  })

  it('enforces Secure Boot, as the guest sees it', async () => {
    const variable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'
    expect(await shell.run(`od -An -t u1 -j 4 ${variable}`, minutes(1))).toBe('1')
  })

  it('shows the guest a TPM 2.0', async () => {
    expect(await shell.run('cat /sys/class/tpm/tpm0/tpm_version_major', minutes(1))).toBe('2')
  })
})

describe('while it runs, the guest sees', () => {
  it('a disk come and go', async () => {
    const serials = 'cat /sys/block/vd*/serial'
    expect(await shell.run(serials, minutes(1))).not.toContain('SECOND')
    const changed = await change({ disks: [DISK, { ...file('empty.qcow2'), format: 'qcow2', serial: 'SECOND' }] })
    expect(changed.status.pending).toEqual([])
    await shell.waitFor(serials, /SECOND/, minutes(1))
    await change({ disks: [DISK] })
    await shell.waitFor(serials, /^(?![\s\S]*SECOND)/, minutes(1))
  })

  it('a NIC come, lose its link, and go', async () => {
    const [first] = (await appliance.vms.get(id)).spec.nics
    await change({ nics: [first, { network: 'nat', mac: '52:54:00:aa:bb:cc' }] })
    const name = await shell.waitFor(
      'udevadm settle; grep -l 52:54:00:aa:bb:cc /sys/class/net/*/address | cut -d/ -f5',
      /^\w+$/,
      minutes(1),
    )
    await shell.run(`ip link set ${name} up`, minutes(1))
    await shell.waitFor(`cat /sys/class/net/${name}/carrier`, /^1$/, minutes(1))
    await change({ nics: [first, { network: 'nat', mac: '52:54:00:aa:bb:cc', connected: false }] })
    await shell.waitFor(`cat /sys/class/net/${name}/carrier`, /^0$/, minutes(1))
    await change({ nics: [first] })
    await shell.waitFor('cat /sys/class/net/*/address', /^(?![\s\S]*aa:bb:cc)/, minutes(1))
  })

  it('a CD inserted and ejected', async () => {
    const size = 'cat /sys/block/sr0/size'
    await change({ cdroms: [{ medium: file('rescue.iso') }] })
    await shell.waitFor('blkid -p -s TYPE -o value /dev/sr0', /^iso9660$/, minutes(1))
    await change({ cdroms: [{ medium: null }] })
    await shell.waitFor('blkid -p /dev/sr0 || echo none', /none/, minutes(1))
    expect(await shell.run(size, minutes(1))).toBeDefined()
  })

  it('vCPUs added and taken away', async () => {
    expect(await shell.run('nproc', minutes(1))).toBe('1')
    await change({ vcpus: 2 })
    await shell.waitFor('for cpu in /sys/devices/system/cpu/cpu[1-9]*; do echo 1 >$cpu/online; done; nproc', /^2$/, minutes(2))
    await change({ vcpus: 1 })
    await shell.waitFor('nproc', /^1$/, minutes(1))
  })

  it('memory added', async () => {
    const total = "sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo"
    const before = Number(await shell.run(total, minutes(1)))
    expect((await change({ memoryMiB: 640 })).status.pending).toEqual([])
    const more = async () => Number(await shell.run(total, minutes(1))) - before > 200_000
    await expect.poll(more, { timeout: minutes(2), interval: 1000 }).toBe(true)
  })

  it('its balloon inflated', async () => {
    const free = "sed -n 's/^MemFree: *\\([0-9]*\\).*/\\1/p' /proc/meminfo"
    const before = Number(await shell.run(free, minutes(1)))
    await change({ memoryTargetMiB: 540 })
    const taken = async () => before - Number(await shell.run(free, minutes(1))) > 70_000
    await expect.poll(taken, { timeout: minutes(2), interval: 1000 }).toBe(true)
    await change({ memoryTargetMiB: null })
    await expect.poll(async () => !(await taken()), { timeout: minutes(2), interval: 1000 }).toBe(true)
  })

  it('nothing of what waits for the next power-on, which the VM names', async () => {
    const changed = await change({ smbios: { serial: 'S1' }, display: 'vga', description: 'for people' })
    expect(changed.status.pending).toEqual(['display', 'smbios.serial'])
    expect((await change({ smbios: null, display: 'none' })).status.pending).toEqual([])
  })
})

describe('a suspended VM', () => {
  it('stands still when paused', async () => {
    const { vms } = appliance
    await vms.power(id, 'pause', minutes(1))
    await vms.waitForPowerState(id, 'paused', minutes(1))
    await vms.power(id, 'resume', minutes(1))
    await vms.waitForPowerState(id, 'running', minutes(1))
  })

  it('goes on after a power cycle of the host where it was', async () => {
    const { vms } = appliance
    await shell.run(
      '(i=0; while :; do i=$((i + 1)); echo $i >/run/counter; sleep 0.2; done) >/dev/null 2>&1 & echo $! >/run/counting',
      minutes(1),
    )
    await shell.waitFor('cat /run/counter', /^[1-9]/, minutes(1))
    const before = Number(await shell.run('cat /run/counter', minutes(1)))
    await vms.power(id, 'suspend', minutes(4))
    await vms.waitForPowerState(id, 'suspended', minutes(1))
    const { password } = appliance
    await appliance.powerOff()
    await appliance.stop()

    appliance = await Appliance.start({ name: 'vm-hardware-again', probe: true, memoryMiB: 3072, dataDisk })
    await appliance.ready()
    // The first seed's: a state that knows its administrator takes no other.
    await appliance.api.login(password)
    expect((await appliance.vms.get(id)).status.powerState).toBe('suspended')
    await appliance.vms.power(id, 'resume', minutes(4))
    shell = GuestShell.resume(await SerialSocket.open(appliance.api, id), appliance.machine)
    const after = Number(await shell.run('cat /run/counter', minutes(2)))
    expect(after).toBeGreaterThan(before)
    await shell.waitFor('cat /run/counter', new RegExp(`^(?!${after}$)\\d+$`), minutes(1))
    expect(await shell.run('cat /sys/class/tpm/tpm0/tpm_version_major', minutes(1))).toBe('2')
  })

  it('is gone without a trace when it has been powered off and deleted', async () => {
    const { probe, vms } = appliance
    await vms.power(id, 'power-off', minutes(1))
    await vms.remove(id)
    const places = ['run/corbel/vm', 'datastores/local/.vm', 'state/vm'].map((place) => `/proc/1/root/${place}`).join(' ')
    const cgroups = 'find /proc/1/root/sys/fs/cgroup/corbel.vm -mindepth 1 -type d'
    expect(await probe.output(`${cgroups}; find ${places} -mindepth 1 -maxdepth 1 2>/dev/null || true`)).toBe('')
    expect(await probe.output('ps | grep -c [s]wtpm || true')).toBe('0')
  })
})
