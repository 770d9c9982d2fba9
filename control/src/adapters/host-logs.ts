// The files of the log: read here by controld, written by logd alone.
import { readDir, readFile, statOrNull } from 'hv:fs'
import { decodeUtf8 } from 'hv:text'
import { logFileName, parseLogFileName, parseLogLine } from '../codec/log-line.ts'
import { LOG_KINDS } from '../domain/host-log.ts'
import type { HostLogs, LogFile } from '../ports/host-logs.ts'
import { isNativeError } from './host-failure.ts'

export const LOG_DIRECTORY = '/state/log'
/** Larger than any file that logd leaves. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

export function createHostLogs(directory: string): HostLogs {
  return {
    files: () => listLogFiles(directory),
    read({ kind, first }) {
      const text = textOf(`${directory}/${logFileName(kind, first)}`)
      return text.split('\n').flatMap((line) => parseLogLine(line, kind) ?? [])
    },
  }
}

/** Removed meanwhile: empty. */
function textOf(path: string): string {
  try {
    return decodeUtf8(readFile(path, MAX_FILE_BYTES))
  } catch (error) {
    if (isNativeError(error) && error.code === 'ENOENT') return ''
    throw error
  }
}

/** Oldest first of each kind; none when the directory is not there. */
export function listLogFiles(directory: string): readonly LogFile[] {
  if (statOrNull(directory) === null) return []
  return readDir(directory)
    .flatMap((name): LogFile[] => {
      const parts = parseLogFileName(name)
      const kind = LOG_KINDS.find((known) => known === parts?.kind)
      const seen = statOrNull(`${directory}/${name}`)
      return parts === null || kind === undefined || seen === null ? [] : [{ kind, first: parts.first, sizeBytes: seen.size }]
    })
    .sort((a, b) => LOG_KINDS.indexOf(a.kind) - LOG_KINDS.indexOf(b.kind) || a.first - b.first)
}
