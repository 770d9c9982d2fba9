// Which disk a file system is on, and who divides what is asked of it. Decides nothing.
// @source proc_pid_mountinfo(5); Linux Documentation/ABI/stable/sysfs-block; Documentation/block/bfq-iosched.rst
import { writeControl } from 'hv:fs'
import type { DiskControl } from '../domain/disk-control.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** Of the file system that is mounted at exactly this path. */
export function findDiskControl(target: string): DiskControl {
  const device = diskUnder(target)
  const disks = device === null ? [] : schedulingDisks(device)
  const isDivided = (disk: string) => textOrNull(`${queueOf(disk)}/scheduler`)?.includes('[bfq]') === true
  return { device, weights: disks.length > 0 && disks.every(isDivided) }
}

/**
 * Lets BFQ divide what is asked of the disk below by the weights of cgroups, and by nothing else: it would prefer what has begun just now. Throws where the
 * kernel lacks it, or the disk takes no scheduler.
 */
export function divideByWeight(target: string): void {
  const device = diskUnder(target)
  for (const disk of device === null ? [] : schedulingDisks(device)) {
    writeControl(`${queueOf(disk)}/scheduler`, 'bfq')
    writeControl(`${queueOf(disk)}/iosched/low_latency`, '0')
  }
}

/** Those below an array: it has limits, but no scheduler of its own. */
function schedulingDisks(device: string): readonly string[] {
  const parts = namesIn(`/sys/dev/block/${device}/slaves`)
  if (parts.length === 0) return [device]
  return parts.flatMap((name) => wholeDisk(textOrNull(`/sys/class/block/${name}/dev`)?.trim() ?? '') ?? [])
}

function queueOf(device: string): string {
  return `/sys/dev/block/${device}/queue`
}

/** The whole disk, by its numbers: a partition has neither limits nor a scheduler. Null for what is in memory. */
function diskUnder(target: string): string | null {
  const mounts = (textOrNull('/proc/self/mountinfo') ?? '').split('\n').map((line) => line.split(' '))
  const numbers = mounts.findLast((fields) => fields[4] === target)?.[2]
  if (numbers === undefined || textOrNull(`/sys/dev/block/${numbers}/dev`) === null) return null
  return wholeDisk(numbers)
}

function wholeDisk(numbers: string): string | null {
  if (textOrNull(`/sys/dev/block/${numbers}/partition`) === null) return numbers
  return textOrNull(`/sys/dev/block/${numbers}/../dev`)?.trim() ?? null
}
