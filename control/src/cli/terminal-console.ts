// Gives a terminal to a serial console, byte for byte, until Ctrl-] is typed or the console ends.
import type { WebSocket } from 'ws'
import type { Io } from './io.ts'

const LEAVE = 0x1d
/** Bytes that may wait to be sent before no more are taken from the input. */
const UNSENT_AT_MOST = 65_536
const LOOK_AGAIN_MS = 20
/** How long a host has to say goodbye. */
const CLOSE_MS = 1000
/** What a guest may have left behind: a hidden cursor, colours, another screen, reports of the mouse and of pasting. */
const RESTORE = '\x1b[?25h\x1b[0m\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l'

/** How it ended: `left` by the user, or `ended` by the host. An input that ends leaves the console open, to be looked at. */
export async function attach(socket: WebSocket, { input, output, interrupted }: Io): Promise<'left' | 'ended'> {
  const raw = input.isTTY === true
  const abort = new AbortController()
  if (raw) input.setRawMode?.(true)
  try {
    return await new Promise<'left' | 'ended'>((resolve, reject) => {
      const { signal } = abort
      interrupted.addEventListener('abort', () => reject(interrupted.reason), { once: true, signal })
      socket.on('message', (data: Buffer) => {
        if (output.write(data)) return
        socket.pause()
        output.once('drain', () => socket.resume())
      })
      socket.once('close', () => resolve('ended'))
      socket.on('error', reject)
      const onData = (data: Buffer) => {
        const leave = raw ? data.indexOf(LEAVE) : -1
        socket.send(leave < 0 ? data : data.subarray(0, leave), { binary: true })
        if (leave >= 0) resolve('left')
        else if (socket.bufferedAmount > UNSENT_AT_MOST) holdBack(socket, input)
      }
      input.on('data', onData)
      signal.addEventListener('abort', () => input.off('data', onData), { once: true })
      input.resume()
    })
  } finally {
    abort.abort()
    input.pause()
    socket.removeAllListeners('message')
    socket.on('error', () => {})
    socket.close()
    setTimeout(() => socket.terminate(), CLOSE_MS).unref()
    if (raw) {
      input.setRawMode?.(false)
      output.write(RESTORE)
    }
  }
}

function holdBack(socket: WebSocket, input: Io['input']): void {
  input.pause()
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount > UNSENT_AT_MOST) return
    clearInterval(timer)
    if (socket.readyState === socket.OPEN) input.resume()
  }, LOOK_AGAIN_MS)
}
