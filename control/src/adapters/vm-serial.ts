// A VM's serial port: its socket handed to the relay, which keeps the bounded log and serves the viewers.
import * as fs from 'hv:fs'
import * as relay from 'hv:relay'
import { connectUnix } from 'hv:socket'
import type { Serial } from './vm-process.ts'

/** Rejects with the native HostError; nothing stays open then. */
export async function openSerial(path: string, logPath: string, maxLogBytes: number): Promise<Serial> {
  fs.mkdir(logPath.slice(0, logPath.lastIndexOf('/')), { recursive: true, mode: 0o700 })
  const connection = await connectUnix(path)
  const sourceFd = connection.detach()
  try {
    const opened = relay.open(sourceFd, { logPath, maxLogBytes })
    return { relay: opened, ended: new Promise((resolve) => opened.onClose(resolve)) }
  } catch (error) {
    fs.closeFd(sourceFd)
    throw error
  }
}
