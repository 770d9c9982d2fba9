// A byte channel over a unix socket.
import { connectUnix } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import type { AgentTransport } from './guest-agent.ts'
import type { ByteChannel } from './guest-agent-client.ts'

/** To the socket at `path`; null: there is none. Connecting rejects with the native HostError. */
export function agentTransport(path: string | null): AgentTransport {
  return { connect: path === null ? null : () => connectByteChannel(path), decodeUtf8: utf8OrNull }
}

async function connectByteChannel(path: string): Promise<ByteChannel> {
  const connection = await connectUnix(path)
  return {
    onData: (handler) => connection.onData((chunk) => handler(chunk)),
    onClose: (handler) => connection.onClose(() => handler()),
    write: (bytes) => connection.write(bytes),
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    close: () => connection.close(),
  }
}

function utf8OrNull(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes, { fatal: true })
  } catch {
    return null
  }
}
