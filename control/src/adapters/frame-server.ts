// The control socket: takes connections of the gateway and the console, told apart by their uid, and refuses all others. What is asked is the handler's.
import { closeFd } from 'hv:fs'
import { type Connection, listenUnix } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import type { Log } from '../ports/log.ts'
import { FrameConnection, type FrameHandler, type FramePeer, type FrameSettings, type FrameTools } from './frame-connection.ts'

/** Connections of one peer; the gateway needs one, each console one. */
const MAX_CONNECTIONS_PER_PEER = 8
const CLOSE_TIMEOUT_MS = 2_000

export interface FrameServer {
  /** Tells every gateway that is connected, and each that comes. */
  tell(settings: FrameSettings): void
  /** Takes no more connections and closes those there are once what is queued has been sent, at most 2 s later. Resolves when all are closed. */
  close(): Promise<void>
}

export interface FrameServerOptions {
  readonly path: string
  /** Which peer a uid is; any other uid is refused. */
  readonly peers: Readonly<Record<number, FramePeer>>
}

/** Throws the native HostError when the socket cannot be made. */
export function serveFrames({ path, peers }: FrameServerOptions, handler: FrameHandler, log: Log): FrameServer {
  const connections = new Map<Connection, { readonly peer: FramePeer; readonly frames: FrameConnection }>()
  let settings: FrameSettings | null = null
  const tools: FrameTools = {
    encodeUtf8,
    decodeUtf8: (bytes) => decodeUtf8(bytes, { fatal: true }),
    closeDescriptor: closeFd,
    log,
  }

  function take(connection: Connection): void {
    const uid = connection.peer?.uid
    const peer = uid === undefined ? undefined : peers[uid]
    if (peer === undefined || countOf(peer) >= MAX_CONNECTIONS_PER_PEER) {
      log('warning', peer === undefined ? `control socket: uid ${uid} refused` : `control socket: too many connections of ${peer}`)
      connection.close()
      return
    }
    const frames = new FrameConnection(connection, peer, handler, tools)
    connections.set(connection, { peer, frames })
    if (settings !== null && peer === 'network') frames.tell(settings)
    connection.onClose(() => {
      connections.delete(connection)
      frames.ended()
      if (connections.size === 0) allClosed()
    })
    connection.onDrain(() => frames.drained())
    connection.onData((chunk, descriptors) => {
      // No client has a reason to send any; kept open they would use ours up.
      for (const descriptor of descriptors) closeFd(descriptor)
      frames.receive(chunk)
    })
  }

  function countOf(peer: FramePeer): number {
    return [...connections.values()].filter((other) => other.peer === peer).length
  }

  let allClosed = () => {}
  const listener = listenUnix(path, { mode: 0o666 })
  listener.onConnection(take)
  return {
    tell(told) {
      settings = told
      for (const { peer, frames } of connections.values()) if (peer === 'network') frames.tell(told)
    },
    close() {
      listener.close()
      return new Promise((resolve) => {
        allClosed = resolve
        if (connections.size === 0) resolve()
        for (const [connection, { frames }] of connections) {
          frames.finish()
          connection.closeWhenSent(CLOSE_TIMEOUT_MS)
        }
      })
    },
  }
}
