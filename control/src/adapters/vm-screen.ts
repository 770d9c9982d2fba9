// The screen and keyboard of a running VM over QMP: viewers handed to QEMU's VNC server, pictures, keys.
// @source QEMU qapi/misc.json (add_client, getfd), qapi/ui.json (screendump, send-key)
import { closeFd } from 'hv:fs'
import { fromFd, pipe, socketPair } from 'hv:socket'
import { VmHostFailure } from './host-failure.ts'
import { dropFile, type Monitor, passFile, unlessGone } from './monitor.ts'

/** More than a picture of any screen that QEMU shows. */
const MAX_PICTURE_BYTES = 16_777_216
const PICTURE_TIMEOUT_MS = 20_000
const VIEWER = 'viewer'
const PICTURE = 'picture'

/** The viewer's end, the caller's own. QEMU speaks RFB on the other; it asks for no password, as whoever comes here has been let in. */
export async function attachVnc(monitor: Monitor): Promise<number> {
  const [ours, theirs] = socketPair()
  try {
    try {
      await monitor.execute('getfd', { fdname: VIEWER }, { descriptors: [theirs] })
    } finally {
      closeFd(theirs)
    }
    await monitor.execute('add_client', { protocol: 'vnc', fdname: VIEWER, skipauth: true })
    return ours
  } catch (error) {
    closeFd(ours)
    await unlessGone(monitor.execute('closefd', { fdname: VIEWER })).catch(() => {})
    throw error
  }
}

/** Comes through a pipe, so that nothing of it is stored, and no more than is read here. */
export async function takePicture(monitor: Monitor): Promise<Uint8Array> {
  const { readFd, writeFd } = pipe()
  const reading = readAll(readFd)
  try {
    const filename = await passFile(monitor, writeFd, PICTURE, closeFd)
    try {
      await monitor.execute('screendump', { filename, format: 'png' }, { timeoutMs: PICTURE_TIMEOUT_MS })
    } finally {
      await dropFile(monitor, PICTURE)
    }
    return await reading.whole
  } finally {
    reading.stop()
  }
}

interface Reading {
  readonly whole: Promise<Uint8Array>
  stop(): void
}

function readAll(fd: number): Reading {
  const connection = fromFd(fd)
  const chunks: Uint8Array[] = []
  let size = 0
  let open = true
  const whole = new Promise<Uint8Array>((resolve, reject) => {
    connection.onData((chunk) => {
      size += chunk.length
      if (size > MAX_PICTURE_BYTES) {
        connection.close()
        reject(new VmHostFailure('screen.too-large', 'screendump', `the picture has more than ${MAX_PICTURE_BYTES} bytes`))
      } else chunks.push(chunk)
    })
    connection.onClose(() => {
      open = false
      resolve(join(chunks, size))
    })
  })
  // Nobody may be waiting for it any more.
  whole.catch(() => {})
  return {
    whole,
    stop: () => {
      if (open) connection.close()
    },
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

/** Pressed in order and released after `holdMs`, by QEMU itself. */
export async function sendKeys(keys: readonly string[], holdMs: number, monitor: Monitor): Promise<void> {
  await monitor.execute('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })), 'hold-time': holdMs })
}
