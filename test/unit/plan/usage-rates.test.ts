// Rates from two readings: right over any time, unknown rather than wrong where a counter began anew.
import { describe, expect, it } from 'vitest'
import type { DeviceTransfers, HostCounters, NicTraffic, VmCounters } from '../../../control/src/domain/usage.ts'
import { deviceUsage, hostRates, vmRates } from '../../../control/src/plan/usage-rates.ts'
import { HOST_COUNTERS, VM_COUNTERS } from '../../fakes/usage.ts'

const at = <T>(atMs: number, value: T) => ({ atMs, value })
const cpu = (usedMicroseconds: number, stealMicroseconds: number | null = 0, throttledMicroseconds = 0): VmCounters => ({
  ...VM_COUNTERS,
  cpu: { ...VM_COUNTERS.cpu, usedMicroseconds, stealMicroseconds, throttledMicroseconds },
})
const nic = (slot: number, receivedBytes: number, sentBytes: number): NicTraffic => ({
  ...{ slot, receivedBytes, sentBytes, receivedPackets: receivedBytes / 100, sentPackets: sentBytes / 100, dropped: 0 },
})
const disk = (name: string, readBytes: number, writtenBytes: number): DeviceTransfers => ({
  ...{ name, readBytes, writtenBytes, reads: readBytes / 512, writes: writtenBytes / 512 },
})

describe('the CPU rates of a VM', () => {
  it.each([
    ['a core and a half over 10 s', 10_000, cpu(5_000_000), cpu(20_000_000), { cpuPercent: 150, stealPercent: 0, throttledPercent: 0 }],
    [
      'half a core, held back and waiting, over a time that is no whole number',
      2500.5,
      cpu(0, 1000, 0),
      cpu(1_250_250, 626_125, 250_050),
      { cpuPercent: 50, stealPercent: 25, throttledPercent: 10 },
    ],
    ['nothing', 10_000, cpu(7), cpu(7), { cpuPercent: 0, stealPercent: 0, throttledPercent: 0 }],
    ['no time at all', 0, cpu(0), cpu(1_000_000), { cpuPercent: null, stealPercent: null, throttledPercent: null }],
    ['time that goes backwards', -1, cpu(0), cpu(1_000_000), { cpuPercent: null }],
    [
      'a process that began anew',
      10_000,
      cpu(5_000_000, 100, 100),
      cpu(1000, 5, 0),
      { cpuPercent: null, stealPercent: null, throttledPercent: null },
    ],
    ['a vCPU that was unplugged', 10_000, cpu(0, 5_000_000), cpu(10_000_000, 1_000_000), { cpuPercent: 100, stealPercent: null }],
    ['a kernel that does not tell who waits', 10_000, cpu(0, null), cpu(10_000_000, null), { cpuPercent: 100, stealPercent: null }],
    ['one that begins to tell', 10_000, cpu(0, null), cpu(10_000_000, 1), { stealPercent: null }],
  ])('%s', (_name, elapsedMs, before, after, rates) => {
    expect(vmRates(at(1000, before), at(1000 + elapsedMs, after))).toMatchObject(rates)
  })
})

describe('the network rates of a VM', () => {
  const of = (before: readonly NicTraffic[], after: readonly NicTraffic[]) =>
    vmRates(at(0, { ...VM_COUNTERS, nics: before }), at(10_000, { ...VM_COUNTERS, nics: after }))

  it('are those of its NICs, and their sum', () => {
    const rates = of([nic(0, 0, 1000), nic(1, 5000, 0)], [nic(0, 10_000, 21_000), nic(1, 6000, 0)])
    expect(rates.nics).toMatchObject([
      { slot: 0, receivedBytesPerSecond: 1000, sentBytesPerSecond: 2000, receivedPacketsPerSecond: 10 },
      { slot: 1, receivedBytesPerSecond: 100, sentBytesPerSecond: 0, receivedPacketsPerSecond: 1 },
    ])
    expect(rates.network).toMatchObject({ receivedBytesPerSecond: 1100, sentBytesPerSecond: 2000, droppedPerSecond: 0 })
  })

  it('make no leap when a NIC comes or goes', () => {
    const plugged = of([nic(0, 0, 0)], [nic(0, 10_000, 0), nic(1, 1_000_000, 0)])
    expect(plugged.network.receivedBytesPerSecond).toBe(1000)
    expect(plugged.nics[1]).toMatchObject({ slot: 1, receivedBytesPerSecond: null })
    expect(of([nic(0, 0, 0), nic(1, 1_000_000, 0)], [nic(0, 10_000, 0)]).network.receivedBytesPerSecond).toBe(1000)
  })
})

describe('the disk rates of a VM', () => {
  it('are by device, and unknown for one that was not there, or began anew', () => {
    const before = { balloonBytes: null, guestMemory: null, disks: [disk('disk0', 0, 512), disk('disk1', 4096, 0)] }
    const after = { balloonBytes: 1, guestMemory: null, disks: [disk('disk0', 5120, 512), disk('disk1', 512, 0), disk('disk2', 512, 0)] }
    const usage = deviceUsage(at(0, before), at(5000, after))
    expect(usage).toMatchObject({ balloonBytes: 1, disks: after.disks })
    expect(usage.rates).toEqual([
      { name: 'disk0', readBytesPerSecond: 1024, writtenBytesPerSecond: 0, readsPerSecond: 2, writesPerSecond: 0 },
      { name: 'disk1', readBytesPerSecond: null, writtenBytesPerSecond: 0, readsPerSecond: null, writesPerSecond: 0 },
      { name: 'disk2', readBytesPerSecond: null, writtenBytesPerSecond: null, readsPerSecond: null, writesPerSecond: null },
    ])
  })

  it('are unknown until QEMU has told twice', () => {
    expect(deviceUsage(null, at(0, { balloonBytes: null, guestMemory: null, disks: [] })).rates).toBeNull()
  })
})

describe('the rates of the host', () => {
  it('are by CPU, disk and adapter, and together', () => {
    const cpus = (first: number, second: number) => [
      { number: 0, busyMicroseconds: first, idleMicroseconds: 0, stealMicroseconds: 0 },
      { number: 1, busyMicroseconds: second, idleMicroseconds: 0, stealMicroseconds: second / 10 },
    ]
    const counters = (first: number, second: number, bytes: number): HostCounters => ({
      ...HOST_COUNTERS,
      cpu: { busyMicroseconds: first + second, idleMicroseconds: 0, stealMicroseconds: second / 10 },
      cpus: cpus(first, second),
      disks: [disk('sda', bytes, 0), disk('sdb', 0, bytes)],
      adapters: [{ ...nic(0, bytes, 0), name: 'eth0' }],
    })
    const rates = hostRates(at(0, counters(0, 0, 0)), at(10_000, counters(10_000_000, 5_000_000, 51_200)))
    expect(rates).toMatchObject({
      ...{ cpuPercent: 150, stealPercent: 5 },
      cpus: [
        { number: 0, busyPercent: 100, stealPercent: 0 },
        { number: 1, busyPercent: 50, stealPercent: 5 },
      ],
      io: { readBytesPerSecond: 5120, writtenBytesPerSecond: 5120, readsPerSecond: 10 },
      network: { receivedBytesPerSecond: 5120, sentBytesPerSecond: 0 },
      disks: [
        { name: 'sda', readBytesPerSecond: 5120 },
        { name: 'sdb', readBytesPerSecond: 0 },
      ],
      adapters: [{ name: 'eth0', receivedBytesPerSecond: 5120 }],
    })
  })
})
