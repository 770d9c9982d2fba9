// The keeper of the log: reads the kernel's ring, where every program's log goes, and keeps it on the state partition. Can reach nothing else.
import { chown, mkdir, openFd, readText } from 'hv:fs'
import { confine, exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { log, monotonicMs, onSignal } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { isMounted } from '../adapters/file-systems.ts'
import { LOG_DIRECTORY } from '../adapters/host-logs.ts'
import { LogKeeper } from '../adapters/log-keeper.ts'
import { parseKernelRecord } from '../codec/kernel-record.ts'

/** `logd` in /etc/passwd. */
const USER = 105
const STATE = '/state'
/** Eleven kinds of six files: 66 MiB at most. A state in memory is 64 MiB large in all: there they take 4 MiB. */
const ON_DISK = { fileBytes: 1024 * 1024, filesPerKind: 6 }
const IN_MEMORY = { fileBytes: 128 * 1024, filesPerKind: 3 }
/** Lines that came meanwhile are written together. */
const FLUSH_MS = 250

function isInMemory(): boolean {
  const mounts = readText('/proc/self/mounts').split('\n')
  return mounts.findLast((line) => line.split(' ')[1] === STATE)?.split(' ')[2] === 'tmpfs'
}

function confineSelf(): void {
  confine({
    uid: USER,
    gid: USER,
    capabilities: [],
    noNewPrivileges: true,
    namespaces: ['mount', 'net', 'ipc', 'uts'],
    root: [{ kind: 'bind', source: LOG_DIRECTORY, target: LOG_DIRECTORY, readOnly: false }],
    rlimits: { core: [0, 0], nofile: [16, 16], nproc: [0, 0] },
    // Read by controld, which is root without the right to others' files; the state's directory lets nobody else in.
    umask: 0o022,
    cwd: '/',
  })
}

/** Of the clock as it is now: a record that was made before the clock was set has the time that it would have had. */
function timeOf(atUs: number): string {
  const agoMs = Number.isNaN(atUs) ? 0 : Math.max(0, monotonicMs() - atUs / 1000)
  return new Date(Date.now() - agoMs).toISOString()
}

function run(): void {
  if (!isMounted(STATE)) throw new Error('there is no /state')
  const limits = isInMemory() ? IN_MEMORY : ON_DISK
  const bootId = readText('/proc/sys/kernel/random/boot_id').trim()
  mkdir(LOG_DIRECTORY, { mode: 0o755, recursive: true })
  chown(LOG_DIRECTORY, USER, USER)
  const ring = openFd('/dev/kmsg', 'r')
  confineSelf()

  const keeper = new LogKeeper({ directory: LOG_DIRECTORY, limits, bootId, timeOf })
  const flush = () => {
    const failure = keeper.flush()
    if (failure !== null) log('error', `the log cannot be written: ${failure}`)
  }
  let scheduled = false
  const flushSoon = () => {
    if (scheduled) return
    scheduled = true
    setTimeout(() => {
      scheduled = false
      flush()
    }, FLUSH_MS)
  }
  // One record a read.
  const records = fromFd(ring)
  records.onData((bytes) => {
    const record = parseKernelRecord(decodeUtf8(bytes), decodeUtf8)
    if (record === null) return
    keeper.take(record)
    flushSoon()
  })
  records.onClose((error) => {
    log('error', `the kernel's log has ended: ${error?.message ?? 'end of file'}`)
    exit(1)
  })
  onSignal('SIGTERM', () => {
    keeper.flush()
    exit(0)
  })
}

try {
  run()
} catch (error) {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
}
