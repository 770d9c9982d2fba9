// hv:hold.
import { closeFd } from 'hv:fs'
import { type Hold, hold } from 'hv:hold'
import { run, spawn } from 'hv:process'
import { type Connection, fromFd, socketPair } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, until } from './support.ts'

interface End {
  readonly connection: Connection
  readonly text: () => string
  readonly closed: () => boolean
}

function end(fd: number): End {
  const connection = fromFd(fd)
  let text = ''
  let closed = false
  connection.onData((chunk) => {
    text += decodeUtf8(chunk)
  })
  connection.onClose(() => {
    closed = true
  })
  return { connection, text: () => text, closed: () => closed }
}

/** Something that is held, and its client. */
function setup(): { service: End; held: Hold; client: End; told: () => number } {
  const [near, far] = socketPair()
  const held = hold(near)
  let told = 0
  held.onClose(() => {
    told++
  })
  return { service: end(far), held, client: end(held.givenFd), told: () => told }
}

async function openDescriptors(): Promise<number> {
  const { stdout } = await run({ argv: ['/bin/sh', '-c', 'ls /proc/$PPID/fd | wc -l'], env: { PATH: '/usr/bin' } })
  return Number(decodeUtf8(stdout))
}

describe('a held socket', () => {
  it('carries bytes both ways', async () => {
    const { service, held, client } = setup()
    client.connection.write('ping')
    await until(() => service.text() === 'ping')
    service.connection.write('pong')
    await until(() => client.text() === 'pong')
    held.close()
    await until(() => client.closed() && service.closed())
  })

  it('is closed under whoever has it, and a copy of it, when the hold is', async () => {
    const [near, far] = socketPair()
    const held = hold(near)
    const service = end(far)
    let told = 0
    held.onClose(() => told++)
    const copy = spawn({ argv: ['/usr/bin/sleep', '60'], fds: { 3: held.givenFd } })
    const client = end(held.givenFd)
    held.close()
    held.close()
    await until(() => client.closed() && service.closed())
    expect(told).toBe(0)
    copy.kill(9)
    await copy.exited
  })

  it.each(['client', 'service'] as const)(
    'ends on both sides when the %s closes, with its last words taken, and tells once',
    async (who) => {
      const { service, client, told } = setup()
      const [leaves, stays] = who === 'client' ? [client, service] : [service, client]
      leaves.connection.write('last words')
      leaves.connection.closeWhenSent(1000)
      await until(() => stays.closed() && told() === 1)
      expect(stays.text()).toBe('last words')
    },
  )

  it('tells of an end that came before anybody asked', async () => {
    const [near, far] = socketPair()
    const held = hold(near)
    closeFd(held.givenFd)
    const service = end(far)
    await until(() => service.closed())
    let told = 0
    held.onClose(() => told++)
    await until(() => told === 1)
  })

  it('carries more than fits into it, to a reader that takes its time, and waits with the writer meanwhile', async () => {
    const { service, held, client } = setup()
    client.connection.pause()
    const text = 'x'.repeat(4 << 20)
    service.connection.write(text)
    await new Promise<void>((resolve) => setTimeout(resolve, 50))
    expect(service.connection.queuedBytes).toBeGreaterThan(3 << 20)
    client.connection.resume()
    await until(() => client.text().length === text.length)
    held.close()
    await until(() => service.closed() && client.closed())
  })

  it('leaves no descriptor open, however it ends', async () => {
    const before = await openDescriptors()
    for (let round = 0; round < 30; round++) {
      const { service, held, client } = setup()
      if (round % 3 === 0) held.close()
      if (round % 3 === 1) client.connection.close()
      if (round % 3 === 2) service.connection.close()
      await until(() => service.closed() && client.closed())
    }
    // The last ones are closed in a later turn than the one that tells of it.
    let now = await openDescriptors()
    for (let look = 0; look < 40 && now !== before; look++) now = await openDescriptors()
    expect(now).toBe(before)
  })

  it('takes nothing over that is no socket of the loop', () => {
    expect(failure(() => hold(12_345)).code).toBe('EBADF')
    expect(failure(() => hold(-1)).name).toBe('RangeError')
  })
})
