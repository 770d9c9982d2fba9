// The state's part of setup: mounted, mended, or done without; and forgotten before anything reads it, where that was ordered. A partition that cannot be mended is left as it is.
import { unmount } from 'hv:fs'
import { log } from 'hv:system'
import { makeDatastore, makeState } from '../adapters/ext4.ts'
import {
  closeStateDirectory,
  isMounted,
  mountPartition,
  mountVolatileState,
  repairExt4,
  STATE_DIRECTORY,
} from '../adapters/file-systems.ts'
import { readOrder, sizeOf } from '../adapters/state-care.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import type { StoragePlan } from '../plan/setup-disk.ts'

export type StateOutcome = Pick<BootOutcome, 'state' | 'stateProblem' | 'brokenState' | 'stateNotes'>

export interface MountedState extends StateOutcome {
  /** It has an empty ext4 file system now, whatever it had. */
  readonly datastoreIsNew: boolean
}

const CHECK_MS = 8_000
const REPAIR_MS = 8_000

const RESET = 'host.factory-reset'

type Note = BootOutcome['stateNotes'][number]

export async function mountState({ state, data, brokenState, stateProblem }: Omit<StoragePlan, 'prepare'>): Promise<MountedState> {
  const device = (state ?? brokenState)?.device ?? null
  if (device === null) return withoutState(stateProblem, null)
  let notes: readonly Note[] = []
  try {
    notes = await mountOrMend(device, state !== null)
  } catch (error) {
    const beyond = `${device} is damaged and could not be mended (${wordsOf(error)}). It is left as it is; what is set now is forgotten at the next start, until the state is made anew.`
    return withoutState(beyond, device)
  }
  const scope = readOrder()
  const erased = scope === 'everything' ? (data?.device ?? null) : null
  if (scope !== null) notes = [await forget(device, erased)]
  if (!isMounted(STATE_DIRECTORY)) return withoutState(notes[0]?.message ?? null, device)
  closeStateDirectory()
  const about = { stateProblem: state === null ? null : stateProblem, brokenState: null, stateNotes: notes }
  return { state: 'persistent', ...about, datastoreIsNew: erased !== null && notes[0]?.code === RESET }
}

function withoutState(stateProblem: string | null, brokenState: string | null): MountedState {
  mountVolatileState()
  closeStateDirectory()
  return { state: 'volatile', stateProblem, brokenState, stateNotes: [], datastoreIsNew: false }
}

async function mountOrMend(device: string, isRecognised: boolean): Promise<readonly Note[]> {
  if (isRecognised) {
    try {
      await mountPartition(device, 'ext4', STATE_DIRECTORY, CHECK_MS)
      return []
    } catch (error) {
      log('warning', `${device}: ${wordsOf(error)}`)
    }
  }
  await repairExt4(device, REPAIR_MS)
  await mountPartition(device, 'ext4', STATE_DIRECTORY, CHECK_MS)
  return [
    {
      code: 'host.state-mended',
      message: `The file system of the state (${device}) was damaged and has been mended; something of it may be lost.`,
    },
  ]
}

/** The datastore first: while the order is there, a cut off start does it again. What fails is told, and tried again at the next start. */
async function forget(state: string, data: string | null): Promise<Note> {
  try {
    if (data !== null) await makeDatastore(data, sizeOf(data))
    unmount(STATE_DIRECTORY)
    await makeState(state, sizeOf(state))
    await mountPartition(state, 'ext4', STATE_DIRECTORY, CHECK_MS)
    const what =
      data === null ? 'State and configuration were forgotten; datastores were kept' : 'State, configuration and datastore were forgotten'
    return { code: RESET, message: `${what}, as it had been asked for.` }
  } catch (error) {
    return { code: 'host.factory-reset-failed', message: `What was to be forgotten could not be: ${wordsOf(error)}.` }
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
