// Takes a small file that comes from somewhere else as text.
import { closeFd } from 'hv:fs'
import { fromFd, socketPair } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import type { IncomingFile } from '../ports/incoming-file.ts'
import { VmHostFailure } from './host-failure.ts'

const STEP = 'read'

/** All of it; rejects where it is larger, shorter than was said, or not UTF-8. The file is closed afterwards. */
export async function readIncomingText(file: IncomingFile, maxBytes: number): Promise<string> {
  try {
    if (file.sizeBytes > maxBytes) throw new VmHostFailure('seed.too-large', STEP, `it must have at most ${maxBytes} bytes`)
    const bytes = await receive(file)
    const failure = await file.ended
    if (failure !== null) throw new VmHostFailure(failure.code, STEP, failure.message)
    if (bytes.length !== file.sizeBytes) {
      throw new VmHostFailure('web.closed', STEP, `only ${bytes.length} of ${file.sizeBytes} bytes came`)
    }
    return decodeUtf8(bytes, { fatal: true })
  } finally {
    file.close()
  }
}

function receive(file: IncomingFile): Promise<Uint8Array> {
  const [ours, theirs] = socketPair()
  let connection: ReturnType<typeof fromFd>
  try {
    connection = fromFd(ours)
  } catch (error) {
    closeFd(ours)
    closeFd(theirs)
    throw error
  }
  const bytes = new Uint8Array(file.sizeBytes)
  let length = 0
  return new Promise((resolve) => {
    connection.onData((chunk) => {
      const taken = chunk.subarray(0, bytes.length - length)
      bytes.set(taken, length)
      length += taken.length
    })
    connection.onClose(() => resolve(bytes.subarray(0, length)))
    file.send(theirs)
  })
}
