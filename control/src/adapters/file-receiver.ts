// Receives one file from outside: the bytes go from a socket to the disk in a process of its own, which knows nothing else; what has come is judged here.
import { closeFd, lstat } from 'hv:fs'
import { socketPair } from 'hv:socket'
import { QCOW2_HEADER_BYTES } from '../codec/qcow2-header.ts'
import { parseReceipt } from '../codec/receipt.ts'
import type { ImageFormat } from '../domain/disk-image.ts'
import type { Following, Received, ReceivedImage } from '../ports/disk-images.ts'
import { VmHostFailure } from './host-failure.ts'
import { readImageHeader } from './image-header.ts'
import type { ImageTool } from './image-tool.ts'

/** What receives: hv-core and its bundle. */
export interface Receiver {
  readonly engine: string
  readonly bundle: string
}

/** Of one step of it; hashing is all that it does. */
const TURN_MS = 10_000

export async function receiveFile(
  tool: ImageTool,
  { engine, bundle }: Receiver,
  unfinished: string,
  { path, sizeBytes, sha256, format }: ReceivedImage,
  offer: (descriptor: number) => void,
  { progress, cancellation }: Following,
): Promise<Received> {
  const [ours, theirs] = socketPair()
  let refused: VmHostFailure | null = null
  let judged = false

  /** As soon as there is enough of it: nobody should send for an hour what is refused by its first page. */
  const look = (end: () => void) => {
    const { size } = lstat(unfinished)
    progress(Math.min(99, (100 * size) / sizeBytes))
    if (!judged && size >= QCOW2_HEADER_BYTES) {
      judged = true
      refused = judge(unfinished, format).refused
      if (refused !== null) end()
    }
    return size
  }

  const files = [{ name: 'new', path: unfinished, readOnly: false }]
  const program = { path: engine, args: ['--turn-ms', String(TURN_MS), bundle, '/image/new', String(sizeBytes)], reads: [bundle] }
  const running = tool.run({ program, files, stdin: ours, cancellation, look })
  closeFd(ours)
  offer(theirs)
  let printed: string
  try {
    printed = await running
  } catch (error) {
    throw refused ?? error
  }
  const receipt = parseReceipt(printed)
  if (receipt === null)
    throw new VmHostFailure('image.failed', 'receive', 'What received the file gave no answer that can be understood.', path)
  if (receipt.bytes < sizeBytes) {
    throw new VmHostFailure('upload.truncated', 'receive', `Of ${sizeBytes} bytes ${receipt.bytes} have come.`, path)
  }
  if (sha256 !== null && sha256 !== receipt.sha256) {
    throw new VmHostFailure('upload.digest', 'receive', `The SHA-256 of what has come is ${receipt.sha256}, not ${sha256}.`, path)
  }
  const verdict = judge(unfinished, format)
  if (verdict.refused !== null) throw verdict.refused
  return { sha256: receipt.sha256, format: verdict.format }
}

/** What begins as a qcow2 image is held to be one even if it is said to be raw: a name in its header would be followed by whoever takes it for one later. */
function judge(path: string, said: ImageFormat | null): { readonly refused: VmHostFailure | null; readonly format: ImageFormat } {
  const found = readImageHeader(path, 'receive')
  if (!('refused' in found)) return { refused: null, format: said ?? 'qcow2' }
  if (!found.beginsAsQcow2 && said !== 'qcow2') return { refused: null, format: 'raw' }
  return { refused: found.refused, format: 'qcow2' }
}
