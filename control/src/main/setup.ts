// Runs once a boot, as root, after the boot jobs: seed, state and datastore, network. Ends with /run/corbel/boot.json whatever happened.
import { exit } from 'hv:process'
import { log } from 'hv:system'
import { FAILED_BOOT, writeBootOutcome } from '../adapters/boot-outcome.ts'
import { createClock } from '../adapters/clock.ts'
import { isMounted, mountVolatileState, STATE_DIRECTORY } from '../adapters/file-systems.ts'
import { assembleMirrors } from '../adapters/mirrors.ts'
import { listAdapters } from '../adapters/network-adapters.ts'
import { raiseAdapters } from '../adapters/network-tools.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import { planMirrors } from '../plan/mirrors.ts'
import { FETCH_DEADLINE_MS, fetchSeed, seedUrl } from './setup-fetch.ts'
import { findInstallMode, isInstalled, readFirstBootSeed } from './setup-install.ts'
import { setUpNetwork } from './setup-network.ts'
import { loadSeed, scanForSeed } from './setup-seed.ts'
import { wordsOf } from './setup-state.ts'
import { setUpNoStorage, setUpStorage } from './setup-storage.ts'

/** Before the boot job's own deadline of 30 s, or of 120 s where a seed is fetched, after which nothing could be said any more. */
const DEADLINE_MS = 27_000

const clock = createClock()
/** An installed system has been told what it needs. */
const url = isInstalled() ? null : seedUrl()
let outcome: BootOutcome = FAILED_BOOT

/** Each part adds what it found, so that a part that fails takes nothing away from the others. */
async function part(name: string, act: () => Promise<Partial<BootOutcome>>): Promise<void> {
  const started = clock.monotonicMs()
  try {
    const found = await act()
    outcome = { ...outcome, ...found }
    log('info', `${name}: ${Math.round(clock.monotonicMs() - started)} ms`)
  } catch (error) {
    log('error', `${name}: ${wordsOf(error)}`)
  }
}

function finish(code: number): never {
  // Everything else writes below /state, so there must be one.
  if (!isMounted(STATE_DIRECTORY)) mountVolatileState()
  writeBootOutcome(outcome)
  for (const problem of problemsOf(outcome)) log('warning', problem)
  exit(code)
}

function problemsOf({ seed, stateProblem, datastore, management, nat }: BootOutcome): readonly string[] {
  const fields = seed.problems.map(({ field, message }) => `seed: ${field === '' ? '' : `${field}: `}${message}`)
  return [...fields, ...[stateProblem, datastore.problem, management.problem, nat.problem].filter((problem) => problem !== null)]
}

function divergedNotes(partitions: readonly string[]): BootOutcome['stateNotes'] {
  if (partitions.length === 0) return []
  const message = `Each disk of a mirror was written to without the other. ${partitions.join(', ')} is left as it is and not used.`
  return [{ code: 'mirror.diverged', message }]
}

async function setUp(): Promise<void> {
  // Links take a while to come up; disks are looked after meanwhile.
  await part('adapters', async () => {
    await raiseAdapters(listAdapters().map(({ name }) => name))
    return {}
  })
  await part('storage', async () => {
    const signatures = await scanForSeed(clock, isInstalled())
    const found = await loadSeed(signatures)
    const seed = found.state === 'absent' && url !== null ? await fetchSeed(clock, url) : found
    const install = await findInstallMode(signatures, seed.document)
    outcome = { ...outcome, seed, install }
    // What is written anew must not be in use.
    if (install.mode === 'ask' || install.mode === 'seed') return setUpNoStorage()
    const assembled = await assembleMirrors(clock, signatures, planMirrors)
    const storage = await setUpStorage(clock, assembled.signatures, seed.document?.datastore ?? null)
    return { ...storage, stateNotes: [...divergedNotes(assembled.diverged), ...storage.stateNotes] }
  })
  await part('first boot', async () => {
    const seed = outcome.seed.state === 'absent' && outcome.state === 'persistent' ? readFirstBootSeed() : null
    return seed === null ? {} : { seed }
  })
  await part('network', () => setUpNetwork(clock, outcome.seed.document))
}

clock.after(DEADLINE_MS + (url === null ? 0 : FETCH_DEADLINE_MS), () => finish(1))
setUp().then(
  () => finish(0),
  (error) => {
    log('error', wordsOf(error))
    finish(1)
  },
)
