// Processors, caches, memory nodes and huge pages as sysfs has them. Keeps nothing.
import { parseCacheEntry } from '../codec/cache-entry.ts'
import { parseDistances, parseHugepageFolder, parseNodeMemory } from '../codec/numa-node.ts'
import { parseMeminfo } from '../codec/proc-meminfo.ts'
import { parseCount } from '../codec/sysfs-value.ts'
import { parseCpuList } from '../domain/cpu-list.ts'
import { CACHE_KINDS, type Cache, type HostCpu, type HugepageSize, type NumaNode } from '../domain/topology.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** Above what Linux can have; sysfs says as much in no case. */
const MAX_CPUS = 8192
const MAX_NODES = 1024
/** Of one CPU: x86 has four. */
const MAX_CACHES = 16

/** `root` is put before /sys and /proc, as in all of these. */
export function readCpus(root: string): readonly HostCpu[] {
  const folder = `${root}/sys/devices/system/cpu`
  return numbered(folder, /^cpu(\d+)$/, MAX_CPUS).map((id) => readCpu(`${folder}/cpu${id}`, id))
}

function readCpu(folder: string, id: number): HostCpu {
  const number = (file: string) => parseCount(textOrNull(`${folder}/topology/${file}`))
  const siblings = parseCpuList(textOrNull(`${folder}/topology/thread_siblings_list`) ?? '') ?? []
  return {
    id,
    // A CPU that cannot be taken offline has no such file.
    online: textOrNull(`${folder}/online`)?.trim() !== '0',
    socket: number('physical_package_id'),
    die: number('die_id'),
    core: number('core_id'),
    node: numbered(folder, /^node(\d+)$/, MAX_NODES)[0] ?? null,
    siblings: siblings.includes(id) ? siblings : [id],
  }
}

export function readCaches(root: string, cpus: readonly HostCpu[]): readonly Cache[] {
  const found = new Map<string, Cache>()
  for (const { id } of cpus) {
    const folder = `${root}/sys/devices/system/cpu/cpu${id}/cache`
    for (const index of numbered(folder, /^index(\d+)$/, MAX_CACHES)) {
      const text = (file: string) => textOrNull(`${folder}/index${index}/${file}`)
      const cache = parseCacheEntry({
        level: text('level'),
        type: text('type'),
        size: text('size'),
        sharedCpuList: text('shared_cpu_list'),
      })
      // Each of those who share it tells of it.
      if (cache !== null) found.set(`${cache.level} ${cache.kind} ${cache.cpus[0]}`, cache)
    }
  }
  return [...found.values()].sort(byLevelKindAndCpu)
}

function byLevelKindAndCpu(a: Cache, b: Cache): number {
  const kind = (cache: Cache) => CACHE_KINDS.indexOf(cache.kind)
  return a.level - b.level || kind(a) - kind(b) || (a.cpus[0] ?? 0) - (b.cpus[0] ?? 0)
}

export function readNodes(root: string, cpus: readonly HostCpu[]): readonly NumaNode[] {
  const folder = `${root}/sys/devices/system/node`
  const nodes = nodeNumbers(root).map((id) => ({
    id,
    cpus: parseCpuList(textOrNull(`${folder}/node${id}/cpulist`) ?? '') ?? [],
    memoryMiB: parseNodeMemory(textOrNull(`${folder}/node${id}/meminfo`) ?? '') ?? 0,
    distances: parseDistances(textOrNull(`${folder}/node${id}/distance`) ?? ''),
  }))
  if (nodes.length > 0) return nodes
  const online = cpus.filter((cpu) => cpu.online).map(({ id }) => id)
  return [{ id: 0, cpus: online, memoryMiB: parseMeminfo(textOrNull(`${root}/proc/meminfo`) ?? '').totalMiB, distances: [10] }]
}

export function readHugepages(root: string): readonly HugepageSize[] {
  const sizes = new Map<number, HugepageSize['perNode'][number][]>()
  for (const [node, folder] of hugepageFolders(root)) {
    for (const name of namesIn(folder)) {
      const sizeKiB = parseHugepageFolder(name)
      const total = parseCount(textOrNull(`${folder}/${name}/nr_hugepages`))
      const free = parseCount(textOrNull(`${folder}/${name}/free_hugepages`))
      if (sizeKiB === null || total === null || free === null) continue
      sizes.set(sizeKiB, [...(sizes.get(sizeKiB) ?? []), { node, total, free }])
    }
  }
  return [...sizes].map(([sizeKiB, perNode]) => ({ sizeKiB, perNode })).sort((a, b) => a.sizeKiB - b.sizeKiB)
}

function hugepageFolders(root: string): readonly (readonly [number, string])[] {
  const nodes = nodeNumbers(root)
  if (nodes.length === 0) return [[0, `${root}/sys/kernel/mm/hugepages`]]
  return nodes.map((node) => [node, `${root}/sys/devices/system/node/node${node}/hugepages`])
}

/** What tells whether the answers of the others above (but huge pages) are still true: few files, whatever the size of the machine. */
export function signCpus(root: string): string {
  const system = `${root}/sys/devices/system`
  const memory = nodeNumbers(root).map((id) => `${id}:${parseNodeMemory(textOrNull(`${system}/node/node${id}/meminfo`) ?? '')}`)
  return [textOrNull(`${system}/cpu/present`), textOrNull(`${system}/cpu/online`), ...memory].join('\n')
}

function nodeNumbers(root: string): readonly number[] {
  return numbered(`${root}/sys/devices/system/node`, /^node(\d+)$/, MAX_NODES)
}

/** The numbers in the names that match, ascending, those below the limit. */
function numbered(folder: string, pattern: RegExp, limit: number): readonly number[] {
  const numbers = namesIn(folder).flatMap((name) => {
    const match = pattern.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
  return numbers.filter((number) => number < limit).sort((a, b) => a - b)
}
