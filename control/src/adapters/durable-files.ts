// What makes files last: whole on disk before they get their name.
import { runTool } from './run-tool.ts'

const BUSYBOX = '/usr/bin/busybox'
/** A terabyte at 100 MB/s. */
const SYNC_TIMEOUT_MS = 10_000_000

/** Resolves once all of a file is on disk. In a process of its own, as it may take long. */
export async function syncFile(path: string): Promise<void> {
  await runTool([BUSYBOX, 'sync', path], { timeoutMs: SYNC_TIMEOUT_MS })
}

export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
