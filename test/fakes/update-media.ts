// Sticks in memory, with updates on them, and where their bytes were sent.
import type { UpdateOnMedium } from '../../control/src/domain/update-source.ts'
import type { IncomingFile } from '../../control/src/ports/incoming-file.ts'
import type { UpdateMedia } from '../../control/src/ports/update-media.ts'
import { FakeFailure } from './failure.ts'

export const UPDATE_ON_STICK: UpdateOnMedium = {
  ...{ device: 'sdb1', label: 'STICK', model: 'Vendor Stick', file: 'corbel-0.2.0.update', sizeBytes: 4096 + 1000, version: '0.2.0' },
}

export class FakeUpdateMedia implements UpdateMedia {
  updates: readonly UpdateOnMedium[] = []
  readonly done: string[] = []

  list(): Promise<readonly UpdateOnMedium[]> {
    return Promise.resolve(this.updates)
  }

  open(device: string, file: string): Promise<IncomingFile> {
    const found = this.updates.find((update) => update.device === device && update.file === file)
    if (found === undefined) return Promise.reject(new FakeFailure('update.no-such-file'))
    let end: (ending: null) => void = () => {}
    return Promise.resolve({
      sizeBytes: found.sizeBytes,
      ended: new Promise<null>((resolve) => {
        end = resolve
      }),
      send: (descriptor) => void this.done.push(`sent to ${descriptor}`),
      close: () => {
        this.done.push('closed')
        end(null)
      },
    })
  }
}
