// hv:socket.
import { closeFd, openFd, readDir, readLink, stat, writeFileAtomic } from 'hv:fs'
import { pid, run } from 'hv:process'
import { type Connection, connectUnix, fromFd, listenTcp, listenUnix, pipe, socketPair } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, rejection, scratch, until } from './support.ts'

/** A pair of connections that are each other's peer. */
function pair(): [Connection, Connection] {
  const [a, b] = socketPair()
  return [fromFd(a), fromFd(b)]
}

function closed(connection: Connection): Promise<HostError | null> {
  return new Promise((resolve) => connection.onClose(resolve))
}

/** All that comes until the end. */
async function collect(connection: Connection): Promise<string> {
  let text = ''
  connection.onData((chunk) => {
    text += decodeUtf8(chunk)
  })
  await closed(connection)
  return text
}

const openFds = () => readDir('/proc/self/fd').length

describe('a connection', () => {
  it('carries bytes both ways and tells both sides of the end', async () => {
    const [a, b] = pair()
    b.onData((chunk) => b.write(`echo ${decodeUtf8(chunk)}`))
    const ends = Promise.all([closed(a), closed(b)])
    const heard = new Promise<string>((resolve) => a.onData((chunk) => resolve(decodeUtf8(chunk))))
    a.write(encodeUtf8('hallo'))
    expect(await heard).toBe('echo hallo')
    a.close()
    expect(await ends).toEqual([null, null])
    expect([a.fd, b.fd, a.queuedBytes]).toEqual([-1, -1, 0])
  })

  it('tells of its end even a handler that is set afterwards, once', async () => {
    const [a, b] = pair()
    a.close()
    expect(await closed(a)).toBeNull()
    b.close()
    let calls = 0
    b.onClose(() => calls++)
    b.onClose(() => calls++)
    b.close()
    await until(() => calls > 0)
    expect(calls).toBe(1)
  })

  it('queues what the peer does not take, and says when it has', async () => {
    const [a, b] = pair()
    const size = 4 << 20
    a.write(new Uint8Array(size))
    expect(a.queuedBytes).toBeGreaterThan(0)
    const drained = new Promise<void>((resolve) => a.onDrain(resolve))
    let got = 0
    b.onData((chunk) => {
      got += chunk.length
    })
    await drained
    expect(a.queuedBytes).toBe(0)
    await until(() => got === size)
    a.close()
    b.close()
  })

  it('refuses more than 16 MiB in the queue', () => {
    const [a, b] = pair()
    a.write(new Uint8Array(16 << 20))
    expect(failure(() => a.write(new Uint8Array(1 << 20)))).toMatchObject({ code: 'ENOBUFS' })
    a.close()
    expect(failure(() => a.write('x'))).toMatchObject({ name: 'HostError', code: 'EPIPE', syscall: 'write' })
    b.close()
  })

  it('still gives what the peer sent before it left, and then the error of the write', async () => {
    const [a, b] = pair()
    b.write('last words')
    b.close()
    let text = ''
    a.onData((chunk) => {
      text += decodeUtf8(chunk)
    })
    a.write('too late')
    const error = await closed(a)
    expect({ text, code: error?.code }).toEqual({ text: 'last words', code: 'EPIPE' })
  })

  it('stops giving while paused', async () => {
    const [a, b] = pair()
    let text = ''
    b.onData((chunk) => {
      text += decodeUtf8(chunk)
    })
    b.pause()
    a.write('x')
    await new Promise<void>((resolve) => setTimeout(resolve, 20))
    expect(text).toBe('')
    b.resume()
    await until(() => text === 'x')
    a.close()
    b.close()
  })

  it('sends the rest before it closes, within the time given', async () => {
    const [a, b] = pair()
    const size = 1 << 20
    a.write('y'.repeat(size))
    a.closeWhenSent(10_000)
    expect(failure(() => a.write('x')).code).toBe('EPIPE')
    expect((await collect(b)).length).toBe(size)
    const [c, d] = pair()
    c.write(new Uint8Array(8 << 20))
    c.closeWhenSent(20)
    expect(await closed(c)).toBeNull()
    d.close()
  })

  it('gives its descriptor back, to be used again', async () => {
    const [a, b] = pair()
    const fd = a.detach()
    expect(failure(() => a.detach()).code).toBe('EBADF')
    const again = fromFd(fd)
    again.write('z')
    again.close()
    expect(await collect(b)).toBe('z')
  })

  it('works on pipes, where there is no peer', async () => {
    const { readFd, writeFd } = pipe()
    const [reader, writer] = [fromFd(readFd), fromFd(writeFd)]
    expect(reader.peer).toBeNull()
    writer.write('through')
    expect(failure(() => writer.write('x', [0])).code).toBe('EINVAL')
    writer.close()
    expect(await collect(reader)).toBe('through')
  })

  it('refuses what is no stream', () => {
    const file = openFd('/proc/self/stat', 'r')
    expect(failure(() => fromFd(file))).toMatchObject({ code: 'EPERM', syscall: 'epoll_ctl' })
    closeFd(file)
    expect(failure(() => fromFd(file)).code).toBe('EBADF')
  })
})

