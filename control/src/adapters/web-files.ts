// Gets files from web servers by a process of its own, which hands their bytes to a descriptor: nothing that comes from the network is read here but where to go on.
import { closeFd } from 'hv:fs'
import type { Process } from 'hv:process'
import { type Connection, fromFd, socketPair } from 'hv:socket'
import { parseWebgetLine, WEBGET_LINE_BYTES, type WebgetLine } from '../codec/webget-line.ts'
import type { TlsTrust } from '../domain/tls-trust.ts'
import { redirected, type WebAddress } from '../domain/web-address.ts'
import type { IncomingFile } from '../ports/incoming-file.ts'
import type { WebFiles } from '../ports/web-files.ts'
import { type Dialler, RESOLVER, startDialler } from './dialler.ts'
import { endProcess } from './end-process.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'

const MAX_REDIRECTIONS = 5
const STEP = 'get'

/** As the image has it; its user is `fetch` in /etc/passwd. */
export const WEBGET: Dialler = { program: '/usr/bin/webget', uid: 108, directory: '/run/corbel/fetch', resolver: RESOLVER }

export function createWebFiles(dialler: Dialler): WebFiles {
  /** The file, or where it is said to be. */
  async function ask(address: WebAddress, trust: TlsTrust): Promise<IncomingFile | string> {
    const [ours, theirs] = socketPair()
    let running: Process
    try {
      const words = ['--host', address.host, '--port', String(address.port), '--authority', address.authority, '--path', address.path]
      running = startDialler(dialler, [...words, ...(address.tls ? ['--tls'] : [])], address.tls ? trust : NOBODY, theirs)
    } catch (error) {
      closeFd(ours)
      throw toHostFailure(error, STEP)
    } finally {
      closeFd(theirs)
    }
    return new Promise((resolve, reject) => hear(running, fromFd(ours), resolve, reject))
  }

  return {
    async open(first, trust) {
      let address = first
      for (let count = 0; count <= MAX_REDIRECTIONS; count++) {
        const found = await ask(address, trust)
        if (typeof found !== 'string') return found
        const next = redirected(address, found)
        if (next === null)
          throw new VmHostFailure('web.redirect', STEP, `The server says to go on to ${found}, where the host does not go.`)
        address = next
      }
      throw new VmHostFailure('web.redirect', STEP, `The server says to go on elsewhere more than ${MAX_REDIRECTIONS} times.`)
    },
  }
}

type Ending = Awaited<IncomingFile['ended']>

const NOBODY: TlsTrust = { authority: null, fingerprint: null }

function hear(
  running: Process,
  connection: Connection,
  resolve: (found: IncomingFile | string) => void,
  reject: (error: Error) => void,
): void {
  let last: WebgetLine = { kind: 'other' }
  let isOpen = true
  let end: (ending: Ending) => void = () => {}
  const ended = new Promise<Ending>((settle) => {
    end = settle
  })
  const close = () => {
    isOpen = false
    connection.close()
    endProcess(running)
  }

  connection.onLine((text) => {
    last = parseWebgetLine(text)
    if (last.kind === 'redirect') resolve(last.location)
    if (last.kind !== 'length') return
    resolve({
      sizeBytes: last.bytes,
      send(descriptor) {
        if (isOpen) connection.write('>', [descriptor])
        closeFd(descriptor)
      },
      ended,
      close,
    })
  }, WEBGET_LINE_BYTES)
  connection.onClose(() => {
    isOpen = false
    endProcess(running)
    // Whoever has taken enough ends it without a word.
    const failure = last.kind === 'failed' ? { code: `web.${last.code}`, message: `${last.message}.` } : null
    end(failure)
    // Without effect where it was resolved already.
    const { code, message } = failure ?? { code: 'web.closed', message: 'It ended without a word.' }
    reject(new VmHostFailure(code, STEP, message))
  })
}
