// Which VMs may be asked for memory while they run, and what their balloon is told. Pure.
import type { LiveStep } from '../domain/live-step.ts'
import type { VmSpec } from '../domain/vm.ts'
import { balloonFloorMiB } from './balloon.ts'
import { balloonStep } from './live-change.ts'

/**
 * False for one of whose memory nothing can be had: all of it is reserved, or is huge pages, which a balloon cannot give back in part, or is pinned for a device
 * of the host. Here, and nowhere else, belongs whatever else keeps a VM's memory where it is.
 */
export function canGiveMemory({ memoryMiB, memoryAllocation, hugePages, pciDevices }: VmSpec): boolean {
  return memoryAllocation.reservationMiB < memoryMiB && hugePages === 'none' && pciDevices.length === 0
}

/** The most that it may come to take of what is given out by the page. Huge pages are put aside for it, and count in no bound of that. */
export function wantedMiB(spec: Pick<VmSpec, 'memoryMiB' | 'memoryTargetMiB' | 'hugePages'>): number {
  return spec.hugePages === 'none' ? ceilingOf(spec) : 0
}

export function asideMiB({ memoryMiB, hugePages }: Pick<VmSpec, 'memoryMiB' | 'hugePages'>): number {
  return hugePages === 'none' ? 0 : memoryMiB
}

export interface MemoryRange {
  readonly floorMiB: number
  /** What its user lets it have. */
  readonly ceilingMiB: number
}

export function ceilingOf({ memoryMiB, memoryTargetMiB }: Pick<VmSpec, 'memoryMiB' | 'memoryTargetMiB'>): number {
  return Math.min(memoryMiB, memoryTargetMiB ?? memoryMiB)
}

export function memoryRange(spec: VmSpec, bootMemoryMiB: number): MemoryRange {
  const { memoryMiB, memoryAllocation } = spec
  const ceilingMiB = ceilingOf(spec)
  const { reservationMiB } = memoryAllocation
  return { ceilingMiB, floorMiB: balloonFloorMiB({ memoryMiB, ceilingMiB, reservationMiB, hotMiB: memoryMiB - bootMemoryMiB }) }
}

export function squeezeStep({ memoryMiB }: Pick<VmSpec, 'memoryMiB'>, targetMiB: number, bootMemoryMiB: number): LiveStep {
  return balloonStep({ memoryMiB, memoryTargetMiB: targetMiB }, bootMemoryMiB)
}
