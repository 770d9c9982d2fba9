// Usage in the text format of Prometheus, in its base units. Values are those of the latest samples.
// @source Prometheus: exposition formats, text format 0.0.4; metric and label naming
import type { AllUsage } from '../app/usage.ts'
import type { DeviceTransfers, HostUsage, PoolUsage, Pressures, Traffic, Transfers, VmUsage } from '../domain/usage.ts'

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Disks and NICs of VMs that have series of their own, so that the text stays below 4 MiB with 1,000 VMs. */
const MAX_DEVICES = 1_024

const MICROSECOND = 1e-6
const MIB = 1_048_576

const OF_VMS: readonly (readonly [name: string, help: string, take: (usage: VmUsage) => number | null])[] = [
  ['cpu_seconds_total', 'Processor time of the VM.', ({ counters }) => seconds(counters.cpu.usedMicroseconds)],
  [
    'cpu_steal_seconds_total',
    'Time in which vCPUs were ready and had no CPU, summed over them.',
    ({ counters: { cpu } }) => (cpu.stealMicroseconds === null ? null : seconds(cpu.stealMicroseconds)),
  ],
  [
    'cpu_throttled_seconds_total',
    'Processor time withheld because of the VM’s limit.',
    ({ counters }) => seconds(counters.cpu.throttledMicroseconds),
  ],
  ['cpu_throttled_periods_total', 'Periods in which the VM’s limit was reached.', ({ counters }) => counters.cpu.throttledPeriods],
  ['memory_assigned_bytes', 'Memory as the spec in force has it.', ({ memoryMiB }) => memoryMiB * MIB],
  ['memory_charged_bytes', 'All memory that counts as the VM’s, page cache included.', ({ counters }) => counters.memory.chargedBytes],
  [
    'memory_resident_bytes',
    'The guest’s memory as far as it was touched, and QEMU’s own.',
    ({ counters }) => counters.memory.residentBytes,
  ],
  ['memory_cache_bytes', 'Page cache of the VM’s files.', ({ counters }) => counters.memory.cacheBytes],
  ['memory_swap_bytes', 'What of the VM is in swap.', ({ counters }) => counters.memory.swapBytes],
  [
    'memory_balloon_target_bytes',
    'The memory that the guest is to have, where that is less than all.',
    ({ balloon }) => (balloon === null ? null : balloon.targetMiB * MIB),
  ],
  [
    'memory_guest_available_bytes',
    'What the guest claims that its programs could have.',
    ({ devices }) => devices?.guestMemory?.availableBytes ?? null,
  ],
  ['memory_balloon_bytes', 'The memory that the balloon leaves the guest.', ({ devices }) => devices?.balloonBytes ?? null],
]

const OF_POOLS: readonly (readonly [name: string, help: string, take: (usage: PoolUsage) => number | null])[] = [
  ['vms_running', 'VMs that run in the pool and in pools inside.', ({ vms }) => vms],
  ['cpu_seconds_total', 'Processor time of all in the pool.', ({ counters }) => seconds(counters.cpu.usedMicroseconds)],
  [
    'cpu_throttled_seconds_total',
    'Processor time withheld because of the pool’s own limit.',
    ({ counters }) => seconds(counters.cpu.throttledMicroseconds),
  ],
  ['cpu_throttled_periods_total', 'Periods in which the pool’s limit was reached.', ({ counters }) => counters.cpu.throttledPeriods],
  ['cpu_reservation_cores', 'Cores that the pool was promised.', ({ cpu }) => cpu.reservationCores],
  ['cpu_limit_cores', 'Cores that the pool never gets more of.', ({ cpu }) => cpu.limitCores],
  ['memory_assigned_bytes', 'Memory of its VMs as their specs in force have it.', ({ memoryMiB }) => memoryMiB * MIB],
  ['memory_reservation_bytes', 'Memory that the pool was promised.', ({ memory }) => memory.reservationMiB * MIB],
  [
    'memory_limit_bytes',
    'Memory that the pool never gets more of.',
    ({ memory: { limitMiB } }) => (limitMiB === null ? null : limitMiB * MIB),
  ],
  ['memory_charged_bytes', 'All memory that counts as the pool’s, page cache included.', ({ counters }) => counters.memory.chargedBytes],
  ['memory_resident_bytes', 'Guests’ memory as far as it was touched, and QEMUs’ own.', ({ counters }) => counters.memory.residentBytes],
  ['memory_cache_bytes', 'Page cache of the files of its VMs.', ({ counters }) => counters.memory.cacheBytes],
]

