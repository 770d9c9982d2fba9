// Gathers what a support bundle has of the machine, packs it, and has it written to a stick by a process of its own.
import { mkdir, readDir, readFile, readText, statOrNull, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { renderTar } from '../codec/tar.ts'
import type { BundleEntry } from '../domain/support.ts'
import type { SupportTools } from '../ports/support.ts'
import { VmHostFailure } from './host-failure.ts'
import { MOUNTING_JOB } from './mounting-job.ts'
import { runTool } from './run-tool.ts'
import { listSticks } from './usb-sticks.ts'

export interface SupportPlaces {
  /** Root's own, in memory. */
  readonly directory: string
  readonly writer: { readonly engine: string; readonly bundle: string }
}

const MAX_PACKED_BYTES = 16 * 1024 * 1024
const MAX_ENTRY_BYTES = 1024 * 1024
const PACK_MS = 60_000
/** Of a slow stick. */
const WRITE_MS = 120_000

const FILES = [
  ...['cmdline', 'cpuinfo', 'interrupts', 'meminfo', 'modules', 'mounts', 'partitions', 'swaps', 'uptime', 'version', 'vmstat'],
  ...['pressure/cpu', 'pressure/memory', 'pressure/io', 'net/dev', 'net/snmp', 'sys/kernel/tainted'],
].map((name) => `/proc/${name}`)

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['/usr/bin/ip', '-details', 'link'],
  ['/usr/bin/ip', 'address'],
  ['/usr/bin/ip', 'route'],
  ['/usr/bin/ip', '-6', 'route'],
  ['/usr/bin/ip', 'neighbour'],
  ['/usr/sbin/nft', 'list', 'ruleset'],
  ['/usr/sbin/tc', '-s', 'qdisc'],
  ['/usr/sbin/blkid', '-c', '/dev/null'],
]

const CGROUPS = '/sys/fs/cgroup'
const CGROUP_FILES = [
  'cgroup.procs',
  'cpu.max',
  'cpu.stat',
  'cpu.weight',
  'io.stat',
  'memory.current',
  'memory.events',
  'memory.max',
  'memory.min',
]

export function createSupportTools({ directory, writer }: SupportPlaces): SupportTools {
  const bundle = `${directory}/bundle.tar.gz`
  return {
    async observe() {
      const entries = FILES.map((path): BundleEntry => ({ name: `host${path}`, text: textOf(path) }))
      for (const argv of COMMANDS) entries.push({ name: `host/${nameOf(argv)}.txt`, text: await outputOf(argv) })
      entries.push({ name: 'host/cgroups.txt', text: cgroupsBelow(CGROUPS, '').join('\n') })
      return entries
    },
    async pack(entries) {
      mkdir(directory, { mode: 0o700, recursive: true })
      const tar = renderTar(entries, { encodeUtf8, mtimeSeconds: Date.now() / 1000 })
      const argv = ['/usr/bin/busybox', 'gzip', '-c']
      const { stdout } = await runTool(argv, { stdin: tar, timeoutMs: PACK_MS, maxOutputBytes: MAX_PACKED_BYTES })
      writeFileAtomic(bundle, stdout)
      return stdout.length
    },
    read: () => (statOrNull(bundle) === null ? null : readFile(bundle, MAX_PACKED_BYTES)),
    media: listSticks,
    async write(device, fileName) {
      const failed = (message: string) => new VmHostFailure('support.medium-failed', 'write', message, `/dev/${device}`)
      const { code, stdout, timedOut } = await run({
        argv: [writer.engine, writer.bundle, `/dev/${device}`, bundle, fileName, `${directory}/medium`],
        ...MOUNTING_JOB,
        timeoutMs: WRITE_MS,
        maxOutputBytes: 4096,
      })
      if (timedOut) throw failed(`The stick has not taken the bundle within ${WRITE_MS / 1000} s.`)
      if (code !== 0) throw failed(decodeUtf8(stdout).trim() || 'The stick could not be written.')
    },
  }
}

function textOf(path: string): string {
  try {
    return readText(path, MAX_ENTRY_BYTES)
  } catch (error) {
    return `${String(error)}\n`
  }
}

function nameOf([program, ...rest]: readonly string[]): string {
  return [(program ?? '').split('/').at(-1), ...rest]
    .join('-')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/-+/g, '-')
}

async function outputOf(argv: readonly string[]): Promise<string> {
  try {
    return decodeUtf8((await runTool(argv, { timeoutMs: 5_000, maxOutputBytes: MAX_ENTRY_BYTES, successCodes: [0, 1, 2] })).stdout)
  } catch (error) {
    return `${String(error)}\n`
  }
}

function cgroupsBelow(root: string, group: string): readonly string[] {
  const path = `${root}${group}`
  const names = readDir(path)
  const files = CGROUP_FILES.filter((name) => names.includes(name)).map(
    (name) => `${group}/${name}: ${textOf(`${path}/${name}`).trim().replaceAll('\n', ' | ')}`,
  )
  const inside = names.filter((name) => statOrNull(`${path}/${name}`)?.kind === 'directory')
  return [...files, ...inside.flatMap((name) => cgroupsBelow(root, `${group}/${name}`))]
}
