// Updates that the host gets itself, from a web server: the file is asked for, and its bytes go where those of an upload go.
import type { Task } from '../domain/task.ts'
import type { UpdateOutcome } from '../domain/update-manifest.ts'
import type { UpdateSource } from '../domain/update-source.ts'
import { parseWebAddress } from '../domain/web-address.ts'
import type { WebFile } from '../ports/web-files.ts'
import type { AppPorts } from './ports.ts'
import { isHostFailure, Refusal } from './refusal.ts'
import type { SystemUpdate, UpdateRequest } from './system-update.ts'
import type { Tasks } from './tasks.ts'

export type FetchedUpdate = { readonly task: Task } | { readonly outcome: UpdateOutcome }

export interface UpdateFetch {
  /**
   * Resolves with the task once the server has answered and the update is on its way, or with the outcome of a dry run. Refuses with what {@link SystemUpdate} does
   * before a task begins, and with `web.…` as the port tells.
   */
  fetch(source: UpdateSource, wishes: Omit<UpdateRequest, 'sizeBytes'>, by: string): Promise<FetchedUpdate>
}

interface Parts {
  readonly update: SystemUpdate
  readonly tasks: Pick<Tasks, 'get'>
}

export function createUpdateFetch({ webFiles, log }: Pick<AppPorts, 'webFiles' | 'log'>, { update, tasks }: Parts): UpdateFetch {
  async function open({ url, authority, fingerprint }: UpdateSource): Promise<WebFile> {
    const address = parseWebAddress(url)
    if (address === null) throw new Error('an address that was checked is none')
    try {
      return await webFiles.open(address, { authority, fingerprint })
    } catch (error) {
      throw isHostFailure(error) ? new Refusal('unavailable', error.code, error.message) : error
    }
  }

  return {
    async fetch(source, wishes, by) {
      const file = await open(source)
      // What it does to the update is told by that; why is only known here.
      void file.ended.then((failure) => {
        if (failure !== null) log('warning', `the update from ${source.url}: ${failure.message}`)
      })
      return new Promise((resolve, reject) => {
        const begun = (id: string) => resolve({ task: tasks.get(id) })
        update
          .receive({ ...wishes, sizeBytes: file.sizeBytes }, (descriptor) => file.send(descriptor), by, begun)
          .then((outcome) => resolve({ outcome }), reject)
          .finally(() => file.close())
      })
    },
  }
}
