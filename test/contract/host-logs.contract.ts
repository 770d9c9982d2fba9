// What every implementation of the log on disk promises to its readers.
import { describe, expect, it } from 'vitest'
import { LOG_KINDS, type LogKind } from '../../control/src/domain/host-log.ts'
import type { HostLogs, LogFile } from '../../control/src/ports/host-logs.ts'

export interface HostLogsBench {
  readonly logs: HostLogs
  /** A file of a kind with these texts; lines are numbered over all files. */
  add(kind: LogKind, ...texts: readonly string[]): void
  remove(file: LogFile): void
}

export function hostLogsContract(make: () => HostLogsBench): void {
  const [first, second] = LOG_KINDS

  describe('the log on disk', () => {
    it('has no files at first', () => expect(make().logs.files()).toEqual([]))

    it('has its files by kind, and of each kind the oldest first', () => {
      const { logs, add } = make()
      add(second, 'one', 'two')
      add(first, 'three')
      add(second, 'four')
      add(first, 'five')
      const told = logs.files().map(({ kind, first: number }) => [kind, number])
      expect(told).toEqual([
        [first, 3],
        [first, 5],
        [second, 1],
        [second, 4],
      ])
      expect(logs.files().every(({ sizeBytes }) => sizeBytes > 0)).toBe(true)
    })

    it('is read line by line, the oldest first', () => {
      const { logs, add } = make()
      add(first, 'one', 'two: with words')
      const [file] = logs.files() as readonly [LogFile]
      const at = '2026-01-01T00:00:00.000Z'
      expect(logs.read(file)).toEqual([
        { number: 1, at, severity: 'info', kind: first, text: 'one' },
        { number: 2, at, severity: 'info', kind: first, text: 'two: with words' },
      ])
    })

    it('has no lines of a file that has gone meanwhile', () => {
      const { logs, add, remove } = make()
      add(first, 'one')
      add(first, 'two')
      const [file] = logs.files() as readonly [LogFile]
      remove(file)
      expect(logs.read(file)).toEqual([])
      expect(logs.files().map(({ first: number }) => number)).toEqual([2])
    })
  })
}
