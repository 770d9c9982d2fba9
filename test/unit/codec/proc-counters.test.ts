// What /proc counts of CPUs, memory, disks and network devices.
import { describe, expect, it } from 'vitest'
import { parseDiskstats } from '../../../control/src/codec/proc-diskstats.ts'
import { parseMemory } from '../../../control/src/codec/proc-meminfo.ts'
import { parseNetDev } from '../../../control/src/codec/proc-net-dev.ts'
import { parseProcStat, parseWaitMicroseconds } from '../../../control/src/codec/proc-stat.ts'

describe('/proc/stat', () => {
  it('tells busy, idle and stolen time, together and by CPU, also where one is offline', () => {
    const text =
      'cpu  100 10 50 800 20 5 15 7 60 3\ncpu0 60 10 20 400 10 5 15 3 30 3\ncpu3 40 0 30 400 10 0 0 4 30 0\nintr 12345 0\nctxt 1\ncpu9 1 1 1 1\n'
    expect(parseProcStat(text)).toEqual({
      cpu: { busyMicroseconds: 1_800_000, idleMicroseconds: 8_200_000, stealMicroseconds: 70_000 },
      cpus: [
        { number: 0, busyMicroseconds: 1_100_000, idleMicroseconds: 4_100_000, stealMicroseconds: 30_000 },
        { number: 3, busyMicroseconds: 700_000, idleMicroseconds: 4_100_000, stealMicroseconds: 40_000 },
      ],
    })
  })

  it('of nothing is nothing', () => {
    expect(parseProcStat('')).toEqual({ cpu: { busyMicroseconds: 0, idleMicroseconds: 0, stealMicroseconds: 0 }, cpus: [] })
  })
})

describe('schedstat', () => {
  it.each([
    ['a thread that waited', '9870 60621499 12\n', 60_621],
    ['one that never did', '0 0 0\n', 0],
    ['nothing', '', null],
    ['the file of the whole system', 'version 15\ntimestamp 1\n', null],
  ])('%s', (_name, text, microseconds) => {
    expect(parseWaitMicroseconds(text)).toBe(microseconds)
  })
})

describe('/proc/meminfo', () => {
  const KIB = 1024
  it.each([
    [
      'with swap in use',
      'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 600 kB\nBuffers: 20 kB\nCached: 300 kB\nSwapCached: 7 kB\nSwapTotal: 500 kB\nSwapFree: 400 kB\nShmem: 50 kB\nSReclaimable: 30 kB\n',
      { totalBytes: 1000 * KIB, usedBytes: 400 * KIB, cacheBytes: 300 * KIB, swapUsedBytes: 100 * KIB },
    ],
    ['of nothing', '', { totalBytes: 0, usedBytes: 0, cacheBytes: 0, swapUsedBytes: 0 }],
  ])('%s', (_name, text, memory) => {
    expect(parseMemory(text)).toEqual(memory)
  })
})

describe('/proc/diskstats', () => {
  it('tells of each device what was read and written, in sectors of 512 bytes', () => {
    const text =
      '   8       0 sda 11 2 88 5 6 7 48 9 0 10 14 0 0 0 0 3 1\n   8       1 sda1 1 0 8 1 2 0 16 1 0 1 2\n 253       0 dm-0 malformed\n'
    expect(parseDiskstats(text)).toEqual([
      { name: 'sda', readBytes: 45_056, writtenBytes: 24_576, reads: 11, writes: 6 },
      { name: 'sda1', readBytes: 4096, writtenBytes: 8192, reads: 1, writes: 2 },
    ])
  })
})

describe('/proc/net/dev', () => {
  it('tells of each device what came and went, also where the name leaves no space', () => {
    const head =
      'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n'
    const text = `${head}    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0\neth0:1234567    4711    0    3    0     0          0         0   765432    1147    0    4    0     0       0          0\n`
    expect(parseNetDev(text)).toEqual([
      { name: 'lo', receivedBytes: 100, receivedPackets: 1, sentBytes: 100, sentPackets: 1, dropped: 0 },
      { name: 'eth0', receivedBytes: 1_234_567, receivedPackets: 4711, sentBytes: 765_432, sentPackets: 1147, dropped: 7 },
    ])
  })
})
