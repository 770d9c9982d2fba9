// Setup's part in installations: whether this boot is one, and what the first boot of an installed system is told by whoever installed it.

import { sha256 } from 'hv:crypto'
import { readText, statOrNull, unlink } from 'hv:fs'
import { log } from 'hv:system'
import { toHex } from 'hv:text'
import { listDisks } from '../adapters/block-disks.ts'
import { hasMark } from '../adapters/disk-content.ts'
import { readInstallReceipt } from '../adapters/install-disks.ts'
import { SqliteStore } from '../adapters/sqlite-store.ts'
import type { BlockSignature } from '../codec/blkid.ts'
import { commandLineValue } from '../codec/kernel-command-line.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import { hasLayout } from '../domain/disk-layout.ts'
import { SEED_MAX_BYTES, type Seed, seedIdentity } from '../domain/seed.ts'
import { type FoundReceipt, planInstallMode } from '../plan/install-mode.ts'
import { type SeedOutcome, seedOf } from './setup-seed.ts'
import { wordsOf } from './setup-state.ts'

/** Put there by the installation. */
const FIRST_BOOT = '/state/first-boot.json'
const DATABASE = '/state/corbel.db'

/** The system runs from a slot of an installed disk. */
export function isInstalled(): boolean {
  return commandLineValue(readText('/proc/cmdline'), 'corbel.slot') !== null
}

export async function findInstallMode(signatures: readonly BlockSignature[], seed: Seed | null): Promise<BootOutcome['install']> {
  const seedSha256 = seed?.install === undefined ? null : toHex(sha256(seedIdentity(seed)))
  const mode = planInstallMode({
    installed: isInstalled(),
    word: commandLineValue(readText('/proc/cmdline'), 'corbel.install'),
    seedSha256,
    receipts: seedSha256 === null ? [] : await receiptsOf(signatures),
  })
  return { mode, seedSha256 }
}

async function receiptsOf(signatures: readonly BlockSignature[]): Promise<readonly FoundReceipt[]> {
  const found: FoundReceipt[] = []
  for (const { device, partitions } of listDisks(signatures)) {
    if (!hasLayout(partitions.map(({ name }) => name))) continue
    try {
      const receipt = await readInstallReceipt(device)
      if (receipt !== null) found.push({ seedSha256: receipt.seedSha256, unfinished: await hasMark(device) })
    } catch (error) {
      log('warning', `${device}: its receipt could not be read: ${wordsOf(error)}`)
    }
  }
  return found
}

/** Null when there is nothing, or when it has been taken over: then it goes, as it holds a secret. */
export function readFirstBootSeed(): SeedOutcome | null {
  if (statOrNull(FIRST_BOOT) === null) return null
  const users = countUsers()
  if (users === 0) return seedOf(readText(FIRST_BOOT, SEED_MAX_BYTES))
  if (users !== null) unlink(FIRST_BOOT)
  return null
}

/** Null where the store cannot be read, which controld deals with. */
function countUsers(): number | null {
  if (statOrNull(DATABASE) === null) return 0
  try {
    const store = SqliteStore.open(DATABASE)
    try {
      return store.countUsers()
    } finally {
      store.close()
    }
  } catch {
    return null
  }
}
