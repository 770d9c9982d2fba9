// What VMs, pools and the host use, for people: the table of `corbel top`, the figures of one thing, and its past.
import type { HostUsage, PoolUsage, Pressures, UsageHistory, UsageSum, VmUsage } from '../domain/usage.ts'
import { formatBytes } from './quantity.ts'
import { type Column, renderTable } from './table.ts'

type Pair = readonly [string, string]

export interface AllUsage {
  readonly host: HostUsage | null
  readonly vms: readonly VmUsage[]
  readonly pools: readonly PoolUsage[]
  readonly total: UsageSum
}

const MIB = 1_048_576
/** What is not known is not 0. */
const bytes = (count: number | null | undefined) => (count == null ? null : formatBytes(Math.round(count)))
const percent = (value: number | null | undefined) => (value == null ? null : value.toFixed(1))

const rightOf = <Usage>(title: string, value: (usage: Usage) => string | null): Column<Usage> => ({ title, value, align: 'right' })
const right = rightOf<VmUsage>
const rightOfPool = rightOf<PoolUsage>

const COLUMNS: readonly Column<VmUsage>[] = [
  { title: 'NAME', value: ({ name }) => name },
  right('CPU%', ({ rates }) => percent(rates?.cpuPercent)),
  right('STEAL%', ({ rates }) => percent(rates?.stealPercent)),
  right('THROTTLED%', ({ rates }) => percent(rates?.throttledPercent)),
  right('MEM', ({ memoryMiB }) => bytes(memoryMiB * MIB)),
  right('RESIDENT', ({ counters }) => bytes(counters.memory.residentBytes)),
  right('BALLOON', ({ devices }) => bytes(devices?.balloonBytes)),
  right('READ/s', ({ rates }) => bytes(rates?.io.readBytesPerSecond)),
  right('WRITE/s', ({ rates }) => bytes(rates?.io.writtenBytesPerSecond)),
  right('RX/s', ({ rates }) => bytes(rates?.network.receivedBytesPerSecond)),
  right('TX/s', ({ rates }) => bytes(rates?.network.sentBytesPerSecond)),
]

const POOL_COLUMNS: readonly Column<PoolUsage>[] = [
  { title: 'POOL', value: ({ name }) => name },
  rightOfPool('VMS', ({ vms }) => String(vms)),
  rightOfPool('CPU%', ({ rates }) => percent(rates?.cpuPercent)),
  rightOfPool('RESERVED%', ({ cpu }) => percent(cpu.reservationCores * 100)),
  rightOfPool('LIMIT%', ({ cpu: { limitCores } }) => percent(limitCores === null ? null : limitCores * 100)),
  rightOfPool('STEAL%', ({ rates }) => percent(rates?.stealPercent)),
  rightOfPool('THROTTLED%', ({ rates }) => percent(rates?.throttledPercent)),
  rightOfPool('MEM', ({ memoryMiB }) => bytes(memoryMiB * MIB)),
  rightOfPool('RESIDENT', ({ counters }) => bytes(counters.memory.residentBytes)),
  rightOfPool('RESERVED', ({ memory }) => bytes(memory.reservationMiB * MIB)),
  rightOfPool('LIMIT', ({ memory: { limitMiB } }) => bytes(limitMiB === null ? null : limitMiB * MIB)),
  rightOfPool('READ/s', ({ rates }) => bytes(rates?.io.readBytesPerSecond)),
  rightOfPool('WRITE/s', ({ rates }) => bytes(rates?.io.writtenBytesPerSecond)),
]

/** What a narrow terminal does without, the first first. */
const DISPENSABLE = ['THROTTLED%', 'BALLOON', 'MEM', 'STEAL%']
const POOL_DISPENSABLE = ['THROTTLED%', 'STEAL%', 'READ/s', 'WRITE/s', 'LIMIT%', 'RESERVED%']

/** The host, then the VMs that run: those that use most CPU first. Columns are left out where `width` is too small for all. */
export function renderTop({ host, vms, total }: AllUsage, width = Number.POSITIVE_INFINITY): string {
  return `${hostLine(host)}\n${totalLine(total)}\n\n${fitted(COLUMNS, DISPENSABLE, busiest(vms), width)}`
}

/** The same with pools in place of VMs. */
export function renderTopPools({ host, pools, total }: AllUsage, width = Number.POSITIVE_INFINITY): string {
  return `${hostLine(host)}\n${totalLine(total)}\n\n${fitted(POOL_COLUMNS, POOL_DISPENSABLE, busiest(pools), width)}`
}

