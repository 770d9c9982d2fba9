// Real guest systems in VMs of a booted appliance: a Debian and Memtest86+, what they do and how that is accounted for.
import { describe, expect, it } from 'vitest'
import type { HostUsage, VmUsage } from '../../control/src/domain/usage.ts'
import { bootedGuest, GuestShell } from '../harness/guest-shell.ts'
import { parseMetrics } from '../harness/metrics-text.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'
import { namedVms } from './named-vms.ts'

const host = booted({ name: 'vms', probe: true, memoryMiB: 2560 }, (appliance) => appliance.readyAndLoggedIn())

const { vm, start } = namedVms(host)
const minutes = (count: number) => host().patience(count * 10_000)

let debianConsole: SerialSocket
let debianShell: GuestShell

/** A sample of a VM that is as it should be; there is one every 10 s, however fast the machine is. */
async function usageThat(name: string, isRight: (usage: VmUsage) => boolean): Promise<VmUsage> {
  let seen = ''
  const look = async () => {
    const { latest } = await host().api.call<{ latest: VmUsage | null }>('GET', `/v1/vms/${vm(name).id}/usage`)
    seen = JSON.stringify(latest)
    return latest !== null && isRight(latest) ? latest : null
  }
  return until(`usage of ${name}`, look, {
    timeoutMs: minutes(1) + 60_000,
    intervalMs: 1000,
    signal: host().machine.died,
    seen: () => seen,
  })
}

/** Has the guest burn CPU, and gives a sample that is of nothing else and as it should be. */
async function usageWhileBurning(isRight: (usage: VmUsage) => boolean): Promise<VmUsage> {
  await debianShell.run('(while :; do :; done) >/dev/null 2>&1 & echo $! >/run/burning', minutes(1))
  const { at } = await usageThat('debian', () => true)
  // The next sample may be partly of the time before.
  const isOfBurning = (usage: VmUsage) => Date.parse(usage.at) - Date.parse(at) > 15_000
  const usage = await usageThat('debian', (seen) => isOfBurning(seen) && isRight(seen))
  await debianShell.run('kill $(cat /run/burning)', minutes(1))
  return usage
}

