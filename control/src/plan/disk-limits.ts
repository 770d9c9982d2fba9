// The limits of disks as QEMU takes them. Pure.
// @source QEMU qapi/block-core.json, block_set_io_throttle; docs/throttle.txt
import type { LiveStep } from '../domain/live-step.ts'
import type { Disk } from '../domain/vm.ts'
import type { DiskLimits } from '../domain/vm-devices.ts'
import { diskName } from './qemu-disks.ts'

const NO_LIMITS: DiskLimits = {
  ...{ readIops: null, writeIops: null, readBytesPerSecond: null, writeBytesPerSecond: null },
  ...{ burstFactor: 1, burstSeconds: 1 },
}

export function limitsStep({ slot }: Pick<Disk, 'slot'>, limits: DiskLimits | null): LiveStep {
  return { kind: 'set-disk-limits', name: diskName(slot), limits: limits ?? NO_LIMITS }
}
