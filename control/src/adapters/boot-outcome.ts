// Keeps the outcome of the boot where every program of the host can find it. Root's alone: a seed may hold a first password.
import { mkdir, readText, writeFileAtomic } from 'hv:fs'
import type { BootOutcome } from '../domain/boot-outcome.ts'

const PATH = '/run/corbel/boot.json'

export function writeBootOutcome(outcome: BootOutcome): void {
  mkdir('/run/corbel', { recursive: true })
  writeFileAtomic(PATH, `${JSON.stringify(outcome)}\n`, { mode: 0o600 })
}

/** What a host looks like whose setup said nothing. */
export const FAILED_BOOT: BootOutcome = {
  seed: { state: 'absent', problems: [], document: null },
  install: { mode: 'none', seedSha256: null },
  state: 'volatile',
  stateProblem: 'Setup did not finish.',
  brokenState: null,
  stateNotes: [],
  datastore: { present: false, problem: 'Setup did not finish.' },
  management: { adapter: null, mode: 'dhcp', problem: 'Setup did not finish.' },
  nat: { ready: false, problem: 'Setup did not finish.' },
}

/** Written by setup of the same image, so its form is trusted; a missing or broken file is a setup that did not finish. */
export function readBootOutcome(): BootOutcome {
  try {
    return JSON.parse(readText(PATH)) as BootOutcome
  } catch {
    return FAILED_BOOT
  }
}

/** What setup did to the state, each told once: the next controld of this boot finds none. */
export function takeStateNotes(): BootOutcome['stateNotes'] {
  const outcome = readBootOutcome()
  if (outcome.stateNotes.length > 0) writeBootOutcome({ ...outcome, stateNotes: [] })
  return outcome.stateNotes
}
