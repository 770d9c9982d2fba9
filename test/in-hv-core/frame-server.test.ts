// The control socket over real sockets: who is let in, what passes through, and that descriptors arrive and are not kept.
import * as fs from 'hv:fs'
import { spawn } from 'hv:process'
import { type Connection, connectUnix, fromFd, pipe, socketPair } from 'hv:socket'
import { decodeUtf8, encodeUtf8, toHex } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import type { FrameAnswer, FrameHandler, FramePeer } from '../../control/src/adapters/frame-connection.ts'
import { type FrameServer, serveFrames } from '../../control/src/adapters/frame-server.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import { FRAMES_TO_CLIENT, type Frame, FrameDecoder, joinPayload, renderFrame, splitPayload } from '../../control/src/codec/frame.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const clock = createClock()
let directory = ''
let server: FrameServer | null = null
let log: string[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  log = []
})
afterEach(async () => {
  await server?.close()
  server = null
  removeDirectory(directory)
})

/** This program is root, so root is let in here. */
function serve(handler: FrameHandler, peers: Record<number, FramePeer> = { 0: 'console' }): void {
  server = serveFrames({ path: `${directory}/control.sock`, peers }, handler, (_severity, text) => log.push(text))
}

class Client {
  readonly frames: Frame[] = []
  readonly descriptors: number[] = []
  closed = false
  readonly connection: Connection
  readonly #decoder = new FrameDecoder(FRAMES_TO_CLIENT)

