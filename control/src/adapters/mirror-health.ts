// How the arrays of state and datastore are, out of sysfs.
// @source Linux Documentation/admin-guide/md.rst: raid_disks, sync_action, sync_completed, and state and slot of each member
import { MIRRORED, type Mirror, type MirrorCopy, type MirroredPartition } from '../domain/mirror.ts'
import type { Mirrors } from '../ports/mirrors.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** `sys` is /sys; for tests another place. */
export function createMirrors(sys: string): Mirrors {
  const text = (path: string) => textOrNull(`${sys}/${path}`)?.trim() ?? ''

  function holdsOf(member: string): MirroredPartition | null {
    const name = /^PARTNAME=(.*)$/m.exec(text(`class/block/${member}/uevent`))?.[1] ?? ''
    return name in MIRRORED ? (name as MirroredPartition) : null
  }

  function copyOf(array: string, member: string): MirrorCopy {
    const words = text(`block/${array}/md/dev-${member}/state`).split(',')
    return { device: `/dev/${member}`, state: words.includes('faulty') ? 'failed' : words.includes('in_sync') ? 'in-sync' : 'copying' }
  }

  return {
    observe() {
      const arrays = namesIn(`${sys}/block`).filter((name) => /^md\d+$/.test(name) && text(`block/${name}/md/level`) === 'raid1')
      return arrays.sort().flatMap((array): readonly Mirror[] => {
        const members = namesIn(`${sys}/block/${array}/md`)
          .flatMap((name) => /^dev-(.+)$/.exec(name)?.[1] ?? [])
          .sort()
        const holds = members.map(holdsOf).find((one) => one !== null)
        if (holds === undefined || holds === null) return []
        const [done, all] = text(`block/${array}/md/sync_completed`).split(' / ').map(Number)
        const copiedPercent = all !== undefined && all > 0 && done !== undefined ? Math.floor((100 * done) / all) : null
        const copies = members.map((member) => copyOf(array, member))
        const missing = Math.max(0, Number(text(`block/${array}/md/raid_disks`)) - copies.length)
        return [{ holds: MIRRORED[holds], device: `/dev/${array}`, copies, missing, copiedPercent }]
      })
    },
  }
}
