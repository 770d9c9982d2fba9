// Makes trees of files as /sys and /proc have them, for machines that nobody has.
import * as fs from 'hv:fs'
import { createHostTopology } from '../../control/src/adapters/host-topology.ts'
import type { HostTopology } from '../../control/src/domain/topology.ts'

/** A file's text or bytes, or where a link leads. */
export type Entry = string | Uint8Array | { readonly link: string }

export type Tree = Readonly<Record<string, Entry>>

/** Makes each entry below `root`, with the folders that it needs. Those that are there are replaced. */
export function makeTree(root: string, tree: Tree): void {
  for (const [path, entry] of Object.entries(tree)) {
    const whole = `${root}/${path}`
    fs.mkdir(whole.slice(0, whole.lastIndexOf('/')), { recursive: true })
    if (typeof entry === 'string' || entry instanceof Uint8Array) {
      fs.writeFileAtomic(whole, entry)
    } else {
      removeLink(whole)
      fs.symlink(entry.link, whole)
    }
  }
}

export function removeLink(path: string): void {
  try {
    fs.unlink(path)
  } catch {
    // There was none.
  }
}

export interface TreeCpu {
  readonly id: number
  readonly node?: number
  /** Null: it is offline, and the kernel has taken down the rest. */
  readonly place: { readonly socket: number; readonly die: number; readonly core: number; readonly siblings: string } | null
  /** `1 Data 48K 0,4`, as sysfs spreads it over files. */
  readonly caches?: readonly string[]
}

export function cpuTree(cpus: readonly TreeCpu[]): Tree {
  const numbers = (chosen: readonly TreeCpu[]) => `${chosen.map(({ id }) => id).join(',')}\n`
  const folder = 'sys/devices/system/cpu'
  const entries = cpus.flatMap(({ id, node, place, caches = [] }): [string, Entry][] => [
    // The first CPU cannot go offline, and has no such file.
    ...(id === 0 ? [] : [[`${folder}/cpu${id}/online`, place === null ? '0\n' : '1\n'] satisfies [string, Entry]]),
    [`${folder}/cpu${id}/uevent`, 'DRIVER=processor\n'],
    ...(node === undefined ? [] : [[`${folder}/cpu${id}/node${node}`, { link: `../../node/node${node}` }] satisfies [string, Entry]]),
    ...Object.entries(place === null ? {} : placeFiles(place)).map(([name, text]): [string, Entry] => [
      `${folder}/cpu${id}/topology/${name}`,
      `${text}\n`,
    ]),
    ...caches.flatMap((cache, index) => cacheFiles(`${folder}/cpu${id}/cache/index${index}`, cache)),
  ])
  return {
    ...Object.fromEntries(entries),
    [`${folder}/present`]: numbers(cpus),
    [`${folder}/online`]: numbers(cpus.filter(({ place }) => place !== null)),
  }
}

function placeFiles({ socket, die, core, siblings }: NonNullable<TreeCpu['place']>): Record<string, string | number> {
  return { physical_package_id: socket, die_id: die, core_id: core, thread_siblings_list: siblings }
}

function cacheFiles(folder: string, cache: string): [string, Entry][] {
  const [level = '', type = '', size = '', shared = ''] = cache.split(' ')
  return Object.entries({ level, type, size, shared_cpu_list: shared }).map(([name, text]) => [`${folder}/${name}`, `${text}\n`])
}

export interface TreeNode {
  readonly cpus: string
  readonly memoryKiB: number
  readonly distances: string
  /** Total and free pages by KiB. */
  readonly hugepages?: Readonly<Record<number, readonly [number, number]>>
}

export function nodeTree(nodes: Readonly<Record<number, TreeNode>>): Tree {
  const entries = Object.entries(nodes).flatMap(([id, { cpus, memoryKiB, distances, hugepages = {} }]): [string, Entry][] => {
    const folder = `sys/devices/system/node/node${id}`
    return [
      [`${folder}/cpulist`, `${cpus}\n`],
      [`${folder}/meminfo`, `Node ${id} MemTotal:       ${memoryKiB} kB\nNode ${id} MemFree:        ${memoryKiB >> 1} kB\n`],
      [`${folder}/distance`, `${distances}\n`],
      ...Object.entries(hugepages).flatMap(([kib, [total, free]]): [string, Entry][] => [
        [`${folder}/hugepages/hugepages-${kib}kB/nr_hugepages`, `${total}\n`],
        [`${folder}/hugepages/hugepages-${kib}kB/free_hugepages`, `${free}\n`],
      ]),
    ]
  })
  return Object.fromEntries(entries)
}

/** The files of one PCI function, by name; `path` is where it hangs below the root bus. */
export function pciTree(path: string, files: Tree): Tree {
  const address = path.split('/').at(-1) ?? ''
  const folder = `sys/devices/pci0000:00/${path}`
  return {
    ...Object.fromEntries(Object.entries(files).map(([name, entry]) => [`${folder}/${name}`, entry])),
    [`sys/bus/pci/devices/${address}`]: { link: `../../../devices/pci0000:00/${path}` },
  }
}

/** Of a CPU. */
export const at = (socket: number, die: number, core: number, siblings: string) => ({ socket, die, core, siblings })
export const NODE: Tree = nodeTree({ 0: { cpus: '0', memoryKiB: 1_048_576, distances: '10' } })
export const CPU: Tree = cpuTree([{ id: 0, node: 0, place: at(0, 0, 0, '0') }])

/** Two sockets of two cores with two threads; Linux counts first threads first. */
export const TWO_SOCKETS: Tree = {
  ...cpuTree(
    [0, 1, 2, 3, 4, 5, 6, 7].map((id) => {
      const [socket, core] = [(id >> 1) & 1, id & 1]
      const siblings = `${id % 4},${(id % 4) + 4}`
      const caches = [
        `1 Data 32K ${siblings}`,
        `1 Instruction 32K ${siblings}`,
        `2 Unified 1024K ${siblings}`,
        `3 Unified 22528K ${socket === 0 ? '0-1,4-5' : '2-3,6-7'}`,
      ]
      return { id, node: socket, place: at(socket, 0, core, siblings), caches }
    }),
  ),
  ...nodeTree({
    0: { cpus: '0-1,4-5', memoryKiB: 131_890_420, distances: '10 21', hugepages: { 2048: [512, 500], 1048576: [4, 0] } },
    1: { cpus: '2-3,6-7', memoryKiB: 132_118_528, distances: '21 10', hugepages: { 2048: [0, 0], 1048576: [0, 0] } },
  }),
}

/** What is read of the machine that these trees make in an empty folder. */
export function readMachine(root: string, ...trees: readonly Tree[]): HostTopology {
  for (const tree of trees) makeTree(root, tree)
  return createHostTopology(root)()
}
