// Huge pages over a made-up sysfs.
import { mkdir, readText, writeFileAtomic } from 'hv:fs'
import { afterEach, beforeEach } from 'vitest'
import { createHugePages } from '../../control/src/adapters/huge-pages.ts'
import { hugePagesContract } from '../contract/huge-pages.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

const file = (sizeKiB: number, node: number) => `${root}/sys/devices/system/node/node${node}/hugepages/hugepages-${sizeKiB}kB/nr_hugepages`

hugePagesContract(() => {
  for (const node of [0, 1]) {
    const path = file(2048, node)
    mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
    writeFileAtomic(path, '0')
  }
  // A kernel that has 8 on each node keeps no more when it is told to.
  const pages = createHugePages(root, (path, text) => writeFileAtomic(path, String(Math.min(8, Number(text)))))
  return { pages, count: (sizeKiB, node) => Number(readText(file(sizeKiB, node))) }
})
