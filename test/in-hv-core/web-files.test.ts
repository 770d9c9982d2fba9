// Files from web servers by the real webget in its confinement: what servers of every kind make of it, and what comes by the descriptor that is handed over.
import * as fs from 'hv:fs'
import { type Process, run, spawn } from 'hv:process'
import { type Connection, fromFd, type Listener, listenTcp, pipe } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { readIncomingText } from '../../control/src/adapters/incoming-text.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import { createWebFiles } from '../../control/src/adapters/web-files.ts'
import type { TlsTrust } from '../../control/src/domain/tls-trust.ts'
import { parseWebAddress } from '../../control/src/domain/web-address.ts'
import type { IncomingFile } from '../../control/src/ports/incoming-file.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

// The one that is shipped, as it is confined there.
const PROGRAM = `${fs.readLink('/proc/self/cwd')}/build/hv-core/release/webget`
const PORT = 16_515
const TLS_PORT = 16_516
const ANYBODY: TlsTrust = { authority: null, fingerprint: null }
const clock = createClock()

let directory = ''
let listener: Listener | null = null
let server: Process | null = null
const connections: Connection[] = []
let asked: string[] = []
const files: IncomingFile[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  asked = []
})
afterEach(async () => {
  for (const file of files.splice(0)) file.close()
  for (const connection of connections.splice(0)) connection.close()
  listener?.close()
  listener = null
  const ended = server
  server = null
  ended?.kill(9)
  await ended?.exited
  removeDirectory(directory)
})

