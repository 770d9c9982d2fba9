// The log on disk: kept by kind, bounded, gone on with after a restart and after a cut.
import { appendFile, mkdir, readDir, readText, stat, statOrNull, writeFileAtomic } from 'hv:fs'
import { describe, expect, it } from 'vitest'
import { createHostLogs } from '../../control/src/adapters/host-logs.ts'
import { LogKeeper } from '../../control/src/adapters/log-keeper.ts'
import { createServices } from '../../control/src/adapters/services.ts'
import type { KernelRecord } from '../../control/src/codec/kernel-record.ts'
import type { LogKind } from '../../control/src/domain/host-log.ts'
import { temporaryDirectory } from './temporary.ts'

const BOOT = '01234567-89ab-cdef-0123-456789abcdef'
const keep = (directory: string, bootId = BOOT, limits = { fileBytes: 1000, filesPerKind: 3 }) =>
  new LogKeeper({ directory, limits, bootId, timeOf: () => '2026-01-01T00:00:00.000Z' })

const record = (sequence: number, text: string, isKernel = true): KernelRecord => ({ sequence, atUs: 0, severity: 'info', isKernel, text })

function textsOf(directory: string, kind: LogKind): readonly string[] {
  const logs = createHostLogs(directory)
  return logs
    .files()
    .filter((file) => file.kind === kind)
    .flatMap((file) => logs.read(file))
    .map(({ text }) => text)
}

describe('the log on disk', () => {
  it('is kept by kind, readable by others, and says where a boot begins', () => {
    const directory = temporaryDirectory()
    const keeper = keep(directory)
    keeper.take(record(0, 'a'))
    keeper.take(record(1, 'controld: b', false))
    expect(keeper.flush()).toBeNull()
    expect([textsOf(directory, 'kernel'), textsOf(directory, 'controld')]).toEqual([['a'], ['controld: b']])
    expect(textsOf(directory, 'logd')).toEqual([`logd: the host has booted (boot ${BOOT})`])
    expect(stat(`${directory}/kernel.2.log`).mode).toBe(0o644)
  })

  it('goes on after a restart without a line twice or none', () => {
    const directory = temporaryDirectory()
    const first = keep(directory)
    for (const n of [0, 1, 2]) first.take(record(n, `k${n}`))
    first.flush()
    const second = keep(directory)
    for (const n of [0, 1, 2, 3]) second.take(record(n, `k${n}`))
    second.flush()
    expect(textsOf(directory, 'kernel')).toEqual(['k0', 'k1', 'k2', 'k3'])
    expect(textsOf(directory, 'logd')).toHaveLength(1)
  })

  it('says how many lines were overwritten unread', () => {
    const directory = temporaryDirectory()
    const keeper = keep(directory)
    for (const n of [0, 1, 44]) keeper.take(record(n, `k${n}`))
    keeper.flush()
    expect(textsOf(directory, 'logd').at(-1)).toBe('logd: 42 lines were overwritten before they could be kept')
  })

  it('begins again with the next boot, its numbers going on', () => {
    const directory = temporaryDirectory()
    const first = keep(directory)
    first.take(record(5, 'before'))
    first.flush()
    const second = keep(directory, 'ffffffff-89ab-cdef-0123-456789abcdef')
    second.take(record(0, 'after'))
    second.flush()
    const logs = createHostLogs(directory)
    const lines = logs.files().flatMap((file) => logs.read(file))
    const numbers = lines.map(({ number }) => number)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(textsOf(directory, 'kernel')).toEqual(['before', 'after'])
  })

  it('is bounded: files of one size, the oldest removed', () => {
    const directory = temporaryDirectory()
    const keeper = keep(directory)
    for (let n = 0; n < 200; n++) {
      keeper.take(record(n, `line ${n} ${'x'.repeat(50)}`))
      if (n % 3 === 0) keeper.flush()
    }
    keeper.flush()
    const files = readDir(directory).filter((name) => name.startsWith('kernel.'))
    expect(files).toHaveLength(3)
    for (const file of files) expect(stat(`${directory}/${file}`).size).toBeLessThanOrEqual(1000)
    expect(textsOf(directory, 'kernel').at(-1)).toMatch(/^line 199 /)
  })

  it('loses to a power cut only the line that was being written', () => {
    const directory = temporaryDirectory()
    const first = keep(directory)
    first.take(record(0, 'whole'))
    first.flush()
    appendFile(`${directory}/kernel.2.log`, '3 01234567:1 6 2026-01-0')
    const second = keep(directory)
    second.take(record(1, 'again'))
    second.flush()
    expect(textsOf(directory, 'kernel')).toEqual(['whole', 'again'])
  })

  it('tells once that nothing can be written, goes on when it can, and says what was lost', () => {
    const directory = `${temporaryDirectory()}/missing`
    const keeper = keep(directory)
    keeper.take(record(0, 'a'))
    expect(keeper.flush()).toMatch(/ENOENT|No such file/)
    keeper.take(record(1, 'b'))
    expect(keeper.flush()).toBeNull()
    mkdir(directory)
    keeper.take(record(2, 'c'))
    keeper.flush()
    keeper.flush()
    expect(textsOf(directory, 'kernel')).toEqual(['c'])
    expect(textsOf(directory, 'logd').at(-1)).toBe('logd: 3 lines could not be written')
  })
})

describe('a service', () => {
  const directory = temporaryDirectory()
  const proc = temporaryDirectory()
  const services = createServices(directory, proc)
  const stat7 = (parent: number, startTime: number) =>
    `7 (a) b) S ${parent} 7 7 0 -1 ${'0 '.repeat(13)}${startTime} 0\n`.replace(/ +/g, ' ')
  mkdir(`${proc}/7`)
  writeFileAtomic(`${directory}/logd`, '12 7 3\n')

  it.each([
    ['runs as noted', stat7(1, 1150), 7],
    ['has ended when its number is another’s by now', stat7(1, 9000), null],
    ['has ended when its number is that of somebody’s child', stat7(300, 1150), null],
  ])('%s', (_name, text, pid) => {
    writeFileAtomic(`${proc}/7/stat`, text)
    expect(services.observe('logd')).toEqual({ pid, startedAtSeconds: 12, restarts: 3 })
  })

  it('that was never started is told so, and ending it does nothing', () => {
    expect(services.observe('controld')).toEqual({ pid: null, startedAtSeconds: null, restarts: 0 })
    services.end('controld')
    expect(statOrNull(`${directory}/controld`)).toBeNull()
    expect(readText(`${directory}/logd`)).toBe('12 7 3\n')
  })
})