function busiest<Usage extends { readonly name: string; readonly rates: { readonly cpuPercent: number | null } | null }>(
  usages: readonly Usage[],
): readonly Usage[] {
  return [...usages].sort((a, b) => (b.rates?.cpuPercent ?? -1) - (a.rates?.cpuPercent ?? -1) || (a.name < b.name ? -1 : 1))
}

function fitted<Row>(columns: readonly Column<Row>[], dispensable: readonly string[], rows: readonly Row[], width: number): string {
  const tables = [...dispensable.keys(), dispensable.length].map((without) => {
    const left = dispensable.slice(0, without)
    return renderTable(
      columns.filter(({ title }) => !left.includes(title)),
      rows,
    )
  })
  return tables.find((one) => one.split('\n').every((line) => [...line].length <= width)) ?? tables.at(-1) ?? ''
}

function hostLine(host: HostUsage | null): string {
  if (host === null) return 'Host: not sampled yet'
  const { counters, rates } = host
  const cpu = `CPU ${percent(rates?.cpuPercent) ?? '-'} of ${counters.cpus.length * 100} %`
  const memory = `memory ${bytes(counters.memory.usedBytes)} of ${bytes(counters.memory.totalBytes)}`
  return `Host: ${cpu}, ${memory}, pressure ${pressureText(counters.pressure)}`
}

function totalLine({ vms, cpuPercent, memoryMiB, residentBytes }: UsageSum): string {
  return `VMs: ${vms} running, CPU ${cpuPercent.toFixed(1)} %, memory ${bytes(memoryMiB * MIB)} assigned, ${bytes(residentBytes)} resident`
}

function pressureText({ cpu, memory, io }: Pressures): string {
  const of = (name: string, pressure: Pressures['cpu']) => `${name} ${percent(pressure?.someAvg10Percent) ?? '-'}`
  return `${[of('cpu', cpu), of('memory', memory), of('io', io)].join(' ')} %`
}

function perSecond(label: string, into: number | null | undefined, out: number | null | undefined, words: readonly [string, string]): Pair {
  return [label, `${bytes(into) ?? '-'}/s ${words[0]}, ${bytes(out) ?? '-'}/s ${words[1]}`]
}

const DISK_WORDS = ['read', 'written'] as const
const NETWORK_WORDS = ['received', 'sent'] as const

export function vmUsagePairs({ name, at, pool, memoryMiB, balloon, counters, rates, devices }: VmUsage): readonly Pair[] {
  const { memory, pressure, cpu } = counters
  const diskRates = new Map((devices?.rates ?? []).map((disk) => [disk.name, disk]))
  return [
    ['Name', name],
    ['Pool', pool],
    ['Sampled', at],
    [
      'CPU',
      `${percent(rates?.cpuPercent) ?? '-'} %, steal ${percent(rates?.stealPercent) ?? '-'} %, throttled ${percent(rates?.throttledPercent) ?? '-'} %`,
    ],
    ['CPU time', `${(cpu.usedMicroseconds / 1e6).toFixed(1)} s`],
    ['Memory', `${bytes(memoryMiB * MIB)} assigned, ${bytes(memory.residentBytes)} resident, ${bytes(memory.swapBytes)} in swap`],
    ['Page cache', bytes(memory.cacheBytes) ?? '-'],
    ['Balloon leaves', `${bytes(devices?.balloonBytes) ?? '-'}${balloon === null ? '' : `, is to leave ${balloonText(balloon)}`}`],
    ['Guest says', guestMemoryText(devices?.guestMemory ?? null)],
    ['Pressure', pressureText(pressure)],
    perSecond('Host’s disks', rates?.io.readBytesPerSecond, rates?.io.writtenBytesPerSecond, DISK_WORDS),
    ...(devices?.disks ?? []).map((disk) => {
      const now = diskRates.get(disk.name)
      return perSecond(disk.name, now?.readBytesPerSecond, now?.writtenBytesPerSecond, DISK_WORDS)
    }),
    ...(rates?.nics ?? []).map((nic) => perSecond(`nic${nic.slot}`, nic.receivedBytesPerSecond, nic.sentBytesPerSecond, NETWORK_WORDS)),
  ]
}