interface Sample {
  /** As they stand between the braces. */
  readonly labels: string
  readonly value: number
}

interface Family {
  /** Without `corbel_`. What ends in `_total` only grows. */
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export function renderMetrics({ host, vms, pools }: AllUsage, version: string): string {
  const left = vms.reduce((count, vm) => count + devicesOf(vm), 0)
  const detailed = withDevices(vms)
  const leftOut = left - detailed.reduce((count, vm) => count + devicesOf(vm), 0)
  return [
    single('build_info', 'The version that runs; always 1.', 1, label('version', version)),
    single('vms_running', 'VMs that were sampled.', vms.length),
    single('device_series_left_out', `Disks and NICs of VMs beyond the ${MAX_DEVICES} that have series of their own.`, leftOut),
    ...(host === null ? [] : hostFamilies(host)),
    ...vmFamilies(vms),
    ...poolFamilies(pools),
    ...deviceFamilies(detailed),
  ]
    .map(render)
    .join('')
}

/** A family without samples is left out. */
function render({ name, help, samples }: Family): string {
  if (samples.length === 0) return ''
  const full = `corbel_${name}`
  const type = name.endsWith('_total') ? 'counter' : 'gauge'
  const lines = samples.map(({ labels, value }) => `${full}${labels === '' ? '' : `{${labels}}`} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}

function label(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function single(name: string, help: string, value: number, labels = ''): Family {
  return { name, help, samples: [{ labels, value }] }
}

/** A sample of each item of which there is a value. */
function family<Item extends { readonly labels: string }>(
  name: string,
  help: string,
  items: readonly Item[],
  take: (item: Item) => number | null,
): Family {
  const samples = items.flatMap((item): Sample[] => {
    const value = take(item)
    return value === null ? [] : [{ labels: item.labels, value }]
  })
  return { name, help, samples }
}

type Labelled<T> = T & { readonly labels: string }

function transferFamilies(prefix: string, what: string, items: readonly Labelled<Transfers>[]): readonly Family[] {
  return [
    family(`${prefix}_read_bytes_total`, `Bytes read ${what}.`, items, ({ readBytes }) => readBytes),
    family(`${prefix}_written_bytes_total`, `Bytes written ${what}.`, items, ({ writtenBytes }) => writtenBytes),
    family(`${prefix}_reads_total`, `Reads ${what}.`, items, ({ reads }) => reads),
    family(`${prefix}_writes_total`, `Writes ${what}.`, items, ({ writes }) => writes),
  ]
}

function trafficFamilies(prefix: string, what: string, items: readonly Labelled<Traffic>[]): readonly Family[] {
  return [
    family(`${prefix}_received_bytes_total`, `Bytes that ${what} received.`, items, ({ receivedBytes }) => receivedBytes),
    family(`${prefix}_sent_bytes_total`, `Bytes that ${what} sent.`, items, ({ sentBytes }) => sentBytes),
    family(`${prefix}_received_packets_total`, `Packets that ${what} received.`, items, ({ receivedPackets }) => receivedPackets),
    family(`${prefix}_sent_packets_total`, `Packets that ${what} sent.`, items, ({ sentPackets }) => sentPackets),
    family(`${prefix}_dropped_packets_total`, `Packets to or from ${what} that were dropped.`, items, ({ dropped }) => dropped),
  ]
}

function pressureFamilies(prefix: string, what: string, items: readonly Labelled<{ readonly pressure: Pressures }>[]): readonly Family[] {
  const each = items.flatMap(({ labels, pressure }) =>
    (['cpu', 'memory', 'io'] as const).flatMap((resource) => {
      const seen = pressure[resource]
      return seen === null ? [] : [{ ...seen, labels: joined(labels, label('resource', resource)) }]
    }),
  )
  return [
    family(`${prefix}_pressure_waiting_seconds_total`, `Time in which something of ${what} waited for the resource.`, each, (pressure) =>
      seconds(pressure.someTotalMicroseconds),
    ),
    family(
      `${prefix}_pressure_stalled_seconds_total`,
      `Time in which nothing of ${what} got on for want of the resource.`,
      each,
      (pressure) => seconds(pressure.fullTotalMicroseconds),
    ),
  ]
}

function hostFamilies({ counters }: HostUsage): readonly Family[] {
  const { cpus, memory, pressure, disks, adapters } = counters
  const times = cpus.flatMap((cpu) =>
    (['busy', 'idle', 'steal'] as const).map((mode) => ({
      labels: joined(label('cpu', String(cpu.number)), label('mode', mode)),
      value: seconds(cpu[`${mode}Microseconds`]),
    })),
  )
  const named = <T extends { readonly name: string }>(kind: string, items: readonly T[]) =>
    items.map((item) => ({ ...item, labels: label(kind, item.name) }))
  return [
    { name: 'host_cpu_seconds_total', help: 'Time of each CPU; steal is what a hypervisor below took.', samples: times },
    single('host_memory_size_bytes', 'All memory of the host.', memory.totalBytes),
    single('host_memory_used_bytes', 'Memory that could not be had without swapping.', memory.usedBytes),
    single('host_memory_cache_bytes', 'Page cache that can be given back.', memory.cacheBytes),
    single('host_swap_used_bytes', 'Swap in use.', memory.swapUsedBytes),
    ...pressureFamilies('host', 'the host', [{ labels: '', pressure }]),
    ...transferFamilies('host_disk', 'on the disk', named<DeviceTransfers>('disk', disks)),
    ...trafficFamilies('host_adapter', 'the adapter', named('adapter', adapters)),
  ]
}

function vmFamilies(usages: readonly VmUsage[]): readonly Family[] {
  const vms = usages.map((usage) => ({ ...usage, labels: labelsOf(usage) }))
  const pressures = vms.map(({ labels, counters: { pressure } }) => ({ labels, pressure }))
  const transfers = vms.map(({ labels, counters: { io } }) => ({ ...io, labels }))
  return [
    ...OF_VMS.map(([name, help, take]) => family(`vm_${name}`, help, vms, take)),
    ...pressureFamilies('vm', 'the VM', pressures),
    ...transferFamilies('vm_io', 'on the host’s disks for the VM', transfers),
  ]
}

function poolFamilies(usages: readonly PoolUsage[]): readonly Family[] {
  const pools = usages.map((usage) => ({ ...usage, labels: label('pool', usage.name) }))
  const pressures = pools.map(({ labels, counters: { pressure } }) => ({ labels, pressure }))
  const transfers = pools.map(({ labels, counters: { io } }) => ({ ...io, labels }))
  return [
    ...OF_POOLS.map(([name, help, take]) => family(`pool_${name}`, help, pools, take)),
    ...pressureFamilies('pool', 'the pool', pressures),
    ...transferFamilies('pool_io', 'on the host’s disks for the pool', transfers),
  ]
}

function deviceFamilies(usages: readonly VmUsage[]): readonly Family[] {
  const disks = usages.flatMap((usage) =>
    (usage.devices?.disks ?? []).map((disk) => ({ ...disk, labels: joined(labelsOf(usage), label('disk', disk.name)) })),
  )
  const nics = usages.flatMap((usage) =>
    usage.counters.nics.map((nic) => ({ ...nic, labels: joined(labelsOf(usage), label('nic', `nic${nic.slot}`)) })),
  )
  return [...transferFamilies('vm_disk', 'by the guest', disks), ...trafficFamilies('vm_nic', 'the guest', nics)]
}

function devicesOf({ counters, devices }: VmUsage): number {
  return counters.nics.length + (devices?.disks.length ?? 0)
}

/** The oldest VMs whose devices together are not too many. */
function withDevices(vms: readonly VmUsage[]): readonly VmUsage[] {
  let devices = 0
  const end = vms.findIndex((vm) => {
    devices += devicesOf(vm)
    return devices > MAX_DEVICES
  })
  return end < 0 ? vms : vms.slice(0, end)
}

function labelsOf({ id, name }: VmUsage): string {
  return joined(label('vm', name), label('id', id))
}

function joined(...labels: readonly string[]): string {
  return labels.filter((one) => one !== '').join(',')
}

/** To the microsecond, without the noise of binary fractions. */
function seconds(microseconds: number): number {
  return Number((microseconds * MICROSECOND).toFixed(6))
}