  private constructor(connection: Connection) {
    this.connection = connection
    connection.onClose(() => {
      this.closed = true
    })
    connection.onData((chunk, descriptors) => {
      this.descriptors.push(...descriptors)
      this.frames.push(...this.#decoder.push(chunk).frames)
    })
  }
  static async connect(): Promise<Client> {
    return new Client(await connectUnix(`${directory}/control.sock`))
  }
  request(stream: number, extra: object = {}): void {
    const head = { method: 'GET', path: '/v1/ö', query: '', headers: {}, remote: 'console', ...extra }
    const payload = joinPayload(encodeUtf8(JSON.stringify(head)), encodeUtf8('body'))
    this.connection.write(renderFrame({ kind: 'request', stream, end: true, payload }))
  }
  async until(condition: () => boolean): Promise<void> {
    if (!(await waitUntil(clock, condition, 10_000))) throw new Error(`in vain: ${log.join(', ')}`)
  }
  bodyOf(index: number): string {
    const frame = this.frames[index]
    return frame === undefined ? '' : decodeUtf8(splitPayload(frame.payload)?.body ?? frame.payload)
  }
}

const complete = (body: string): FrameAnswer => ({ kind: 'complete', status: 200, headers: {}, body })

describe('what the gateway is told', () => {
  const [asked, notAsked] = ['0100000007010000' + '0000000001', '0100000007010000' + '0000000000']

  async function bytesOf(act: () => void): Promise<() => string> {
    const connection = await connectUnix(`${directory}/control.sock`)
    let seen = ''
    connection.onData((chunk) => {
      seen += toHex(chunk)
    })
    // What is told comes before any answer.
    connection.write(renderFrame({ kind: 'request', stream: 1, end: true, payload: joinPayload(encodeUtf8(HEAD), encodeUtf8('')) }))
    await waitUntil(clock, () => seen.includes(toHex(encodeUtf8('answered'))), 10_000)
    act()
    return () => seen
  }
  const HEAD = JSON.stringify({ method: 'GET', path: '/', query: '', headers: {}, remote: 'x' })

  it('comes at the start of a connection, and again when it changes', async () => {
    serve(() => Promise.resolve(complete('answered')), { 0: 'network' })
    const early = await bytesOf(() => server?.tell({ askCertificates: true }))
    await waitUntil(clock, () => early().endsWith(asked), 10_000)
    expect(early().endsWith(asked)).toBe(true)
    const late = await bytesOf(() => server?.tell({ askCertificates: false }))
    expect(late().startsWith(asked)).toBe(true)
    await waitUntil(clock, () => late().endsWith(notAsked) && early().endsWith(notAsked), 10_000)
    expect([late(), early()].every((seen) => seen.endsWith(notAsked))).toBe(true)
  })

  it('is not told to the console', async () => {
    serve(() => Promise.resolve(complete('answered')))
    server?.tell({ askCertificates: true })
    expect((await bytesOf(() => {}))()).not.toContain(asked)
  })
})

describe('a connection', () => {
  it('carries requests and answers, text in UTF-8', async () => {
    serve(async (request, peer) => complete(`${peer} asked for ${request.path} with ${decodeUtf8(request.body)}`))
    const client = await Client.connect()
    client.request(1)
    await client.until(() => client.frames.length === 1)
    expect(client.bodyOf(0)).toBe('console asked for /v1/ö with body')
    client.connection.close()
  })

  it('of a uid that is not listed is closed and never reaches the handler', async () => {
    let asked = 0
    serve(
      async () => {
        asked++
        return complete('')
      },
      { 100: 'network' },
    )
    const client = await Client.connect()
    await client.until(() => client.closed)
    expect(asked).toBe(0)
    expect(log.join()).toContain('uid 0 refused')
  })

  it('is told apart by uid, not by what it says', async () => {
    serve(async (_request, peer) => complete(peer), { 100: 'network', 101: 'console' })
    expect(await askAs(100)).toContain('network')
    expect(await askAs(101)).toContain('console')
    expect(await askAs(102)).toBe('')
  })

  it('is one of at most eight of its kind', async () => {
    serve(async () => complete('here'))
    const clients: Client[] = []
    for (let count = 0; count < 9; count++) clients.push(await Client.connect())
    const last = clients[8]
    await last?.until(() => last.closed)
    clients[7]?.request(1)
    await clients[7]?.until(() => clients[7]?.frames.length === 1)
    for (const client of clients) client.connection.close()
  })

  it('that sends what is no frame is closed, and others go on', async () => {
    serve(async () => complete('here'))
    const [bad, good] = [await Client.connect(), await Client.connect()]
    bad.connection.write('GET / HTTP/1.1\r\nHost: corbel\r\n\r\n')
    await bad.until(() => bad.closed)
    good.request(1)
    await good.until(() => good.frames.length === 1)
    good.connection.close()
  })

  it('has descriptors that it sends closed', async () => {
    serve(async () => complete('here'))
    const before = fs.readDir('/proc/self/fd').length
    const client = await Client.connect()
    const ends = pipe()
    client.connection.write(new Uint8Array([0]), [ends.readFd])
    fs.closeFd(ends.readFd)
    const write = fromFd(ends.writeFd)
    let broken = false
    write.onClose(() => {
      broken = true
    })
    // With the last reader gone, writing fails.
    await client.until(() => {
      if (!broken) write.write('x')
      return broken
    })
    client.connection.close()
    await client.until(() => fs.readDir('/proc/self/fd').length === before)
  })
})

describe('a stream', () => {
  it('goes on until the client has gone', async () => {
    let gone = false
    serve(async () => ({
      kind: 'stream',
      status: 200,
      headers: {},
      subscribe(push) {
        push('first')
        return () => {
          gone = true
        }
      },
    }))
    const client = await Client.connect()
    client.request(1)
    await client.until(() => client.frames.length === 2)
    expect(client.bodyOf(1)).toBe('first')
    client.connection.close()
    await client.until(() => gone)
  })
})

describe('an attached descriptor', () => {
  it('arrives, works both ways, and closes when the client closes it', async () => {
    const [ours, theirs] = socketPair()
    serve(async () => ({ kind: 'attach', status: 101, headers: {}, descriptor: theirs }))
    const client = await Client.connect()
    client.request(1, { upgrade: 'websocket' })
    await client.until(() => client.descriptors.length === 1)
    expect(client.frames[0]).toMatchObject({ kind: 'attach', end: true })
    const far = fromFd(client.descriptors[0] ?? -1)
    const near = fromFd(ours)
    let heard = ''
    let closed = false
    near.onData((chunk) => {
      heard += decodeUtf8(chunk)
    })
    near.onClose(() => {
      closed = true
    })
    far.write('hello')
    await client.until(() => heard === 'hello')
    far.close()
    await client.until(() => closed)
    client.connection.close()
  })
})

describe('closing', () => {
  it('sends what is queued first and takes no more connections', async () => {
    const large = 'x'.repeat(3_000_000)
    let answered = false
    serve(async () => {
      answered = true
      return complete(large)
    })
    const client = await Client.connect()
    client.connection.pause()
    client.request(1)
    await client.until(() => answered)
    const closed = server?.close()
    client.connection.resume()
    await closed
    await client.until(() => client.closed)
    expect(client.frames.map((_, index) => client.bodyOf(index)).join('').length).toBe(large.length)
    await expect(connectUnix(`${directory}/control.sock`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    server = null
  })
})

/** What a process with that uid gets for a request, empty when it is refused. */
async function askAs(uid: number): Promise<string> {
  fs.chmod(directory, 0o755)
  const output = pipe()
  const child = spawn({
    argv: ['/usr/bin/python3', '-I', '-S', '-c', ASK, `${directory}/control.sock`],
    uid,
    gid: uid,
    fds: { 1: output.writeFd },
  })
  fs.closeFd(output.writeFd)
  const reader = fromFd(output.readFd)
  let said = ''
  const ended = new Promise<void>((resolve) => reader.onClose(() => resolve()))
  reader.onData((chunk) => {
    said += decodeUtf8(chunk)
  })
  await Promise.all([child.exited, ended])
  return said
}

const ASK = `
import json, socket, struct, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
head = json.dumps({'method': 'GET', 'path': '/', 'query': '', 'headers': {}, 'remote': 'console'}).encode()
payload = struct.pack('<I', len(head)) + head
try:
    client.sendall(struct.pack('<IBBHI', len(payload), 1, 1, 0, 1) + payload)
    sys.stdout.write(client.recv(65536).decode(errors='replace'))
except (BrokenPipeError, ConnectionResetError):
    pass
`
