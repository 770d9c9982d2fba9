// Setup's first part: finds the seed medium and makes a seed or a list of problems of it.
import { readDir } from 'hv:fs'
import { scanSignatures } from '../adapters/block-disks.ts'
import { findSeedMedium, readSeed } from '../adapters/seed-medium.ts'
import type { BlockSignature } from '../codec/blkid.ts'
import { parseSeedText } from '../codec/seed-text.ts'
import { STATE_PARTITION } from '../domain/block-disk.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import { validateSeed } from '../domain/seed.ts'
import type { Clock } from '../ports/clock.ts'

const USB_DEVICES = '/sys/bus/usb/devices'
/** USB media appear a while after their host controllers. */
const USB_SETTLE_MS = 3_000
const RESCAN_MS = 250

export type SeedOutcome = BootOutcome['seed']

/**
 * Signatures of every block device, scanned again for a while when there is neither seed nor state and a USB device might still turn into a disk.
 * A host that runs from its disk and has its state is not kept waiting; from a medium, a seed on a stick may ask for a new installation whatever the disks have.
 */
export async function scanForSeed(clock: Clock, installed: boolean): Promise<readonly BlockSignature[]> {
  const deadline = clock.monotonicMs() + USB_SETTLE_MS
  for (;;) {
    const signatures = await scanSignatures()
    const hasState = signatures.some(({ partitionLabel }) => partitionLabel === STATE_PARTITION)
    const isFound = findSeedMedium(signatures) !== null || (installed && hasState)
    if (isFound || !hasUsbDevices() || clock.monotonicMs() >= deadline) return signatures
    await new Promise<void>((resolve) => clock.after(RESCAN_MS, resolve))
  }
}

/** Root hubs are named `usbN` and their interfaces `N-0:1.0`; anything else is plugged in. */
function hasUsbDevices(): boolean {
  try {
    return readDir(USB_DEVICES).some((name) => !/^usb\d|-0:/.test(name))
  } catch {
    return false
  }
}

export async function loadSeed(signatures: readonly BlockSignature[]): Promise<SeedOutcome> {
  const read = await readSeed(signatures)
  if (read === null) return { state: 'absent', problems: [], document: null }
  if (!read.ok) return { state: 'refused', problems: [read.problem], document: null }
  return seedOf(read.text)
}

export function seedOf(text: string): SeedOutcome {
  const parsed = parseSeedText(text)
  const checked = parsed.ok ? validateSeed(parsed.value) : parsed
  if (!checked.ok) return { state: 'refused', problems: checked.problems, document: null }
  return { state: 'applied', problems: [], document: checked.value }
}
