// What sysfs says of a NUMA node.
import { describe, expect, it } from 'vitest'
import { parseDistances, parseHugepageFolder, parseNodeMemory } from '../../../control/src/codec/numa-node.ts'

const meminfo = (node: number, totalKiB: number) =>
  `Node ${node} MemTotal:       ${totalKiB} kB\nNode ${node} MemFree:         1024 kB\nNode ${node} MemUsed:         4096 kB\nNode ${node} HugePages_Total:     0\n`

describe('the memory of a node', () => {
  it.each<[string, string, number | null]>([
    ['with memory', meminfo(0, 131_890_420), 128_799],
    ['rounded', meminfo(1, 1_048_063), 1023],
    ['of CPUs alone', meminfo(2, 0), 0],
    ['an empty file', '', null],
    ['another unit', 'Node 0 MemTotal: 12 MB\n', null],
    ['that of the whole machine', 'MemTotal:       24684084 kB\n', null],
    ['a negative number', 'Node 0 MemTotal:       -4 kB\n', null],
  ])('is read: %s', (_name, text, mib) => {
    expect(parseNodeMemory(text)).toBe(mib)
  })
})

describe('the distances of a node', () => {
  it.each<[string, string, readonly number[]]>([
    ['one node', '10\n', [10]],
    ['two nodes', '10 21\n', [10, 21]],
    ['four nodes', '10 12 32 32\n', [10, 12, 32, 32]],
    ['out of reach', '10 255\n', [10, 255]],
    ['an empty file', '', []],
    ['words', '10 far\n', []],
    ['negative numbers', '10 -1\n', []],
  ])('are read: %s', (_name, text, distances) => {
    expect(parseDistances(text)).toEqual(distances)
  })
})

describe('a folder of huge pages', () => {
  it.each<[string, number | null]>([
    ['hugepages-2048kB', 2048],
    ['hugepages-1048576kB', 1_048_576],
    ['hugepages-64kB', 64],
    ['hugepages-0kB', null],
    ['hugepages-2048MB', null],
    ['hugepages-2048kB.old', null],
    ['demote', null],
  ])('%s is of pages of %j KiB', (name, sizeKiB) => {
    expect(parseHugepageFolder(name)).toBe(sizeKiB)
  })
})
