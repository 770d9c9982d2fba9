// What /proc and the firmware say about the machine, as captured from real ones.
import { describe, expect, it } from 'vitest'
import { parseDmiText } from '../../../control/src/codec/dmi.ts'
import { parseCpuinfo } from '../../../control/src/codec/proc-cpuinfo.ts'
import { parseMeminfo } from '../../../control/src/codec/proc-meminfo.ts'

/** Lines of /proc/cpuinfo as the kernel writes them, for [processor, physical id, core id]. */
function cpuinfo(threads: readonly (readonly [number, number, number])[]): string {
  const block = ([processor, socket, core]: readonly [number, number, number]) =>
    `processor\t: ${processor}\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC  7302P\nphysical id\t: ${socket}\nsiblings\t: 2\ncore id\t\t: ${core}\nflags\t\t: fpu svm\n`
  return `${threads.map(block).join('\n')}\n`
}

describe('/proc/cpuinfo', () => {
  it.each([
    ['one processor', cpuinfo([[0, 0, 0]]), { sockets: 1, cores: 1, threads: 1 }],
    [
      'two threads of one core',
      cpuinfo([
        [0, 0, 0],
        [1, 0, 0],
      ]),
      { sockets: 1, cores: 1, threads: 2 },
    ],
    [
      'two sockets with equal core numbers',
      cpuinfo([
        [0, 0, 0],
        [1, 1, 0],
      ]),
      { sockets: 2, cores: 2, threads: 2 },
    ],
  ])('counts %s', (_name, text, counts) => {
    expect(parseCpuinfo(text)).toEqual({ model: 'AMD EPYC 7302P', ...counts })
  })

  it('counts processors that name neither socket nor core', () => {
    expect(parseCpuinfo('processor\t: 0\nmodel name\t: Q\n\nprocessor\t: 1\nmodel name\t: Q\n')).toEqual({
      model: 'Q',
      sockets: 1,
      cores: 2,
      threads: 2,
    })
  })

  it('has an answer for an empty file', () => {
    expect(parseCpuinfo('')).toEqual({ model: 'unknown', sockets: 1, cores: 1, threads: 1 })
  })
})

describe('/proc/meminfo', () => {
  it('counts as used what is not available', () => {
    const text = 'MemTotal:       24684084 kB\nMemFree:        23462476 kB\nMemAvailable:   24227388 kB\nBuffers:           17580 kB\n'
    expect(parseMeminfo(text)).toEqual({ totalMiB: 24106, usedMiB: 446 })
  })
})

describe('what the firmware says', () => {
  it.each([
    ['Dell Inc.\n', 'Dell Inc.'],
    ['PowerEdge R640\n', 'PowerEdge R640'],
    ['To Be Filled By O.E.M.\n', ''],
    ['Default string\n', ''],
    ['System Serial Number\n', ''],
    ['0123456789\n', ''],
    ['  \n', ''],
    ['AB\u00001\n', 'AB 1'],
  ])('%j is taken as %j', (text, meaning) => {
    expect(parseDmiText(text)).toBe(meaning)
  })
})
