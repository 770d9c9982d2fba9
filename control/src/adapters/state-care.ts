// Orders for the next start of the host, and a state partition made anew by e2fsprogs' tools.
import * as fs from 'hv:fs'
import type { ResetScope, StateCare } from '../ports/state-care.ts'
import { makeState } from './ext4.ts'
import { STATE_DIRECTORY } from './file-systems.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { runTool } from './run-tool.ts'

const ORDER = `${STATE_DIRECTORY}/reset.json`
/** Of a slow disk. */
const COPY_MS = 600_000
/** Left to the VMs of the datastore. */
const ROOM_BYTES = 1024 ** 3
const COPY_PREFIX = '.broken-state-'

export function createStateCare(datastore: string, isPresent: () => boolean): StateCare {
  function requireRoom(sizeBytes: number): void {
    if (isPresent() && fs.diskSpace(datastore).availableBytes >= sizeBytes + ROOM_BYTES) return
    throw new VmHostFailure('state.no-room', 'renew', 'The datastore has no room for a copy of the partition.', datastore)
  }

  return {
    order(scope) {
      try {
        if (scope !== null) fs.writeFileAtomic(ORDER, JSON.stringify({ scope }))
        else if (fs.statOrNull(ORDER) !== null) {
          fs.unlink(ORDER)
          fs.syncDir(STATE_DIRECTORY)
        }
      } catch (error) {
        throw toHostFailure(error, 'order-reset')
      }
    },

    async renew(device, keep) {
      try {
        if (keep) {
          requireRoom(sizeOf(device))
          // The one before is of no more use to anybody.
          for (const name of fs.readDir(datastore)) if (name.startsWith(COPY_PREFIX)) fs.unlink(`${datastore}/${name}`)
          const copy = `${datastore}/${COPY_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, '-')}.img`
          const argv = ['/usr/bin/busybox', 'dd', `if=${device}`, `of=${copy}`, 'bs=1M', 'conv=fsync']
          await runTool(argv, { timeoutMs: COPY_MS })
          fs.chmod(copy, 0o600)
        }
        await makeState(device, sizeOf(device))
      } catch (error) {
        throw error instanceof VmHostFailure ? error : toHostFailure(error, 'renew')
      }
    },
  }
}

/** What was ordered before this start, by whichever version. */
export function readOrder(): ResetScope | null {
  if (fs.statOrNull(ORDER) === null) return null
  try {
    const { scope } = JSON.parse(fs.readText(ORDER, 4096)) as { readonly scope?: unknown }
    return scope === 'state' || scope === 'everything' ? scope : null
  } catch {
    return null
  }
}

/** In bytes. @source Linux, Documentation/ABI/stable/sysfs-block: sectors of 512 bytes */
export function sizeOf(device: string): number {
  return Number(fs.readText(`/sys/class/block/${device.slice('/dev/'.length)}/size`).trim()) * 512
}
