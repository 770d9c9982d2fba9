// What VMs, pools and the host use, as schemas of answers.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import {
  type AdapterTraffic,
  type CpuTime,
  type DeviceTransfers,
  type DeviceUsage,
  type GuestMemory,
  type HostUsage,
  type NicTraffic,
  type PoolUsage,
  type Pressure,
  type Pressures,
  RESOLUTIONS,
  type TrafficRates,
  type TransferRates,
  type Transfers,
  type UsageHistory,
  type UsageSum,
  type VmUsage,
} from '../domain/usage.ts'
import type { BalloonStatus } from '../domain/vm-status.ts'

type Of<T> = v.GenericSchema<unknown, T>

const count = v.pipe(v.number(), v.minValue(0))
const rate = v.nullable(count)
const at = v.pipe(v.string(), v.description('When it was sampled. RFC 3339, UTC.'))
const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly())

const pressureSchema = v.pipe(
  closed({
    someAvg10Percent: v.pipe(count, v.description('Share of the last 10 s in which something waited.')),
    fullAvg10Percent: v.pipe(count, v.description('In which nothing got on.')),
    someTotalMicroseconds: count,
    fullTotalMicroseconds: count,
  }),
  v.description('How much work waited for a resource, as the kernel’s PSI tells.'),
) satisfies Of<Pressure>

const pressuresSchema = closed({
  ...{ cpu: v.nullable(pressureSchema), memory: v.nullable(pressureSchema), io: v.nullable(pressureSchema) },
}) satisfies Of<Pressures>

const transfers = { readBytes: count, writtenBytes: count, reads: count, writes: count }
const transfersSchema = closed(transfers) satisfies Of<Transfers>
const deviceSchema = closed({ name: v.string(), ...transfers }) satisfies Of<DeviceTransfers>

const traffic = { receivedBytes: count, sentBytes: count, receivedPackets: count, sentPackets: count, dropped: count }
const nicSchema = closed({ slot: count, ...traffic }) satisfies Of<NicTraffic>
const adapterSchema = closed({ name: v.string(), ...traffic }) satisfies Of<AdapterTraffic>

const transferRates = { readBytesPerSecond: rate, writtenBytesPerSecond: rate, readsPerSecond: rate, writesPerSecond: rate }
const transferRatesSchema = closed(transferRates) satisfies Of<TransferRates>
const trafficRates = {
  ...{ receivedBytesPerSecond: rate, sentBytesPerSecond: rate },
  ...{ receivedPacketsPerSecond: rate, sentPacketsPerSecond: rate, droppedPerSecond: rate },
}
const trafficRatesSchema = closed(trafficRates) satisfies Of<TrafficRates>
const deviceRatesSchema = list(closed({ name: v.string(), ...transferRates }))

const memoryCounters = {
  chargedBytes: v.pipe(count, v.description('All that counts as its own, page cache included.')),
  residentBytes: v.pipe(count, v.description('Guests’ memory as far as it was touched, and QEMU’s own.')),
  cacheBytes: v.pipe(count, v.description('Page cache of its files.')),
  swapBytes: count,
}
const diskCounters = v.pipe(
  transfersSchema,
  v.description('What its disks cost those of the host: neither what the page cache answered, nor what it still holds.'),
)

/** By whom less is left to a guest than its VM has. */
export const balloonStatusSchema = closed({
  targetMiB: v.pipe(count, v.description('What the guest is to have.')),
  by: v.pipe(
    v.picklist(['user', 'balancer']),
    v.description('`user`: the spec wants it so. `balancer`: the host or a pool is short of memory.'),
  ),
}) satisfies Of<BalloonStatus>

const vmUsageSchema = closed({
  id: v.pipe(v.string(), v.uuid()),
  name: v.string(),
  at,
  pool: v.pipe(v.string(), v.description('That it runs in; `host`: none.')),
  memoryMiB: v.pipe(count, v.description('As the spec in force has it.')),
  balloon: v.pipe(v.nullable(balloonStatusSchema), v.description('Where the guest is to have less than that.')),
  counters: closed({
    cpu: closed({
      usedMicroseconds: v.pipe(count, v.description('By the VM’s processes, all CPUs together.')),
      throttledMicroseconds: v.pipe(count, v.description('Withheld because of the VM’s limit.')),
      throttledPeriods: count,
      stealMicroseconds: v.pipe(
        rate,
        v.description('For how long vCPUs were ready and had no CPU, summed over them; what a limit withheld counts, too.'),
      ),
    }),
    memory: closed(memoryCounters),
    io: diskCounters,
    pressure: pressuresSchema,
    nics: v.pipe(list(nicSchema), v.description('As the guest sees it.')),
  }),
  rates: v.pipe(
    v.nullable(
      closed({
        cpuPercent: v.pipe(rate, v.description('100 is one CPU.')),
        stealPercent: v.pipe(rate, v.description('100 is one vCPU that waits all the time.')),
        throttledPercent: rate,
        io: transferRatesSchema,
        network: trafficRatesSchema,
        nics: list(closed({ slot: count, ...trafficRates })),
      }),
    ),
    v.description('Between the two latest samples; null until there are two. One that is null began anew meanwhile.'),
  ),
  devices: v.pipe(
    v.nullable(
      closed({
        balloonBytes: v.pipe(rate, v.description('The memory that the balloon leaves the guest.')),
        guestMemory: v.pipe(
          v.nullable(
            closed({
              ...{ totalBytes: count, availableBytes: v.pipe(count, v.description('Free, or page cache.')) },
              updatedAt: v.pipe(v.string(), v.description('When the guest told. RFC 3339, UTC.')),
            }) satisfies Of<GuestMemory>,
          ),
          v.description('What the guest claims by the driver of its balloon; null where it does not.'),
        ),
        disks: v.pipe(list(deviceSchema), v.description('What the guest asked of its disks.')),
        rates: v.nullable(deviceRatesSchema),
      }) satisfies Of<DeviceUsage>,
    ),
    v.description('What only QEMU knows; null while it does not answer.'),
  ),
}) satisfies Of<VmUsage>

