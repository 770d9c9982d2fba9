// Writes the state of a VM into a file, and reads it back, by QEMU's migration. A file is there whole and on disk, or not at all.
// @source QEMU docs/devel/migration/main.rst, qapi/migration.json
import { VmHostFailure } from './host-failure.ts'
import { dropFile, type Monitor, objectOf, objects, passFile } from './monitor.ts'

/** Between two looks at how far it is. */
const POLL_MS = 200
/** What QEMU may take to say that it has been told. */
const CANCEL_TIMEOUT_MS = 30_000
/** Nothing on the way holds the stream back but the disk. */
const UNLIMITED_BYTES_PER_SECOND = 1_000_000_000_000
/** QEMU remembers under it what it was handed, also for a controld that comes later and finds a save that was cut off: so whether the guest is to go on. */
const SAVING = { running: 'saving-running', paused: 'saving-paused' } as const
const RESTORING = 'restoring'

export interface SaveTools {
  /** An empty file for writing only, root's alone; whatever was there is gone. */
  create(path: string): number
  openForReading(path: string): number
  close(descriptor: number): void
  /** Waits until the file is on disk, then gives it its name, on disk too. */
  commit(from: string, to: string): Promise<void>
  /** No-op when it is not there. */
  remove(path: string): void
}

/** On failure the VM is as it was, and no file is left. */
export async function saveState(path: string, monitor: Monitor, tools: SaveTools, progress: (percent: number) => void): Promise<void> {
  const unfinished = unfinishedOf(path)
  const wasRunning = objectOf(await monitor.execute('query-status'), 'query-status').running === true
  try {
    // Before the guest stands still, and until the process ends: see `SAVING`.
    const filename = await passFile(monitor, tools.create(unfinished), wasRunning ? SAVING.running : SAVING.paused, tools.close)
    await monitor.execute('stop')
    await monitor.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED_BYTES_PER_SECOND })
    await monitor.execute('migrate', { uri: `file:${filename}` })
    await migrated(monitor, progress, null)
    await tools.commit(unfinished, path)
  } catch (error) {
    tools.remove(unfinished)
    // Where this fails, too, the VM has gone or will be asked again.
    await endSaving(monitor).catch(() => {})
    throw error
  }
}

/** Ends a save where one was begun, lets the VM go on if it ran before, and removes what there is of its state: it is past. */
export async function abandonSave(path: string, monitor: Monitor, tools: SaveTools): Promise<void> {
  await endSaving(monitor)
  removeSaved(path, tools)
}

export function removeSaved(path: string, tools: Pick<SaveTools, 'remove'>): void {
  tools.remove(unfinishedOf(path))
  tools.remove(path)
}

function unfinishedOf(path: string): string {
  return `${path}.unfinished`
}

/** Nothing where none was begun. What tells of it goes last, so that it can be tried again. */
async function endSaving(monitor: Monitor): Promise<void> {
  const opaques = await opaquesOf(monitor)
  const wasRunning = opaques.includes(SAVING.running)
  if (!wasRunning && !opaques.includes(SAVING.paused)) return
  await monitor.execute('migrate_cancel')
  for (let waited = 0; (await look(monitor)).active; waited += POLL_MS) {
    if (waited > CANCEL_TIMEOUT_MS) throw new VmHostFailure('qmp.timeout', 'migrate_cancel', 'the migration does not end')
    await monitor.sleep(POLL_MS)
  }
  if (wasRunning) await monitor.execute('cont')
  for (const opaque of [SAVING.paused, SAVING.running]) if (opaques.includes(opaque)) await dropFile(monitor, opaque)
}

async function opaquesOf(monitor: Monitor): Promise<readonly unknown[]> {
  const sets = objects(await monitor.execute('query-fdsets'), 'query-fdsets')
  return sets.flatMap((set) => objects(set.fds ?? [], 'query-fdsets').map((fd) => fd.opaque))
}

/** QEMU was started waiting for it (`-incoming defer`); the guest does not run yet. */
export async function restoreState(path: string, monitor: Monitor, tools: SaveTools, timeoutMs: number): Promise<void> {
  const filename = await passFile(monitor, tools.openForReading(path), RESTORING, tools.close)
  await monitor.execute('migrate-incoming', { uri: `file:${filename}` })
  await migrated(monitor, () => {}, timeoutMs)
  await dropFile(monitor, RESTORING)
}

interface Look {
  readonly active: boolean
  readonly status: string
  readonly percent: number
  readonly error: string
}

const ENDED: readonly string[] = ['none', 'completed', 'failed', 'cancelled']

async function look(monitor: Monitor): Promise<Look> {
  const answer = objectOf(await monitor.execute('query-migrate'), 'query-migrate')
  const status = typeof answer.status === 'string' ? answer.status : 'none'
  const ram = typeof answer.ram === 'object' && answer.ram !== null ? (answer.ram as Readonly<Record<string, unknown>>) : {}
  const total = typeof ram.total === 'number' && ram.total > 0 ? ram.total : null
  const percent = total === null || typeof ram.remaining !== 'number' ? 0 : (100 * (total - ram.remaining)) / total
  return { active: !ENDED.includes(status), status, percent, error: typeof answer['error-desc'] === 'string' ? answer['error-desc'] : '' }
}

/** `timeoutMs` null: as long as it moves, which the disk decides. */
async function migrated(monitor: Monitor, progress: (percent: number) => void, timeoutMs: number | null): Promise<void> {
  for (let waited = 0; timeoutMs === null || waited <= timeoutMs; waited += POLL_MS) {
    const { active, status, percent, error } = await look(monitor)
    if (status === 'completed') return
    if (!active && status !== 'none') {
      throw new VmHostFailure(status === 'cancelled' ? 'migration.cancelled' : 'migration.failed', 'migrate', error || `it was ${status}`)
    }
    progress(percent)
    await monitor.sleep(POLL_MS)
  }
  throw new VmHostFailure('qmp.timeout', 'migrate', `not finished within ${timeoutMs} ms`)
}