/** Answers each request by its path. */
function serve(answers: Readonly<Record<string, string>>, { ends = true } = {}): void {
  listener = listenTcp('127.0.0.1', PORT)
  listener.onConnection((connection) => {
    connections.push(connection)
    let head = ''
    connection.onData((chunk) => {
      head += decodeUtf8(chunk)
      const isHttp = head.startsWith('GET ')
      if (isHttp && !head.includes('\r\n\r\n')) return
      asked.push(head)
      connection.write(answers[head.split(' ')[1] ?? ''] ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
      if (ends) connection.closeWhenSent(5_000)
    })
  })
}

const found = (text: string, more = '') => `HTTP/1.1 200 OK\r\nContent-Length: ${encodeUtf8(text).length}\r\n${more}\r\n${text}`
const moved = (location: string) => `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`

async function open(url: string, trust = ANYBODY): Promise<IncomingFile> {
  const resolver = { '/etc/resolv.conf': '/etc/resolv.conf', '/etc/hosts': '/etc/hosts' }
  const address = parseWebAddress(url)
  if (address === null) throw new Error(`no address: ${url}`)
  const file = await createWebFiles({ program: PROGRAM, uid: 108, directory: `${directory}/authority`, resolver }).open(address, trust)
  files.push(file)
  return file
}

const failure = (url: string, trust = ANYBODY) =>
  open(url, trust).then(
    (file) => {
      file.close()
      return 'none'
    },
    (error: Error & { code?: string }) => error.code,
  )

/** All that comes until its end. */
async function received(file: IncomingFile): Promise<string> {
  const { readFd, writeFd } = pipe()
  let text = ''
  let ended = false
  const reading = fromFd(readFd)
  reading.onData((chunk) => {
    text += decodeUtf8(chunk)
  })
  reading.onClose(() => {
    ended = true
  })
  file.send(writeFd)
  expect(await waitUntil(clock, () => ended, 20_000)).toBe(true)
  return text
}

const at = (path: string) => `http://127.0.0.1:${PORT}${path}`

describe('a file', () => {
  it('is asked for as what it is, and comes whole by the descriptor, whose end is then closed', async () => {
    serve({ '/update?x=y': found('hällo') })
    const file = await open(at('/update?x=y'))
    expect(file.sizeBytes).toBe(6)
    expect(await received(file)).toBe('hällo')
    expect(await file.ended).toBeNull()
    expect(asked[0]).toMatch(/^GET \/update\?x=y HTTP\/1\.1\r\nHost: 127\.0\.0\.1:16515\r\n/)
  })

  it('is found where the server says that it is', async () => {
    serve({ '/a': moved('/b'), '/b': moved(at('/c/d')), '/c/d': moved('e'), '/c/e': found('here') })
    expect(await received(await open(at('/a')))).toBe('here')
  })

  it('behind an announcement, and with header fields of any case, is the same', async () => {
    serve({
      '/': `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-LENGTH: 2\r\nContent-Encoding: identity\r\n\r\nhi`,
    })
    expect(await received(await open(at('/')))).toBe('hi')
  })

  it('that ends before its end is told of', async () => {
    serve({ '/': found('half').replace('Length: 4', 'Length: 8') })
    const file = await open(at('/'))
    expect(await received(file)).toBe('half')
    expect(await file.ended).toEqual({ code: 'web.closed', message: 'the connection is lost: it ended.' })
  })

  it('that nobody wants is given up, and its process and connection end', async () => {
    serve({ '/': found('x'.repeat(1000)) }, { ends: false })
    const file = await open(at('/'))
    let gone = false
    connections[0]?.onClose(() => {
      gone = true
    })
    file.close()
    expect(await waitUntil(clock, () => gone, 10_000)).toBe(true)
    expect(await file.ended).toBeNull()
  })

  it('of which somebody has had enough is no failure', async () => {
    serve({ '/': found('x'.repeat(4_000_000)) })
    const file = await open(at('/'))
    const { readFd, writeFd } = pipe()
    file.send(writeFd)
    fs.closeFd(readFd)
    expect(await file.ended).toBeNull()
  })
})

describe('a small file', () => {
  it.each([
    ['is text, whole', found('hällo'), 'hällo'],
    ['may be as large as is allowed', found('x'.repeat(64)), 'x'.repeat(64)],
    ['that is larger is not taken', found('x'.repeat(65)), 'seed.too-large'],
    ['that ends before its end is none', found('half').replace('Length: 4', 'Length: 8'), 'web.closed'],
  ])('%s', async (_, answer, text) => {
    serve({ '/': answer })
    const read = readIncomingText(await open(at('/')), 64)
    expect(await read.catch(({ code }: { code: string }) => code)).toBe(text)
  })
})

describe('there is none', () => {
  it.each([
    ['where the server has none', '/no', '', 'web.status'],
    ['that says how long it is', '/', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', 'web.length'],
    ['that is not compressed', '/', found('hi', 'Content-Encoding: gzip\r\n'), 'web.encoding'],
    ['where HTTP is not spoken', '/', 'SSH-2.0-x\r\n', 'web.http'],
    ['behind a head without an end', '/', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, 'web.http'],
    ['where a redirection leads in a circle', '/', moved('/'), 'web.redirect'],
    ['where a redirection leads to another kind of address', '/', moved('file:///etc/passwd'), 'web.redirect'],
    ['behind a redirection that is too long', '/', moved(`/${'x'.repeat(3000)}`), 'web.status'],
    ['where the server says nothing and goes', '/', '', 'web.closed'],
  ])('%s', async (_, path, answer, code) => {
    serve(path === '/' ? { '/': answer } : {})
    expect(await failure(at(path))).toBe(code)
  })

  it('where nobody listens, and where the name is none', async () => {
    expect(await failure('http://127.0.0.1:1/')).toBe('web.connect')
    expect(await failure('http://no.such.host.invalid/')).toBe('web.resolve')
  })
})

describe('by TLS', () => {
  const dial = () => `https://127.0.0.1:${TLS_PORT}/answer`

  /** A server that has signed for itself; its certificate as PEM. */
  async function serveByTls(answer: string): Promise<string> {
    const [key, certificate] = ['key.pem', 'cert.pem'].map((name) => `${directory}/${name}`) as [string, string]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=files']
    const extension = ['-addext', 'subjectAltName=IP:127.0.0.1']
    await run({ argv: ['/usr/bin/openssl', 'req', '-x509', ...kind, ...extension, '-keyout', key, '-out', certificate] })
    fs.writeFileAtomic(`${directory}/answer`, answer, {})
    const words = ['s_server', '-HTTP', '-quiet', '-accept', `127.0.0.1:${TLS_PORT}`, '-cert', certificate, '-key', key]
    server = spawn({ argv: ['/usr/bin/openssl', ...words], cwd: directory })
    const tried = () => failure(dial())
    for (let attempt = 0; attempt < 40 && (await tried()) === 'web.connect'; attempt++) await waitUntil(clock, () => false, 250)
    return fs.readText(certificate)
  }

  it('it comes from anybody, from whom an authority vouches for and from who has the certificate, and from nobody else', async () => {
    const authority = await serveByTls(found('secret'))
    const der = await run({ argv: ['/usr/bin/openssl', 'x509', '-in', `${directory}/cert.pem`, '-noout', '-fingerprint', '-sha256'] })
    const fingerprint = /=(\S+)/.exec(decodeUtf8(der.stdout))?.[1] ?? ''
    for (const trust of [ANYBODY, { authority, fingerprint: null }, { authority: null, fingerprint }])
      expect(await received(await open(dial(), trust))).toBe('secret')
    const other = Array.from({ length: 32 }, () => 'AB').join(':')
    expect(await failure(dial(), { authority: null, fingerprint: other })).toBe('web.fingerprint')
    expect(await failure(`https://localhost:${TLS_PORT}/answer`, { authority, fingerprint: null })).toBe('web.name')
    expect(await failure(dial(), { authority: 'nothing', fingerprint: null })).toBe('web.authority')
  })

  it('it does not come where no TLS is spoken, nor by a way out of it', async () => {
    serve({ '/': found('x') })
    expect(await failure(`https://127.0.0.1:${PORT}/`)).toBe('web.tls')
    await serveByTls(moved(at('/')))
    expect(await failure(dial())).toBe('web.redirect')
  })
})
