// Watches over the slot that runs: feeds the hardware watchdog, and restarts the machine when a slot that is being tried is not confirmed in time, and brings
// the control plane of before back when one that took over is not. Needs no control daemon for that; once all is confirmed, it only feeds.

import { readText, writeFileAtomic } from 'hv:fs'
import { confine, exit, signalPid } from 'hv:process'
import { log, monotonicMs, onSignal, setLogName } from 'hv:system'
import { createBootSlots, readGuardNote } from '../adapters/boot-slots.ts'
import { createClock } from '../adapters/clock.ts'
import { currentPrograms, readLiveUpdate, undoLiveUpdate } from '../adapters/control-plane.ts'
import { createServices } from '../adapters/services.ts'
import { openWatchdog } from '../adapters/watchdog.ts'
import { commandLineValue } from '../codec/kernel-command-line.ts'
import { type BootSlotsSeen, CONFIRM_DEADLINE_MS, endTrial, type SlotName, type SlotTrial } from '../domain/boot-slot.ts'
import { LIVE_DEADLINE_MS, type LiveUpdate, planLive } from '../domain/live-update.ts'
import { SERVICE_NAMES } from '../domain/service.ts'
import { confirmDeadlineMs, planGuard } from '../plan/guard.ts'

const DIRECTORY = '/run/corbel'
const TRIAL = '/state/slot-trial.json'
const BEAT_MS = 5_000
/** What BusyBox's init makes of SIGTERM is a restart. */
const INIT_PID = 1
const SIGTERM = 15
/** For the disk to be written and init to end everything; then the watchdog is left alone. */
const GOING_DOWN_MS = 120_000

setLogName('guard')
confine({
  // For the program that looks at the slots, and to end services of whichever user.
  capabilities: ['CAP_SYS_ADMIN', 'CAP_SETPCAP', 'CAP_KILL'],
  noNewPrivileges: true,
  // Whoever is ended for want of memory, it is not who would restart the machine.
  oomScoreAdj: -900,
  rlimits: { core: [0, 0] },
  umask: 0o077,
})

const slots = createBootSlots(
  { engine: '/usr/bin/hv-core', bundle: `${currentPrograms(DIRECTORY)}/slots.qjb`, directory: DIRECTORY, trial: TRIAL },
  createClock(),
)
const deadlineMs = confirmDeadlineMs(commandLineValue(readText('/proc/cmdline'), 'corbel.confirm'), CONFIRM_DEADLINE_MS)
const liveDeadlineMs = Math.min(deadlineMs, LIVE_DEADLINE_MS)
const services = createServices(`${DIRECTORY}/service`, '/proc')
const watchdog = openWatchdog('/dev/watchdog')
let seen: BootSlotsSeen | null = null
let trying: boolean | null = null
let goesDownMs: number | null = null

/** On the state's disk, so that the other slot's system can say what became of this one. */
function keepTrial(reason: string | null): void {
  if (seen === null) return
  writeTrial({ slot: seen.running, version: seen.versions[seen.running] ?? 'unknown', reason })
}

function writeTrial(trial: SlotTrial): void {
  try {
    writeFileAtomic(TRIAL, JSON.stringify(trial), { mode: 0o600 })
  } catch (error) {
    log('warning', `what becomes of the slot cannot be kept: ${String(error)}`)
  }
}

/** Until it is known: another program may have the disk just now. */
async function look(): Promise<void> {
  try {
    seen = await slots.read()
    trying = seen !== null && seen.environment.slots[seen.running].mark === 'trying'
    if (trying && slots.trial() === null) keepTrial(null)
    log(
      'info',
      `${trying ? `this slot is being tried, for ${deadlineMs / 1000} s` : 'nothing is being tried'}; ${watchdog === null ? 'no watchdog' : 'watchdog fed'}`,
    )
  } catch (error) {
    log('warning', `the slots cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    setTimeout(() => void look(), BEAT_MS)
  }
}

/** Where the disk cannot be written any more, the loader counts on, and the other slot comes a start later. */
async function endTrialOf(slot: SlotName | null): Promise<void> {
  try {
    const now = await slots.read()
    if (now !== null) await slots.write(endTrial(now.environment, slot ?? now.running))
  } catch (error) {
    log('warning', `the end of the trial cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function restart(reason: string): Promise<void> {
  log('error', `restarting into the other slot: ${reason}`)
  goesDownMs = monotonicMs()
  keepTrial(reason)
  await endTrialOf(null)
  signalPid(INIT_PID, SIGTERM)
}

/** The control plane of before comes back, and finds that the slot of the other one has failed. VMs run on. */
async function undo(live: LiveUpdate, reason: string): Promise<void> {
  log('error', `the control plane of before comes back: ${reason}`)
  try {
    writeTrial({ slot: live.slot, version: live.version, reason })
    undoLiveUpdate(DIRECTORY, live)
    await endTrialOf(live.slot)
    for (const name of SERVICE_NAMES) if (name !== 'guard') services.end(name)
  } catch (error) {
    log('error', `it cannot come back: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function beat(): void {
  if (goesDownMs === null || monotonicMs() - goesDownMs < GOING_DOWN_MS) watchdog?.feed()
  const reason = planGuard({ trying, note: readGuardNote(DIRECTORY), uptimeMs: monotonicMs(), deadlineMs })
  if (reason !== null && goesDownMs === null) void restart(reason)
  const live = readLiveUpdate(DIRECTORY)
  const unfit = planLive(live, monotonicMs(), liveDeadlineMs)
  if (live !== null && unfit !== null && goesDownMs === null) void undo(live, unfit)
  setTimeout(beat, BEAT_MS)
}

// A last one: what is left of the way down has the watchdog's whole time.
onSignal('SIGTERM', () => {
  watchdog?.feed()
  exit(0)
})
void look()
beat()
