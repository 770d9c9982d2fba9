// Reads and writes pieces of a disk at their place, in a process of its own, since a broken disk may keep whoever asks for minutes.
import { runTool } from './run-tool.ts'

const MIB = 1_048_576
const BUSYBOX = '/usr/bin/busybox'
const TIMEOUT_MS = 60_000

/** At most 16 MiB. Offsets are in blocks. */
export async function readBlocks(device: string, blockBytes: number, skip: number, count: number): Promise<Uint8Array> {
  const argv = [BUSYBOX, 'dd', `if=${device}`, `bs=${blockBytes}`, `skip=${skip}`, `count=${count}`]
  const { stdout } = await runTool(argv, { maxOutputBytes: 16 * MIB, timeoutMs: TIMEOUT_MS })
  return stdout
}

/** On disk when this resolves. */
export async function writeBlocks(device: string, blockBytes: number, seek: number, bytes: Uint8Array): Promise<void> {
  const argv = [BUSYBOX, 'dd', `of=${device}`, `bs=${blockBytes}`, `seek=${seek}`, 'conv=notrunc,fsync']
  await runTool(argv, { stdin: bytes, timeoutMs: TIMEOUT_MS })
}
