// hv:relay.
import { readText, stat, statOrNull, writeFileAtomic } from 'hv:fs'
import { open, type Relay } from 'hv:relay'
import { type Connection, fromFd, socketPair } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, scratch, until } from './support.ts'

interface Setup {
  readonly source: Connection
  readonly relay: Relay
  readonly log: string
}

function setup(maxLogBytes = 1 << 20): Setup {
  const [near, far] = socketPair()
  const log = `${scratch()}/log`
  return { source: fromFd(far), relay: open(near, { logPath: log, maxLogBytes }), log }
}

function listen(fd: number): { text: () => string; connection: Connection } {
  const connection = fromFd(fd)
  let text = ''
  connection.onData((chunk) => {
    text += decodeUtf8(chunk)
  })
  return { text: () => text, connection }
}

describe('the relay', () => {
  it('copies the source to the log and to every peer, byte by byte', async () => {
    const { source, relay, log } = setup()
    const [one, two] = [listen(relay.attach(0)), listen(relay.attach(0))]
    source.write(new Uint8Array([0x66, 0x00, 0x0d, 0x0a]))
    await until(() => one.text() === 'f\0\r\n' && two.text() === 'f\0\r\n')
    expect(readText(log)).toBe('f\0\r\n')
    expect(stat(log).mode).toBe(0o600)
    expect(relay.peerCount).toBe(2)
    relay.close()
    for (const { connection } of [one, two]) await new Promise((resolve) => connection.onClose(resolve))
    source.close()
  })

  it('copies what any peer writes to the source', async () => {
    const { source, relay } = setup()
    let got = ''
    source.onData((chunk) => {
      got += decodeUtf8(chunk)
    })
    const [one, two] = [listen(relay.attach(0)), listen(relay.attach(0))]
    one.connection.write('1')
    await until(() => got === '1')
    two.connection.write('2')
    await until(() => got === '12')
    one.connection.close()
    await until(() => relay.peerCount === 1)
    two.connection.close()
    relay.close()
    source.close()
  })

  it('starts a peer with the latest output, across the two files and an earlier relay', async () => {
    const [near, far] = socketPair()
    const log = `${scratch()}/log`
    writeFileAtomic(`${log}.1`, 'older ')
    writeFileAtomic(log, 'old ')
    const source = fromFd(far)
    const relay = open(near, { logPath: log, maxLogBytes: 1000 })
    source.write('new')
    await until(() => readText(log) === 'old new')
    const [all, some, none] = [listen(relay.attach(1000)), listen(relay.attach(5)), listen(relay.attach(0))]
    source.write('!')
    await until(() => all.text() === 'older old new!' && some.text() === 'd new!' && none.text() === '!')
    relay.close()
    for (const { connection } of [all, some, none]) connection.close()
    source.close()
  })

  it('keeps between one and two times the bound of log', async () => {
    const { source, relay, log } = setup(1000)
    let sent = ''
    for (let i = 0; i < 55; i++) sent += `${'x'.repeat(95)}${String(i).padStart(4, '0')}\n`
    source.write(sent)
    const kept = () => (statOrNull(`${log}.1`) === null ? '' : readText(`${log}.1`)) + readText(log)
    await until(() => kept().endsWith('0054\n'))
    expect(kept().length).toBeGreaterThanOrEqual(1000)
    expect(kept().length).toBeLessThanOrEqual(2000)
    expect(sent.endsWith(kept())).toBe(true)
    relay.close()
    source.close()
  })

  it('drops a peer that does not read, and goes on for the others', async () => {
    const { source, relay, log } = setup(16 << 20)
    const slow = fromFd(relay.attach(0))
    const quick = listen(relay.attach(0))
    const size = 4 << 20
    source.write('q'.repeat(size))
    await until(() => quick.text().length === size)
    expect(relay.peerCount).toBe(1)
    expect(stat(log).size).toBe(size)
    relay.close()
    for (const connection of [slow, quick.connection, source]) connection.close()
  })

  it('lets peers wait while the source does not read', async () => {
    const { source, relay } = setup()
    const writer = fromFd(relay.attach(0))
    const size = 2 << 20
    writer.write('w'.repeat(size))
    expect(writer.queuedBytes).toBeGreaterThan(0)
    let got = 0
    source.onData((chunk) => {
      got += chunk.length
    })
    await until(() => got === size)
    writer.close()
    relay.close()
    source.close()
  })

  it('tells once of the end of the source, after its last words', async () => {
    const { source, relay, log } = setup()
    const peer = listen(relay.attach(0))
    const ended = new Promise<void>((resolve) => relay.onClose(resolve))
    source.write('bye')
    source.closeWhenSent(1000)
    await ended
    await new Promise((resolve) => peer.connection.onClose(resolve))
    expect([peer.text(), readText(log), relay.peerCount]).toEqual(['bye', 'bye', 0])
    expect(failure(() => relay.attach(0)).code).toBe('EPIPE')
    relay.close()
  })

  it('leaves the descriptor alone when the log cannot be opened', () => {
    const [near, far] = socketPair()
    expect(failure(() => open(near, { logPath: '/no/such/log', maxLogBytes: 10 }))).toEqual({
      name: 'HostError',
      code: 'ENOENT',
      syscall: 'openat',
      path: '/no/such/log',
    })
    for (const fd of [near, far]) fromFd(fd).close()
  })
})
