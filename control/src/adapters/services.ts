// The programs of the control plane as init's recipe notes them, and ending one by a descriptor of its process, so that it is never another.
import { readText, statOrNull } from 'hv:fs'
import { adopt } from 'hv:process'
import { parseServiceNote } from '../codec/service-note.ts'
import type { ServiceName } from '../domain/service.ts'
import type { ServiceStatus, Services } from '../ports/services.ts'

/** Linux on this processor counts a process's start in hundredths of a second. */
const TICKS_PER_SECOND = 100
/** From init's fork to the note, which may have waited for a second. */
const MAX_NOTE_DELAY_SECONDS = 5
const SIGTERM = 15

export function createServices(directory: string, proc: string): Services {
  const noteOf = (name: ServiceName) => {
    const path = `${directory}/${name}`
    return statOrNull(path) === null ? null : parseServiceNote(readText(path))
  }
  /** In ticks; null when the process has gone, or its number is another's by now. */
  const startTimeOf = (note: { readonly pid: number; readonly atSeconds: number }): number | null => {
    const path = `${proc}/${note.pid}/stat`
    if (statOrNull(path) === null) return null
    const fields = readText(path).split(') ').at(-1)?.split(' ') ?? []
    // Fields 4 and 22, counted from the state, which is field 3. @source proc(5)
    const [parent, startTime] = [Number(fields[1]), Number(fields[19])]
    const delay = note.atSeconds - startTime / TICKS_PER_SECOND
    return parent === 1 && delay > -1 && delay < MAX_NOTE_DELAY_SECONDS ? startTime : null
  }
  return {
    observe(name): ServiceStatus {
      const note = noteOf(name)
      if (note === null) return { pid: null, startedAtSeconds: null, restarts: 0 }
      return { pid: startTimeOf(note) === null ? null : note.pid, startedAtSeconds: note.atSeconds, restarts: note.restarts }
    },
    end(name) {
      const note = noteOf(name)
      const startTime = note === null ? null : startTimeOf(note)
      if (note === null || startTime === null) return
      const process = adopt(note.pid, startTime)
      process?.kill(SIGTERM)
      process?.release()
    },
  }
}