const cpuTime = { busyMicroseconds: count, idleMicroseconds: count, stealMicroseconds: count }

const hostUsageSchema = closed({
  at,
  counters: closed({
    cpu: closed(cpuTime) satisfies Of<CpuTime>,
    cpus: list(closed({ number: count, ...cpuTime })),
    memory: closed({ totalBytes: count, usedBytes: count, cacheBytes: count, swapUsedBytes: count }),
    pressure: pressuresSchema,
    disks: list(deviceSchema),
    adapters: list(adapterSchema),
  }),
  rates: v.nullable(
    closed({
      cpuPercent: v.pipe(rate, v.description('100 is one CPU.')),
      stealPercent: rate,
      cpus: list(closed({ number: count, busyPercent: rate, stealPercent: rate })),
      io: transferRatesSchema,
      network: trafficRatesSchema,
      disks: deviceRatesSchema,
      adapters: list(closed({ name: v.string(), ...trafficRates })),
    }),
  ),
}) satisfies Of<HostUsage>

const networkSumSchema = closed({
  ...{ receivedBytesPerSecond: count, sentBytesPerSecond: count },
  ...{ receivedPacketsPerSecond: count, sentPacketsPerSecond: count, droppedPerSecond: count },
})

const usageSumSchema = closed({
  vms: count,
  ...{ memoryMiB: count, residentBytes: count, cpuPercent: count, stealPercent: count, throttledPercent: count },
  io: closed({ readBytesPerSecond: count, writtenBytesPerSecond: count, readsPerSecond: count, writesPerSecond: count }),
  network: networkSumSchema,
}) satisfies Of<UsageSum>

const poolUsageSchema = closed({
  ...{ name: v.string(), parent: v.string(), at },
  vms: v.pipe(count, v.description('That run in it and in pools inside.')),
  memoryMiB: v.pipe(count, v.description('That they have together, as their specs in force have it.')),
  cpu: closed({ reservationCores: count, limitCores: rate }),
  memory: closed({ reservationMiB: count, limitMiB: rate }),
  counters: closed({
    cpu: closed({
      usedMicroseconds: v.pipe(count, v.description('By all in it, since it has a group.')),
      throttledMicroseconds: v.pipe(count, v.description('Withheld because of the pool’s own limit.')),
      throttledPeriods: count,
    }),
    memory: closed(memoryCounters),
    io: diskCounters,
    pressure: pressuresSchema,
  }),
  rates: v.pipe(
    v.nullable(
      closed({
        cpuPercent: v.pipe(rate, v.description('100 is one CPU.')),
        stealPercent: v.pipe(count, v.description('Of its VMs together. 100 is one vCPU that waits all the time.')),
        throttledPercent: rate,
        io: transferRatesSchema,
        network: v.pipe(networkSumSchema, v.description('Of its VMs together.')),
      }),
    ),
    v.description('Between the two latest samples; null until there are two.'),
  ),
}) satisfies Of<PoolUsage>

const seriesSchema = v.record(v.string(), list(v.nullable(count)))

const usageHistorySchema = v.pipe(
  closed({
    resolution: v.picklist(RESOLUTIONS),
    at: v.pipe(list(v.string()), v.description('The end of each point’s time, oldest first. RFC 3339, UTC.')),
    average: v.pipe(seriesSchema, v.description('By metric, a value for each point; null: not known.')),
    maximum: v.exactOptional(v.pipe(seriesSchema, v.description('The highest sample within each point; only with `5m`.'))),
  }),
  v.description('Times in which nothing was sampled are left out.'),
) satisfies Of<UsageHistory>

export const allUsageSchema = closed({
  host: v.pipe(v.nullable(hostUsageSchema), v.description('Null before the first sample.')),
  vms: v.pipe(v.array(vmUsageSchema), v.description('Those that run, oldest first.')),
  pools: v.pipe(v.array(poolUsageSchema), v.description('Those that a VM was started in, or in a pool inside.')),
  total: v.pipe(usageSumSchema, v.description('Of the VMs together.')),
})

export const vmUsageAnswerSchema = closed({
  latest: v.pipe(v.nullable(vmUsageSchema), v.description('Null for one that does not run, or was not sampled yet.')),
  history: usageHistorySchema,
})

export const poolUsageAnswerSchema = closed({
  latest: v.pipe(v.nullable(poolUsageSchema), v.description('Null for one that no VM was started in, or that was not sampled yet.')),
  history: usageHistorySchema,
})

export const hostUsageAnswerSchema = closed({ latest: v.nullable(hostUsageSchema), history: usageHistorySchema })

/** Named in the API document. */
export const usageComponents = {
  Pressure: pressureSchema,
  VmUsage: vmUsageSchema,
  PoolUsage: poolUsageSchema,
  HostUsage: hostUsageSchema,
  UsageSum: usageSumSchema,
  UsageHistory: usageHistorySchema,
} as const
