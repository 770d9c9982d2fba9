// The log's files as their readers see them: what is promised, and what else may lie beside them.
import { mkdir, unlink, writeFileAtomic } from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHostLogs } from '../../control/src/adapters/host-logs.ts'
import { logFileName, renderLogLine } from '../../control/src/codec/log-line.ts'
import type { LogKind } from '../../control/src/domain/host-log.ts'
import type { LogFile } from '../../control/src/ports/host-logs.ts'
import { hostLogsContract } from '../contract/host-logs.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let directory = ''
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => removeDirectory(directory))

const line = (number: number, text: string) =>
  renderLogLine({ number, at: '2026-01-01T00:00:00.000Z', severity: 'info', text }, { boot: '0123abcd', sequence: number })

hostLogsContract(() => {
  let number = 0
  return {
    logs: createHostLogs(directory),
    add(kind: LogKind, ...texts: readonly string[]) {
      const name = logFileName(kind, number + 1)
      writeFileAtomic(`${directory}/${name}`, texts.map((text) => line(++number, text)).join(''))
    },
    remove: ({ kind, first }: LogFile) => unlink(`${directory}/${logFileName(kind, first)}`),
  }
})

describe('the directory of the log', () => {
  it('is without files where there is none', () => expect(createHostLogs(`${directory}/none`).files()).toEqual([]))

  it('may have other things in it, and a line that a power cut has left half', () => {
    const logs = createHostLogs(directory)
    writeFileAtomic(`${directory}/notes.txt`, 'x')
    writeFileAtomic(`${directory}/strange.1.log`, 'x')
    mkdir(`${directory}/folder`)
    writeFileAtomic(`${directory}/${logFileName('kernel', 7)}`, `${line(7, 'whole')}${line(8, 'half').slice(0, 20)}`)
    expect(logs.files()).toMatchObject([{ kind: 'kernel', first: 7 }])
    expect(logs.read({ kind: 'kernel', first: 7, sizeBytes: 0 }).map(({ text }) => text)).toEqual(['whole'])
  })
})
