// Runs one of the image's tools to its end and makes its failure an error that can be shown.
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'

export interface ToolOptions {
  readonly stdin?: string | Uint8Array
  /** Default 10000. */
  readonly timeoutMs?: number
  /** Exit codes that count as success; default 0 only. */
  readonly successCodes?: readonly number[]
  readonly maxOutputBytes?: number
}

export interface ToolOutput {
  readonly code: number
  readonly stdout: Uint8Array
}

/** `message` is one line for people, such as `sfdisk: cannot open /dev/vda: Read-only file system`. */
class ToolFailure extends Error {
  override readonly name = 'ToolFailure'
}

/** `argv[0]` is an absolute path. Rejects with ToolFailure, or HostError when the program cannot be started. */
export async function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<ToolOutput> {
  const { stdin, timeoutMs = 10_000, successCodes = [0], maxOutputBytes = 1_048_576 } = options
  // LC_ALL: messages and numbers as they are parsed; PATH: mkfs looks its helpers up.
  const env = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin' }
  const result = await run({ argv: [...argv], env, timeoutMs, maxOutputBytes, ...(stdin === undefined ? {} : { stdin }) })
  const name = argv[0]?.split('/').at(-1) ?? 'tool'
  if (result.timedOut) throw new ToolFailure(`${name}: not finished after ${timeoutMs} ms`)
  if (result.code === null) throw new ToolFailure(`${name}: ended by signal ${result.signal}`)
  if (!successCodes.includes(result.code)) {
    throw new ToolFailure(`${name}: ${firstLine(decodeUtf8(result.stderr), name) || `exit code ${result.code}`}`)
  }
  return { code: result.code, stdout: result.stdout }
}

function firstLine(text: string, name: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? ''
  return line.trim().replace(new RegExp(`^(/\\S*/)?${name}: `), '')
}