const ON_BEHALF = { user: 'as its spec wants', balancer: 'as memory is short' } as const

function balloonText({ targetMiB, by }: NonNullable<VmUsage['balloon']>): string {
  return `${bytes(targetMiB * MIB)} ${ON_BEHALF[by]}`
}

function guestMemoryText(guest: NonNullable<VmUsage['devices']>['guestMemory']): string {
  return guest === null ? '-' : `${bytes(guest.availableBytes)} of ${bytes(guest.totalBytes)} could be had`
}

export function poolUsagePairs({ name, parent, at, vms, memoryMiB, cpu, memory, counters, rates }: PoolUsage): readonly Pair[] {
  const limit = (text: string | null) => (text === null ? 'no limit' : `limit ${text}`)
  const cores = cpu.limitCores === null ? null : `${percent(cpu.limitCores * 100)} %`
  return [
    ['Name', name],
    ['In', parent],
    ['Sampled', at],
    ['VMs', String(vms)],
    [
      'CPU',
      `${percent(rates?.cpuPercent) ?? '-'} %, reserved ${percent(cpu.reservationCores * 100)} %, ${limit(cores)}, steal ${percent(rates?.stealPercent) ?? '-'} %, throttled ${percent(rates?.throttledPercent) ?? '-'} %`,
    ],
    ['CPU time', `${(counters.cpu.usedMicroseconds / 1e6).toFixed(1)} s`],
    [
      'Memory',
      `${bytes(memoryMiB * MIB)} assigned, ${bytes(counters.memory.residentBytes)} resident, ${bytes(memory.reservationMiB * MIB)} reserved, ${limit(bytes(memory.limitMiB === null ? null : memory.limitMiB * MIB))}`,
    ],
    ['Page cache', bytes(counters.memory.cacheBytes) ?? '-'],
    ['Pressure', pressureText(counters.pressure)],
    perSecond('Host’s disks', rates?.io.readBytesPerSecond, rates?.io.writtenBytesPerSecond, DISK_WORDS),
    perSecond('Network', rates?.network.receivedBytesPerSecond, rates?.network.sentBytesPerSecond, NETWORK_WORDS),
  ]
}

export function hostUsagePairs({ at, counters, rates }: HostUsage): readonly Pair[] {
  const { memory, pressure, cpus } = counters
  return [
    ['Sampled', at],
    ['CPU', `${percent(rates?.cpuPercent) ?? '-'} of ${cpus.length * 100} %, steal ${percent(rates?.stealPercent) ?? '-'} %`],
    ['Memory', `${bytes(memory.usedBytes)} of ${bytes(memory.totalBytes)} in use, ${bytes(memory.cacheBytes)} page cache`],
    ['Swap', `${bytes(memory.swapUsedBytes)} in use`],
    ['Pressure', pressureText(pressure)],
    ...(rates?.disks ?? []).map((disk) => perSecond(disk.name, disk.readBytesPerSecond, disk.writtenBytesPerSecond, DISK_WORDS)),
    ...(rates?.adapters ?? []).map((adapter) =>
      perSecond(adapter.name, adapter.receivedBytesPerSecond, adapter.sentBytesPerSecond, NETWORK_WORDS),
    ),
  ]
}

/** A line for each point; of 5 minutes the average, and the maximum of the CPU beside it. */
export function renderHistory({ at, average, maximum }: UsageHistory, memoryMetric: string): string {
  const value = (name: string, index: number) => average[name]?.[index]
  const column = (title: string, text: (index: number) => string | null): Column<number> => ({ title, value: text, align: 'right' })
  const columns: readonly Column<number>[] = [
    { title: 'UNTIL', value: (index) => at[index] },
    column('CPU%', (index) => percent(value('cpuPercent', index))),
    ...(maximum === undefined ? [] : [column('CPU% MAX', (index) => percent(maximum.cpuPercent?.[index]))]),
    column('STEAL%', (index) => percent(value('stealPercent', index))),
    column('MEMORY', (index) => bytes(value(memoryMetric, index))),
    column('READ/s', (index) => bytes(value('readBytesPerSecond', index))),
    column('WRITE/s', (index) => bytes(value('writtenBytesPerSecond', index))),
    column('RX/s', (index) => bytes(value('receivedBytesPerSecond', index))),
    column('TX/s', (index) => bytes(value('sentBytesPerSecond', index))),
  ]
  return renderTable(columns, [...at.keys()])
}
