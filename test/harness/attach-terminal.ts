// Gives this terminal to a serial port, byte for byte, until Ctrl-] is pressed or the machine ends.
import type { SerialLine } from './serial-line.ts'

const leaveKey = 0x1d
// Has the far side paint everything anew (Ctrl-L), as it cannot know that somebody new looks on.
const redraw = '\x0c'

/** Resolves at the next line typed here, or when the machine ends. */
export async function lineTyped(ended: AbortSignal): Promise<void> {
  const { stdin } = process
  stdin.resume()
  await new Promise<void>((resolve) => {
    stdin.once('data', () => resolve())
    ended.addEventListener('abort', () => resolve(), { once: true })
  })
  stdin.removeAllListeners('data')
  stdin.pause()
}

export async function attachTerminal(line: SerialLine, ended: AbortSignal): Promise<void> {
  const { stdin, stdout } = process
  const stopOutput = line.onData((data) => stdout.write(data))
  stdin.setRawMode(true)
  stdin.resume()
  try {
    line.write(redraw)
    await new Promise<void>((resolve) => {
      ended.addEventListener('abort', () => resolve(), { once: true })
      stdin.on('data', (data: Buffer) => {
        const leave = data.indexOf(leaveKey)
        line.write(leave < 0 ? data : data.subarray(0, leave))
        if (leave >= 0) resolve()
      })
    })
  } finally {
    stopOutput()
    stdin.removeAllListeners('data')
    stdin.setRawMode(false)
    stdin.pause()
    // Cursor shown, attributes off, below whatever was painted.
    stdout.write('\x1b[?25h\x1b[0m\x1b[999;1H\n')
  }
}
