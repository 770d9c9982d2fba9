// Web servers in memory: one file at each address, and where its bytes were sent.
import type { TlsTrust } from '../../control/src/domain/tls-trust.ts'
import { formatWebAddress, type WebAddress } from '../../control/src/domain/web-address.ts'
import type { IncomingFile } from '../../control/src/ports/incoming-file.ts'
import type { WebFiles } from '../../control/src/ports/web-files.ts'
import { FakeFailure } from './failure.ts'

type Ending = Awaited<IncomingFile['ended']>

export class FakeWebFiles implements WebFiles {
  /** Sizes in bytes. */
  readonly files: Record<string, number> = {}
  readonly trusted: TlsTrust[] = []
  /** Descriptors that got a file's bytes, and `closed` for each file that was closed. */
  readonly done: string[] = []
  failure: FakeFailure | null = null
  #end: (ending: Ending) => void = () => {}

  open(address: WebAddress, trust: TlsTrust): Promise<IncomingFile> {
    this.trusted.push(trust)
    const sizeBytes = this.files[formatWebAddress(address)]
    if (this.failure !== null) return Promise.reject(this.failure)
    if (sizeBytes === undefined) return Promise.reject(new FakeFailure('web.status'))
    const ended = new Promise<Ending>((resolve) => {
      this.#end = resolve
    })
    return Promise.resolve({
      sizeBytes,
      ended,
      send: (descriptor) => void this.done.push(`sent to ${descriptor}`),
      close: () => {
        this.done.push('closed')
        this.#end(null)
      },
    })
  }

  /** The connection is lost. */
  lose(): void {
    this.#end({ code: 'web.closed', message: 'the connection is lost: it ended.' })
  }
}
