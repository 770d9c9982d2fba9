// A QMP line channel over a unix socket.
import * as socket from 'hv:socket'
import { type LineChannel, MAX_QMP_LINE_BYTES } from './qmp-client.ts'

/** Rejects with the native HostError (`ENOENT`, `ECONNREFUSED`). */
export async function connectLineChannel(path: string): Promise<LineChannel> {
  const connection = await socket.connectUnix(path)
  return {
    onLine: (handler) => connection.onLine(handler, MAX_QMP_LINE_BYTES),
    onClose: (handler) => connection.onClose((error) => handler(error?.code === 'EMSGSIZE' || error?.code === 'EILSEQ')),
    write: (text, descriptors = []) => connection.write(text, [...descriptors]),
    close: () => connection.close(),
  }
}