describe('a VM', () => {
  it('boots a real Debian from its disk to its login prompt, under KVM', async () => {
    const { machine } = host()
    debianConsole = await start('debian', guestSpecs.debian('debian'))
    await bootedGuest(debianConsole, machine, minutes(6), () => host().vms.power(vm('debian').id, 'reset', minutes(1)))
    await debianConsole.waitFor(/^corbel-guest: virtualisation is kvm\r?$/m, minutes(4), machine.died)
  })

  it('gets an address on the host’s network', async () => {
    await debianConsole.waitFor(/corbel-guest: address is 10\.213\.0\.\d+/, minutes(2), host().machine.died)
  })

  it('is typed to over its serial console', async () => {
    const { machine } = host()
    debianConsole.send('root\r')
    await debianConsole.waitFor(/Password:/, minutes(1), machine.died)
    debianConsole.send('corbel-guest\r')
    await debianConsole.waitFor(/root@debian:~#/, minutes(2), machine.died)
    debianConsole.send('echo sum=$((6 * 7))\r')
    await debianConsole.waitFor(/^sum=42\r?$/m, minutes(1), machine.died)
  })

  it('has its console kept in a log', async () => {
    const log = await host().vms.consoleLog(vm('debian').id)
    expect(log).toMatch(/corbel-guest: virtualisation is kvm/)
    expect(log).toMatch(/sum=42/)
  })

  it('that burns CPU is seen to use one core', async () => {
    debianShell = GuestShell.resume(debianConsole, host().machine)
    const { counters, rates } = await usageWhileBurning((usage) => (usage.rates?.cpuPercent ?? 0) > 50)
    expect(rates?.cpuPercent).toBeLessThan(115)
    expect(counters.cpu.stealMicroseconds).toBeGreaterThan(0)
    expect(counters.cpu.throttledMicroseconds).toBe(0)
    const stat = await host().probe.output(`cat /proc/1/root/sys/fs/cgroup/corbel.vm/${vm('debian').id}/cpu.stat`)
    const usedNow = Number(/^usage_usec (\d+)$/m.exec(stat)?.[1])
    expect(counters.cpu.usedMicroseconds).toBeLessThanOrEqual(usedNow)
    expect(counters.cpu.usedMicroseconds).toBeGreaterThan(usedNow - 30_000_000)
  })

  it('that writes is seen to, by its own disk and on the host’s', async () => {
    const written = ({ devices }: VmUsage) => devices?.disks.find(({ name }) => name === 'disk0')?.writtenBytes ?? Number.NaN
    const before = await usageThat('debian', (usage) => usage.devices !== null)
    await debianShell.run('dd if=/dev/urandom of=/var/tmp/written bs=1M count=16 conv=fsync; rm /var/tmp/written', minutes(2))
    const size = 16 * 1_048_576
    const after = await usageThat('debian', (usage) => written(usage) - written(before) >= size)
    expect(written(after) - written(before)).toBeLessThan(4 * size)
    const onHost = (usage: VmUsage) => usage.counters.io.writtenBytes - before.counters.io.writtenBytes
    await usageThat('debian', (usage) => onHost(usage) >= size)
    const { latest } = await host().api.call<{ latest: HostUsage }>('GET', '/v1/host/usage')
    expect(latest.counters.disks.reduce((sum, disk) => sum + disk.writtenBytes, 0)).toBeGreaterThanOrEqual(size)
  })

  it('has its memory and network accounted for, with pressure told and the past kept', async () => {
    const { api } = host()
    const usage = await usageThat('debian', ({ rates }) => rates !== null)
    const { memory, pressure, nics } = usage.counters
    expect(usage.memoryMiB).toBe(256)
    expect(memory.residentBytes).toBeGreaterThan(64 * 1_048_576)
    expect(memory.residentBytes).toBeLessThan(memory.chargedBytes)
    expect(usage.devices?.balloonBytes).toBe(256 * 1_048_576)
    expect(nics).toMatchObject([{ slot: 0 }])
    // It was given an address.
    expect(Math.min(nics[0]?.sentPackets ?? 0, nics[0]?.receivedPackets ?? 0)).toBeGreaterThan(0)
    expect(Object.values(pressure).filter((one) => one === null)).toEqual([])
    const { history } = await api.call<{ history: { at: string[] } }>('GET', `/v1/vms/${usage.id}/usage`)
    expect(history.at.length).toBeGreaterThan(2)
  })

  it('is told to Prometheus', async () => {
    const families = parseMetrics((await host().api.request('GET', '/v1/metrics')).text)
    const labels = `vm="debian",id="${vm('debian').id}"`
    expect(families.get('corbel_vm_cpu_seconds_total')?.samples.get(labels)).toBeGreaterThan(1)
    expect(families.get('corbel_vm_disk_written_bytes_total')?.samples.get(`${labels},disk="disk0"`)).toBeGreaterThan(16 * 1_048_576)
    expect([...(families.get('corbel_host_cpu_seconds_total')?.samples.keys() ?? [])]).toContain('cpu="0",mode="busy"')
    expect([...(families.get('corbel_host_adapter_received_bytes_total')?.samples.keys() ?? [])]).toHaveLength(1)
  })

  it('runs beside one of another system, Memtest86+ from a CD', async () => {
    const { machine, vms } = host()
    const rescue = await start('rescue', guestSpecs.rescueCd('rescue'))
    await rescue.waitFor(/corbel-guest: GRUB from the CD/, minutes(1), machine.died)
    await rescue.waitFor(/Memtest86\+ v/, minutes(2), machine.died)
    debianConsole.send('echo product=$((6 * 9))\r')
    await debianConsole.waitFor(/^product=54\r?$/m, minutes(1), machine.died)
    expect((await vms.list()).map((one) => [one.spec.name, one.status.powerState])).toEqual([
      ['debian', 'running'],
      ['rescue', 'running'],
    ])
    rescue.close()
  })

  it('that has to share a CPU is seen to wait for it', async () => {
    const { rates } = await usageWhileBurning((usage) => (usage.rates?.stealPercent ?? 0) > 20)
    expect(rates?.cpuPercent).toBeLessThan(90)
    const { total, vms } = await host().api.call<{ total: { vms: number; cpuPercent: number }; vms: VmUsage[] }>('GET', '/v1/usage')
    expect(vms.map(({ name }) => name)).toEqual(['debian', 'rescue'])
    expect(total.vms).toBe(2)
    expect(total.cpuPercent).toBeLessThan(115)
  })

  it('takes the token as a WebSocket subprotocol too, for browsers', async () => {
    const viewer = await SerialSocket.open(host().api, vm('rescue').id, 'subprotocol')
    await viewer.waitFor(/Memtest86\+/, minutes(1), host().machine.died)
    viewer.close()
  })
})

describe('power', () => {
  it('shut down by ACPI lets the guest end by itself', async () => {
    const { machine, vms } = host()
    await vms.ask(vm('debian').id, 'shutdown')
    const off = await vms.waitForPowerState(vm('debian').id, 'off', minutes(3))
    expect(off.status.lastExit).toBeDefined()
    expect(machine.died.aborted).toBe(false)
    expect(await vms.consoleLog(vm('debian').id)).toMatch(/Power down|Reached target .*poweroff/i)
  })
})
