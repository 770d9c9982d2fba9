// Finds what a command's argument names: VMs by name or id, files by `DATASTORE/FILE`.
import type { Vm } from '../domain/vm-status.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, failure, usage } from './failure.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The VM of this name; of this id, where no VM has the name. */
export async function findVm(client: Client, nameOrId: string): Promise<Vm> {
  if (UUID.test(nameOrId)) {
    try {
      return await client.call<Vm>('GET', `/v1/vms/${nameOrId.toLowerCase()}`)
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notFound) throw error
    }
  }
  const { items } = await client.call<{ items: readonly Vm[] }>('GET', '/v1/vms')
  const found = items.find(({ spec }) => spec.name === nameOrId)
  if (found === undefined) throw failure(EXIT.notFound, 'vm.not-found', `There is no VM ${nameOrId}.`)
  return found
}

export interface FileName {
  readonly datastore: string
  readonly file: string
}

export function parseFile(text: string): FileName {
  const [datastore = '', file = '', ...rest] = text.split('/')
  if (datastore === '' || file === '' || rest.length > 0)
    throw usage({ code: 'usage.invalid-value', field: text, message: 'must be DATASTORE/FILE, such as local/web1.qcow2' })
  return { datastore, file }
}

/** A segment of a path: what is typed names one thing and nothing else. Characters that names have are sent as they are. */
export function segment(text: string): string {
  // Dots alone would be taken for a way up.
  if (/^\.+$/.test(text)) return text.replaceAll('.', '%2E')
  return encodeURIComponent(text).replace(/%(2B|40)/g, (escaped) => decodeURIComponent(escaped))
}