describe('lines', () => {
  /** What a reader of at most `limit` bytes makes of `chunks`, up to the end. */
  async function linesOf(chunks: (string | Uint8Array)[], limit: number) {
    const [a, b] = pair()
    const lines: string[] = []
    b.onLine((line) => lines.push(line), limit)
    const end = closed(b)
    for (const chunk of chunks) a.write(chunk)
    a.closeWhenSent(1000)
    return { lines, code: (await end)?.code ?? null }
  }

  it.each([
    ['several at once', ['a\nb\n\nc\n'], 10, ['a', 'b', '', 'c'], null],
    ['one in pieces', ['ab', 'c', '\n'], 10, ['abc'], null],
    ['an unfinished last one, dropped', ['a\nb'], 10, ['a'], null],
    ['one as long as allowed', ['0123456789\n'], 10, ['0123456789'], null],
    ['one too long', ['ok\n0123456789a\nb\n'], 10, ['ok'], 'EMSGSIZE'],
    ['one too long without an end', ['01234567', '89abc'], 10, [], 'EMSGSIZE'],
    ['bad UTF-8', ['ok\n', new Uint8Array([0xff, 0x0a])], 10, ['ok'], 'EILSEQ'],
    ['UTF-8 cut between chunks', [new Uint8Array([0xc3]), new Uint8Array([0xa4, 0x0a])], 10, ['ä'], null],
  ])('%s', async (_name, chunks, limit, lines, code) => {
    expect(await linesOf(chunks, limit)).toEqual({ lines, code })
  })

  it('wait while paused by their own handler', async () => {
    const [a, b] = pair()
    const lines: string[] = []
    b.onLine((line) => {
      lines.push(line)
      b.pause()
    }, 100)
    a.write('1\n2\n3\n')
    await until(() => lines.length === 1)
    b.resume()
    await until(() => lines.length === 2)
    b.resume()
    await until(() => lines.length === 3)
    a.close()
    b.close()
  })

  it('stop when their handler closes', async () => {
    const [a, b] = pair()
    const lines: string[] = []
    b.onLine((line) => {
      lines.push(line)
      b.close()
    }, 100)
    a.write('1\n2\n')
    await closed(b)
    expect(lines).toEqual(['1'])
    a.close()
  })
})

describe('passed descriptors', () => {
  it('arrive with the bytes they were sent with, close-on-exec, and the sender keeps its own', async () => {
    const [a, b] = pair()
    const path = `${scratch()}/f`
    writeFileAtomic(path, 'passed')
    const fd = openFd(path, 'r')
    const got = new Promise<number[]>((resolve) => b.onData((_chunk, fds) => resolve(fds)))
    a.write('x', [fd])
    const [received] = await got
    expect(received).not.toBe(fd)
    expect(readLink(`/proc/self/fd/${received}`)).toBe(path)
    for (const each of [fd, received ?? -1]) closeFd(each)
    a.close()
    b.close()
  })

  it('wait in the queue with their bytes, and go in order', async () => {
    const [a, b] = pair()
    const fd = openFd('/proc/self/stat', 'r')
    const before = openFds()
    a.write(new Uint8Array(1 << 20))
    a.write('F', [fd, fd])
    expect(openFds()).toBe(before + 2)
    const seen: { at: string; count: number }[] = []
    b.onData((chunk, fds) => {
      if (fds.length > 0) seen.push({ at: decodeUtf8(chunk).replaceAll('\0', ''), count: fds.length })
      for (const each of fds) closeFd(each)
    })
    await until(() => seen.length > 0)
    expect(seen).toEqual([{ at: 'F', count: 2 }])
    closeFd(fd)
    a.close()
    b.close()
  })

  it('are closed with the queue they wait in, and by a reader of lines', async () => {
    const before = openFds()
    const [a, b] = pair()
    const fd = openFd('/proc/self/stat', 'r')
    a.write(new Uint8Array(1 << 20))
    a.write('F', [fd])
    a.close()
    b.close()
    const [c, d] = pair()
    const line = new Promise((resolve) => d.onLine(resolve, 10))
    c.write('l\n', [fd])
    await line
    closeFd(fd)
    c.close()
    d.close()
    expect(openFds()).toBe(before)
  })

  it('must be open, and need a byte to go with', () => {
    const [a, b] = pair()
    expect(failure(() => a.write('x', [999])).code).toBe('EBADF')
    expect(failure(() => a.write('', [0])).code).toBe('EINVAL')
    expect(failure(() => a.write('x', new Array<number>(17).fill(0))).name).toBe('RangeError')
    a.close()
    b.close()
  })
})

