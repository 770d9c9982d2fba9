// Updates that the host gets itself, from a web server or from a stick: the file is asked for, and its bytes go where those of an upload go.
import type { Task } from '../domain/task.ts'
import type { UpdateOutcome } from '../domain/update-manifest.ts'
import type { UpdateOnMedium, UpdateSource } from '../domain/update-source.ts'
import { parseWebAddress } from '../domain/web-address.ts'
import type { IncomingFile } from '../ports/incoming-file.ts'
import type { AppPorts } from './ports.ts'
import { isHostFailure, Refusal } from './refusal.ts'
import type { SystemUpdate, UpdateRequest } from './system-update.ts'
import type { Tasks } from './tasks.ts'

export type FetchedUpdate = { readonly task: Task } | { readonly outcome: UpdateOutcome }

type Wishes = Omit<UpdateRequest, 'sizeBytes'>

/**
 * Both ways resolve with the task once the file is on its way, or with the outcome of a dry run. They refuse with what {@link SystemUpdate} does before a task begins.
 */
export interface UpdateFetch {
  /** Refuses with `web.…`, as the port tells. */
  fromWeb(source: UpdateSource, wishes: Wishes, by: string): Promise<FetchedUpdate>
  /** On sticks at the machine, as they are now. */
  media(): Promise<readonly UpdateOnMedium[]>
  /** Refuses with `update.no-such-file`. */
  fromMedium(medium: { readonly device: string; readonly file: string }, wishes: Wishes, by: string): Promise<FetchedUpdate>
}

type Ports = Pick<AppPorts, 'webFiles' | 'updateMedia' | 'log'>

interface Parts {
  readonly update: SystemUpdate
  readonly tasks: Pick<Tasks, 'get'>
}

export function createUpdateFetch({ webFiles, updateMedia, log }: Ports, { update, tasks }: Parts): UpdateFetch {
  function take(file: IncomingFile, from: string, wishes: Wishes, by: string): Promise<FetchedUpdate> {
    // What it does to the update is told by that; why is only known here.
    void file.ended.then((failure) => {
      if (failure !== null) log('warning', `the update from ${from}: ${failure.message}`)
    })
    return new Promise((resolve, reject) => {
      const begun = (id: string) => resolve({ task: tasks.get(id) })
      update
        .receive({ ...wishes, sizeBytes: file.sizeBytes }, (descriptor) => file.send(descriptor), by, begun)
        .then((outcome) => resolve({ outcome }), reject)
        .finally(() => file.close())
    })
  }

  return {
    async fromWeb({ url, authority, fingerprint }, wishes, by) {
      const address = parseWebAddress(url)
      if (address === null) throw new Error('an address that was checked is none')
      const file = await webFiles.open(address, { authority, fingerprint }).catch((error: unknown) => {
        throw isHostFailure(error) ? new Refusal('unavailable', error.code, error.message) : error
      })
      return take(file, url, wishes, by)
    },
    media: () => updateMedia.list(),
    async fromMedium({ device, file: name }, wishes, by) {
      const file = await updateMedia.open(device, name).catch((error: unknown) => {
        const isGone = isHostFailure(error) && error.code === 'update.no-such-file'
        throw isGone ? new Refusal('not-found', error.code, error.message) : error
      })
      return take(file, `${name} on ${device}`, wishes, by)
    },
  }
}
