// What of a host is whose, as text for people: the whole, then a line for each pool.
import type { PoolView, ResourcesView } from '../domain/host-resources.ts'
import { formatBytes } from './quantity.ts'
import { type Column, renderPairs, renderTable } from './table.ts'

const mib = (count: number) => formatBytes(count * 1024 * 1024)
const hundredths = (value: number) => Math.round(value * 100) / 100
/** `2 of 4`, where only a part of a promise is kept. */
const kept = (part: string, whole: string) => (part === whole ? whole : `${part} of ${whole}`)

const COLUMNS: readonly Column<PoolView>[] = [
  { title: 'POOL', value: ({ name }) => name },
  { title: 'CORES', value: ({ cpu }) => kept(String(hundredths(cpu.keptCores)), String(cpu.promisedCores)), align: 'right' },
  { title: 'GIVEN', value: ({ cpu }) => hundredths(cpu.givenCores), align: 'right' },
  { title: 'FREE', value: ({ cpu }) => hundredths(cpu.freeCores), align: 'right' },
  { title: 'MEMORY', value: ({ memory }) => kept(mib(memory.keptMiB), mib(memory.promisedMiB)), align: 'right' },
  { title: 'GIVEN', value: ({ memory }) => mib(memory.givenMiB), align: 'right' },
  { title: 'FREE', value: ({ memory }) => mib(memory.freeMiB), align: 'right' },
  { title: 'USED', value: ({ memory, overcommitted }) => `${mib(memory.usedMiB)} (×${overcommitted.memory})`, align: 'right' },
  { title: 'VCPUS', value: ({ vcpus, overcommitted }) => `${vcpus} (×${overcommitted.vcpus})`, align: 'right' },
]

export function renderResources(view: ResourcesView): string {
  const whole = renderPairs(pairs(view))
  return view.pools.length === 0 ? whole : `${whole}\n${renderTable(COLUMNS, view.pools)}`
}

function pairs({
  capacity,
  missing,
  promised,
  used,
  free,
  overcommitted,
  broken,
  unkept,
}: ResourcesView): readonly (readonly [string, string])[] {
  const { cores, memoryMiB, reserve, overcommit } = capacity
  return [
    ['CPU', `${cores} threads, ${reserve.cores} cores kept for the host`],
    ['promised', `${hundredths(promised.cores)} cores to VMs that run, ${hundredths(free.cores)} more can be`],
    ['vCPUs', `${used.vcpus} of ${cores * overcommit.vcpus} that there may be, ${overcommitted.vcpus} per thread`],
    ['Memory', `${mib(memoryMiB)}, ${mib(reserve.memoryMiB)} kept for the host`],
    ['promised', `${mib(promised.memoryMiB)} to VMs that run, ${mib(free.memoryMiB)} more can be`],
    [
      'given out',
      `${mib(used.memoryMiB)} of ${mib((memoryMiB - reserve.memoryMiB) * overcommit.memory)} that there may be, ${overcommitted.memory} per what there is`,
    ],
    ...(missing.cores > 0 ? [['Missing', `${missing.cores} CPUs that the machine had`] as const] : []),
    ...(missing.memoryMiB > 0 ? [['Missing', `${mib(missing.memoryMiB)} of memory that the machine had`] as const] : []),
    ...broken.map(({ message }) => ['Cannot be kept', message] as const),
    ...unkept.map((text) => ['Is not kept', text] as const),
  ]
}