describe('unix listeners', () => {
  it('tell who connects, and what mode and owner was asked for', async () => {
    const path = `${scratch()}/s`
    const listener = listenUnix(path, { mode: 0o666, uid: 3, gid: 4 })
    expect(stat(path)).toMatchObject({ kind: 'socket', mode: 0o666, uid: 3, gid: 4 })
    const accepted = new Promise<Connection>((resolve) => listener.onConnection(resolve))
    const client = await connectUnix(path)
    const server = await accepted
    expect(server.peer).toEqual({ pid, uid: 0, gid: 0 })
    client.close()
    expect(await collect(server)).toBe('')
    listener.close()
  })

  it('tell the uid of a process that is not root', async () => {
    const path = `${scratch()}/s`
    const listener = listenUnix(path, { mode: 0o666 })
    const accepted = new Promise<Connection>((resolve) => listener.onConnection(resolve))
    const script = `import socket; s = socket.socket(socket.AF_UNIX); s.connect(${JSON.stringify(path)}); s.recv(1)`
    const done = run({ argv: ['/usr/bin/python3', '-c', script], uid: 4321, gid: 4322 })
    const server = await accepted
    expect(server.peer).toMatchObject({ uid: 4321, gid: 4322 })
    server.close()
    expect((await done).code).toBe(0)
    listener.close()
  })

  it('replace a socket that was left, and nothing else', () => {
    const directory = scratch()
    const first = listenUnix(`${directory}/s`)
    first.close()
    expect(stat(`${directory}/s`)).toMatchObject({ kind: 'socket', mode: 0o600 })
    listenUnix(`${directory}/s`).close()
    writeFileAtomic(`${directory}/file`, 'kept')
    expect(failure(() => listenUnix(`${directory}/file`))).toEqual({
      name: 'HostError',
      code: 'EADDRINUSE',
      syscall: 'bind',
      path: `${directory}/file`,
    })
    expect(failure(() => listenUnix(`/tmp/${'x'.repeat(120)}`)).code).toBe('ENAMETOOLONG')
  })

  it('refuse connections once closed', async () => {
    const path = `${scratch()}/s`
    listenUnix(path).close()
    expect(await rejection(connectUnix(path))).toEqual({ name: 'HostError', code: 'ECONNREFUSED', syscall: 'connect', path })
    expect(await rejection(connectUnix('/no/such'))).toMatchObject({ code: 'ENOENT' })
  })

  it('leave connections beyond the backlog to try again', async () => {
    const path = `${scratch()}/s`
    const listener = listenUnix(path, { backlog: 1 })
    const clients: Connection[] = []
    const code = await (async () => {
      for (let i = 0; i < 8; i++) clients.push(await connectUnix(path))
    })().catch((error: unknown) => (error as HostError).code)
    expect(code).toBe('EAGAIN')
    for (const client of clients) client.close()
    listener.close()
  })
})

describe('TCP listeners', () => {
  it('listen on an address, once', () => {
    const listener = listenTcp('127.0.0.1', 18_443)
    expect(failure(() => listenTcp('127.0.0.1', 18_443))).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' })
    listener.close()
    listenTcp('::', 18_443).close()
    expect(failure(() => listenTcp('nonsense', 1))).toMatchObject({ code: 'EINVAL', syscall: 'inet_pton' })
    expect(failure(() => listenTcp('0.0.0.0', 70_000)).name).toBe('RangeError')
  })
})
