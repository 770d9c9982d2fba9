// The log of the host as it lies on disk, for those who read it.
import type { LogKind, LogLine } from '../domain/host-log.ts'

export interface LogFile {
  readonly kind: LogKind
  /** The number of its first line. */
  readonly first: number
  readonly sizeBytes: number
}

export interface HostLogs {
  /** By kind, and of each kind the oldest first. */
  files(): readonly LogFile[]
  /** Oldest first; what a power cut has left of a line is passed over. None when the file is gone by now. */
  read(file: LogFile): readonly LogLine[]
}
