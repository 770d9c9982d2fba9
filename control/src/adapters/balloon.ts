// What a VM's balloon leaves its guest, and what the guest claims of its memory.
// @source QEMU qapi/machine.json: query-balloon; docs/interop/virtio-balloon-stats.rst
import type { Balloon, GuestMemory } from '../domain/usage.ts'
import { VmHostFailure } from './host-failure.ts'
import { objectOf, type Qmp } from './monitor.ts'

const DEVICE = '/machine/peripheral/balloon'
/** How often QEMU asks the guest's driver. */
const POLLING_SECONDS = 5
/** What a guest does not tell is the highest number of 64 bits, which a double holds only nearly. */
const UNTOLD = 2 ** 63

/** Rejects when QEMU does not answer each question within `timeoutMs`. */
export async function observeBalloon(timeoutMs: number, qmp: Qmp): Promise<Balloon> {
  const [actual, stats] = await Promise.all([
    unlessRefused(qmp.execute('query-balloon', {}, { timeoutMs })),
    unlessRefused(qmp.execute('qom-get', { path: DEVICE, property: 'guest-stats' }, { timeoutMs })),
  ])
  if (actual === null) return { actualBytes: null, guest: null }
  const { actual: actualBytes } = objectOf(actual, 'query-balloon')
  const guest = stats === null ? null : guestMemory(objectOf(stats, 'qom-get'))
  // Of a new process nobody has asked for them yet; said again, it changes nothing.
  if (guest === null && stats !== null) {
    const interval = { path: DEVICE, property: 'guest-stats-polling-interval', value: POLLING_SECONDS }
    await unlessRefused(qmp.execute('qom-set', interval, { timeoutMs }))
  }
  return { actualBytes: typeof actualBytes === 'number' ? actualBytes : null, guest }
}

/** Null until the driver has told for the first time, and where it tells nonsense. */
function guestMemory(answer: Readonly<Record<string, unknown>>): GuestMemory | null {
  const updated = answer['last-update']
  const stats = objectOf(answer.stats, 'qom-get')
  const [totalBytes, availableBytes] = [stats['stat-total-memory'], stats['stat-available-memory']]
  if (typeof updated !== 'number' || updated <= 0 || updated > 8.64e12) return null
  if (!isTold(totalBytes) || !isTold(availableBytes) || availableBytes > totalBytes) return null
  return { totalBytes, availableBytes, updatedAt: new Date(updated * 1000).toISOString() }
}

function isTold(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < UNTOLD
}

/** QEMU refuses the questions where there is no balloon. */
async function unlessRefused(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof VmHostFailure && error.code.startsWith('qmp.error.')) return null
    throw error
  }
}
