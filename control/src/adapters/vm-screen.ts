// The screen and keyboard of a running VM over QMP: viewers handed to QEMU's VNC server, pictures, keys.
// @source QEMU qapi/misc.json (add_client, getfd), qapi/ui.json (screendump, send-key)
import { closeFd, openFd, readFile } from 'hv:fs'
import { socketPair } from 'hv:socket'
import { memoryFile } from 'hv:system'
import { dropFile, type Monitor, passFile, unlessGone } from './monitor.ts'

/** More than a picture of any screen that QEMU shows. */
const MAX_PICTURE_BYTES = 16_777_216
const PICTURE_TIMEOUT_MS = 20_000
/** Two that ask at once must not take each other's descriptors. */
let asked = 0

/** The viewer's end, the caller's own. QEMU speaks RFB on the other; it asks for no password, as whoever comes here has been let in. */
export async function attachVnc(monitor: Monitor): Promise<number> {
  const fdname = `viewer${asked++}`
  const [ours, theirs] = socketPair()
  try {
    try {
      await monitor.execute('getfd', { fdname }, { descriptors: [theirs] })
    } finally {
      closeFd(theirs)
    }
    await monitor.execute('add_client', { protocol: 'vnc', fdname, skipauth: true })
    return ours
  } catch (error) {
    closeFd(ours)
    await unlessGone(monitor.execute('closefd', { fdname })).catch(() => {})
    throw error
  }
}

/** QEMU writes into memory that is nobody else's; it does not write pictures into pipes. */
export async function takePicture(monitor: Monitor): Promise<Uint8Array> {
  const name = `picture${asked++}`
  const picture = memoryFile()
  const path = `/proc/self/fd/${picture}`
  try {
    const filename = await passFile(monitor, openFd(path, 'w'), name, closeFd)
    try {
      await monitor.execute('screendump', { filename, format: 'png' }, { timeoutMs: PICTURE_TIMEOUT_MS })
    } finally {
      await dropFile(monitor, name)
    }
    return readFile(path, MAX_PICTURE_BYTES)
  } finally {
    closeFd(picture)
  }
}

/** Pressed in order and released after `holdMs`, by QEMU itself. */
export async function sendKeys(keys: readonly string[], holdMs: number, monitor: Monitor): Promise<void> {
  await monitor.execute('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })), 'hold-time': holdMs })
}
