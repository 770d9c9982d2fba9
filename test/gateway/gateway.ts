// Runs gatewayd as on the appliance: uid 100, no capabilities, the listening socket inherited.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { build, repository } from '../harness/paths.ts'
import { until, within } from '../harness/wait.ts'

const inTools = join(repository, 'image/in-tools')
const scratch = join(build, 'gateway-test')
const confinement = ['setpriv', '--reuid=100', '--regid=100', '--clear-groups', '--no-new-privs', '--bounding-set=-all']

/** Runs a program of the build in the tools tree; `fd` becomes its descriptor 3. */
function run(command: string[], fd?: number): ChildProcess {
  return spawn(inTools, command, { stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])], cwd: repository })
}

/** A directory for one test file, with a certificate that is made once. */
function prepare(name: string): string {
  const directory = join(scratch, name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(join(directory, 'www'), { recursive: true })
  writeFileSync(join(directory, 'www/index.html'), '<!doctype html><title>Corbel</title>\n')
  writeFileSync(join(directory, 'www/openapi.json'), '{"openapi":"3.1.0"}\n')
  writeFileSync(join(directory, 'www/large.txt'), 'x'.repeat(3 * 1024 * 1024))
  if (!existsSync(join(scratch, 'cert.pem'))) {
    const files = ['-keyout', join(scratch, 'key.pem'), '-out', join(scratch, 'cert.pem')]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=localhost']
    execFileSync(inTools, ['openssl', 'req', '-x509', ...kind, ...files], { stdio: 'pipe' })
    chmodSync(join(scratch, 'key.pem'), 0o644) // a key for nothing, to be read by uid 100
  }
  return directory
}

/** A listening socket that nobody accepts on here, as a descriptor to pass on. */
async function listen(): Promise<{ port: number; fd: number; close: () => void }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const handle = (server as unknown as { _handle: { fd: number } })._handle
  return { port: (server.address() as AddressInfo).port, fd: handle.fd, close: () => server.close() }
}

export interface Gateway {
  readonly port: number
  /** Where controld is to listen. */
  readonly controlPath: string
  readonly pid: number
  readonly log: () => string
  /** Ends it with SIGTERM and checks that it ended well: exit code 0, no report of a sanitizer. */
  readonly stop: () => Promise<void>
  readonly openDescriptors: () => number
}

/** `release` is what is shipped; its system-call filter is narrower, because the sanitizers need calls of their own. */
export async function startGateway(name: string, flavour: 'asan' | 'release' = 'asan'): Promise<Gateway> {
  const directory = prepare(name)
  const controlPath = join(directory, 'control.sock')
  const socket = await listen()
  const files = ['--certificate', join(scratch, 'cert.pem'), '--key', join(scratch, 'key.pem'), '--static', join(directory, 'www')]
  const child = run(
    [...confinement, join(build, 'hv-core', flavour, 'gatewayd'), '--listen-fd', '3', '--control', controlPath, ...files],
    socket.fd,
  )
  socket.close()
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await until('start of gatewayd', () => log.includes('ready') || child.exitCode !== null, { timeoutMs: 20_000, seen: () => log })
  expect(log).toContain('ready')
  const pid = child.pid ?? 0
  return {
    port: socket.port,
    controlPath,
    pid,
    log: () => log,
    openDescriptors: () =>
      execFileSync('ls', [`/proc/${pid}/fd`])
        .toString()
        .trim()
        .split('\n').length,
    stop: async () => {
      child.kill('SIGTERM')
      const code = await within('end of gatewayd', exited, 20_000).finally(() => child.kill('SIGKILL'))
      expect(log).not.toMatch(/Sanitizer|runtime error/)
      expect(code, log).toBe(0)
    },
  }
}

export interface AttachPeer {
  /** The JSON heads of the requests it has had. */
  readonly heads: () => Record<string, unknown>[]
  readonly stop: () => Promise<void>
}

/** Starts the stand-in for controld that passes descriptors. */
export async function startAttachPeer(controlPath: string): Promise<AttachPeer> {
  const child = run([join(build, 'hv-core/asan/attach-peer'), controlPath])
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await until('start of attach-peer', () => existsSync(controlPath) || child.exitCode !== null, { timeoutMs: 20_000, seen: () => errors })
  return {
    heads: () =>
      output
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async () => {
      child.kill('SIGTERM')
      await within('end of attach-peer', exited, 10_000).finally(() => child.kill('SIGKILL'))
      expect(errors).not.toMatch(/Sanitizer|runtime error/)
    },
  }
}

export const processStatus = (pid: number, field: string): string =>
  readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s*(.*)$`, 'm'))?.[1] ?? ''

/** CPU time used so far, in ticks of 10 ms. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
