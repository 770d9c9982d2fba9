// A serial console over the API's WebSocket. The connection is a pinned one; the socket library is given no way to make its own.
import { WebSocket } from 'ws'
import { renderAddress } from './address.ts'
import { failureOf, readAnswer } from './answer.ts'
import type { Client } from './client.ts'
import { unreachable } from './unreachable.ts'

function refuseToConnect(): never {
  throw new Error('a connection that is not pinned')
}

/** Open; throws a Failure when the host refuses. */
export function openConsole(client: Client, path: string): Promise<WebSocket> {
  const { address, token } = client.target
  const socket = new WebSocket(`wss://${renderAddress(address)}${path}`, ['corbel.serial'], {
    agent: client.agent,
    createConnection: refuseToConnect,
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    handshakeTimeout: 20_000,
  })
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.on('error', (error) => reject(unreachable(address, error)))
    socket.once('unexpected-response', (_request, response) => {
      readAnswer(response).then(
        (answer) => reject(failureOf(answer)),
        (error: Error) => reject(unreachable(address, error)),
      )
    })
  })
}
