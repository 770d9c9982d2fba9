// What cgroups tell of their use, as captured from Linux 6.12.
import { describe, expect, it } from 'vitest'
import { parseCount, parseCpuStat, parseHeldBytes, parseIoStat, parseMemoryStat } from '../../../control/src/codec/cgroup-stat.ts'
import { parsePressure } from '../../../control/src/codec/pressure.ts'

const NO_CPU = { usedMicroseconds: 0, throttledMicroseconds: 0, throttledPeriods: 0 }

describe('one number', () => {
  it.each([
    ['a count', '1048576\n', 1_048_576],
    ['no limit', 'max\n', 0],
    ['nothing', '', 0],
  ])('%s', (_name, text, count) => {
    expect(parseCount(text)).toBe(count)
  })
})

describe('cpu.stat', () => {
  it.each([
    [
      'with a limit',
      'usage_usec 61234567\nuser_usec 50000000\nsystem_usec 11234567\nnr_periods 620\nnr_throttled 31\nthrottled_usec 1750000\nnr_bursts 0\nburst_usec 0\n',
      { usedMicroseconds: 61_234_567, throttledMicroseconds: 1_750_000, throttledPeriods: 31 },
    ],
    [
      'without the controller',
      'usage_usec 4711\nuser_usec 4000\nsystem_usec 711\ncore_sched.force_idle_usec 0\n',
      { ...NO_CPU, usedMicroseconds: 4711 },
    ],
    ['whose lines are in another order', 'core_usage_usec 9\nusage_usec 7', { ...NO_CPU, usedMicroseconds: 7 }],
    ['of nothing', '', NO_CPU],
  ])('%s', (_name, text, stat) => {
    expect(parseCpuStat(text)).toEqual(stat)
  })
})

describe('memory.stat', () => {
  it.each([
    [
      'of a guest whose memory is partly shared',
      'anon 201326592\nfile 73400320\nkernel 1048576\nkernel_stack 147456\nshmem 4194304\nfile_mapped 0\nanon_thp 199229440\ninactive_anon 1\n',
      { residentBytes: 205_520_896, cacheBytes: 69_206_016 },
    ],
    ['whose shared memory is out in swap', 'anon 4096\nfile 0\nshmem 8192\n', { residentBytes: 12_288, cacheBytes: 0 }],
    ['of nothing', '', { residentBytes: 0, cacheBytes: 0 }],
  ])('%s', (_name, text, stat) => {
    expect(parseMemoryStat(text)).toEqual(stat)
  })

  it.each([
    ['what processes have, and what the kernel needs for them', 'anon 100\nfile 50\nkernel 30\nshmem 7\nslab_reclaimable 10\n', 127],
    ['nothing where nothing is told', '', 0],
  ])('has for good %s', (_name, text, bytes) => {
    expect(parseHeldBytes(text)).toBe(bytes)
  })
})

describe('io.stat', () => {
  it.each([
    [
      'of two disks, one only just seen',
      '8:16 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=512 dios=1\n253:0 \n8:0 rbytes=100 wbytes=200 rios=10 wios=20 dbytes=0 dios=0\n',
      { readBytes: 4196, writtenBytes: 8392, reads: 11, writes: 22 },
    ],
    ['of nothing', '', { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 }],
  ])('%s', (_name, text, total) => {
    expect(parseIoStat(text)).toEqual(total)
  })
})

describe('a pressure file', () => {
  const some = 'some avg10=12.50 avg60=3.00 avg300=0.70 total=987654\n'
  it.each([
    [
      'of memory',
      `${some}full avg10=1.25 avg60=0.00 avg300=0.00 total=4711\n`,
      { someAvg10Percent: 12.5, fullAvg10Percent: 1.25, someTotalMicroseconds: 987_654, fullTotalMicroseconds: 4711 },
    ],
    [
      'of the CPU on an old kernel',
      some,
      { someAvg10Percent: 12.5, fullAvg10Percent: 0, someTotalMicroseconds: 987_654, fullTotalMicroseconds: 0 },
    ],
    ['that is empty', '', null],
    ['that is another', 'usage_usec 1\n', null],
  ])('%s', (_name, text, pressure) => {
    expect(parsePressure(text)).toEqual(pressure)
  })
})
