// Sockets that can be taken back, with a service at their one end and a client at the other.
import { readDir } from 'hv:fs'
import { fromFd, socketPair } from 'hv:socket'
import { describe, expect, it } from 'vitest'
import { createSockets } from '../../control/src/adapters/sockets.ts'
import { socketsContract } from '../contract/sockets.contract.ts'

const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 50))

function make() {
  const [near, far] = socketPair()
  const held = createSockets().hold(near)
  const [service, client] = [fromFd(far), fromFd(held.descriptor)]
  let closed = 0
  for (const end of [service, client]) {
    end.onData(() => {})
    end.onClose(() => void closed++)
  }
  return { held, settle, service, clientCloses: () => client.close(), isClosed: () => Promise.resolve(closed === 2) }
}

socketsContract(make)

describe('the kernel’s sockets', () => {
  it('are closed for the client when the service closes, and none is left open', async () => {
    const count = () => readDir('/proc/self/fd').length
    const before = count()
    const { held, service, isClosed } = make()
    let told = 0
    held.onClose(() => void told++)
    service.close()
    await settle()
    expect([told, await isClosed()]).toEqual([1, true])
    expect(count()).toBe(before)
  })
})
