// Huge pages over sysfs: what the kernel keeps of each size on each node is made what is asked for.
// @source Linux Documentation/admin-guide/mm/hugetlbpage.rst
import * as fs from 'hv:fs'
import type { HugePages } from '../ports/huge-pages.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** `root` is put before every path, and `write` stands in for the kernel, in tests alone. */
export function createHugePages(root = '', write: (path: string, text: string) => void = fs.writeControl): HugePages {
  const nodes = `${root}/sys/devices/system/node`

  /** Every size on every node, as its directory. */
  function places(): ReadonlyMap<string, string> {
    return new Map(
      namesIn(nodes).flatMap((name) => {
        const node = /^node(\d+)$/.exec(name)?.[1]
        if (node === undefined) return []
        return namesIn(`${nodes}/${name}/hugepages`).flatMap((size): [string, string][] => {
          const sizeKiB = /^hugepages-(\d+)kB$/.exec(size)?.[1]
          return sizeKiB === undefined ? [] : [[`${sizeKiB}@${node}`, `${nodes}/${name}/hugepages/${size}`]]
        })
      }),
    )
  }

  const count = (place: string | undefined) => (place === undefined ? 0 : Number(textOrNull(`${place}/nr_hugepages`) ?? 0))

  return {
    arrange(needs) {
      const all = places()
      const wanted = new Map(needs.map(({ sizeKiB, node, pages }) => [`${sizeKiB}@${node}`, pages]))
      // What is given back first is there for the others.
      const changes = [...all].map(([key, place]) => ({ place, pages: wanted.get(key) ?? 0, before: count(place) }))
      for (const { place, pages, before } of changes.sort((one, other) => one.pages - one.before - (other.pages - other.before))) {
        if (pages !== before) write(`${place}/nr_hugepages`, String(pages))
      }
      return needs.map((need) => ({ ...need, found: count(all.get(`${need.sizeKiB}@${need.node}`)) }))
    },
  }
}
