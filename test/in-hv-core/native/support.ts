// What the tests of the native modules share: failures as data, a scratch directory, fresh programs to run.
import { mkdir, writeFileAtomic } from 'hv:fs'
import { args, type RunResult, run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'

/** The directory of the build under test: hv-core and hv-compile. */
export const build = args[1] ?? ''

export interface Failure {
  readonly name: string
  readonly code?: string
  readonly syscall?: string
  readonly path?: string
}

function asFailure(error: unknown): Failure {
  const { name, code, syscall, path } = error as HostError
  return { name, ...(code !== undefined && { code }), ...(syscall !== undefined && { syscall }), ...(path !== undefined && { path }) }
}

/** What `act` throws; itself an error when it throws nothing. */
export function failure(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    return asFailure(error)
  }
  throw new Error('nothing was thrown')
}

export async function rejection(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise
  } catch (error) {
    return asFailure(error)
  }
  throw new Error('nothing was rejected')
}

let scratchCount = 0
/** A new empty directory; the tools tree's /tmp is private to the run. */
export function scratch(): string {
  const path = `/tmp/scratch-${++scratchCount}`
  mkdir(path)
  return path
}

/** Resolves when `condition` holds; an error after `timeoutMs`. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > timeoutMs) throw new Error('the condition never came to hold')
    await new Promise<void>((resolve) => setTimeout(resolve, 5))
  }
}

export interface ProgramResult extends RunResult {
  readonly out: string
  readonly err: string
}

export async function shell(script: string, options: Partial<Parameters<typeof run>[0]> = {}): Promise<ProgramResult> {
  const result = await run({ argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/usr/sbin' }, ...options })
  return { ...result, out: decodeUtf8(result.stdout), err: decodeUtf8(result.stderr) }
}

/** What every such program can call: writes to its standard output at once, and holds nothing open. */
const prelude =
  "import { fromFd as stream } from 'hv:socket'; const say = (text) => { const out = stream(1); out.write(String(text)); out.detach() };"

/** Compiles `source` as a program of its own, with `say` in it, and runs it. */
export async function program(source: string, options: { flags?: string[]; args?: string[]; stdin?: string } = {}): Promise<ProgramResult> {
  const directory = scratch()
  writeFileAtomic(`${directory}/p.js`, `${prelude}${source}`)
  const compiled = await run({ argv: [`${build}/hv-compile`, `${directory}/p.js`, `${directory}/p.qjb`, 'p'] })
  if (compiled.code !== 0) throw new Error(decodeUtf8(compiled.stderr))
  return runBundle(`${directory}/p.qjb`, options)
}

export async function runBundle(
  path: string,
  { flags = [], args: own = [], stdin = '' }: { flags?: string[]; args?: string[]; stdin?: string } = {},
): Promise<ProgramResult> {
  const result = await run({ argv: [`${build}/hv-core`, ...flags, path, ...own], stdin, env: { ASAN_OPTIONS: 'detect_leaks=1' } })
  return { ...result, out: decodeUtf8(result.stdout), err: decodeUtf8(result.stderr) }
}

/** The fields of /proc/PID/status. */
export function statusOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
}
