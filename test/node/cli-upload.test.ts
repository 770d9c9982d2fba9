// Uploads: streamed, with their digest, refused before they are sent where the host says so, and never half.
import { createHash } from 'node:crypto'
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../harness/wait.ts'
import { answerJson, TestHost } from './cli/host.ts'
import { begin, corbel, type Ran, scratch } from './cli/program.ts'

interface Arrived {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly sizeBytes: number
  readonly sha256: string
}

let host: TestHost
let home: ReturnType<typeof scratch>
let file: string
let arrived: Arrived[]
/** Asked when the head is there; true takes the request away. */
let beforeBody: (request: IncomingMessage, response: ServerResponse) => boolean

/** As the API documents it: the whole body, its length and digest as told, 201. */
async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    for await (const part of request) {
      hash.update(part as Buffer)
      sizeBytes += (part as Buffer).length
    }
  } catch {
    return
  }
  const digest = hash.copy().digest('base64')
  const sha256 = hash.digest('hex')
  arrived.push({ url: request.url ?? '', headers: request.headers, sizeBytes, sha256 })
  if (request.headers['content-digest'] !== `sha-256=:${digest}:`)
    return void answerJson(response, 422, { code: 'upload.digest', detail: 'Another digest.', problems: [] })
  answerJson(response, 201, { name: request.url?.split('/').at(-1)?.split('?')[0], sizeBytes, sha256 })
}

beforeEach(async () => {
  host = await TestHost.start()
  home = scratch()
  file = join(home.path, 'debian.qcow2')
  writeFileSync(file, Buffer.alloc(5_000_001, 'corbel '))
  arrived = []
  beforeBody = () => false
  host.hook = (request, response) => {
    if (request.method !== 'PUT') return false
    if (beforeBody(request, response)) return true
    if (request.headers.expect !== undefined) response.writeContinue()
    void take(request, response)
    return true
  }
})
afterEach(async () => {
  await host.stop()
  home.remove()
})

const upload = (...argv: string[]): Promise<Ran> => corbel(['file', 'upload', ...argv], { env: host.env })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('file upload', () => {
  it('sends the file under its own name to the datastore, with length and digest', async () => {
    const digest = sha256(Buffer.alloc(5_000_001, 'corbel '))
    expect(await upload(file)).toEqual({ exit: 0, output: `local/debian.qcow2: uploaded, 4.77 MiB, SHA-256 ${digest}\n`, errors: '' })
    expect(arrived).toMatchObject([
      { url: '/v1/datastores/local/files/debian.qcow2', sizeBytes: 5_000_001, sha256: digest, headers: { 'content-length': '5000001' } },
    ])
  })

  it('sends it under another name, and says what it is', async () => {
    expect((await upload(file, 'fast/web+1.img', '--format', 'raw')).exit).toBe(0)
    expect(arrived).toMatchObject([{ url: '/v1/datastores/fast/files/web+1.img?format=raw' }])
  })

  it('prints the host’s document with --json', async () => {
    expect(JSON.parse((await upload(file, '--json')).output)).toEqual({
      name: 'debian.qcow2',
      sizeBytes: 5_000_001,
      sha256: arrived[0]?.sha256,
    })
  })

  it('sends an empty file', async () => {
    writeFileSync(file, '')
    expect((await upload(file)).exit).toBe(0)
    expect(arrived).toMatchObject([{ sizeBytes: 0 }])
  })

  it('sends nothing of a file that the host refuses beforehand', async () => {
    beforeBody = (_request, response) =>
      answerJson(response, 409, { code: 'file.exists', detail: 'There is a debian.qcow2.', problems: [] })
    expect(await upload(file)).toEqual({ exit: 5, output: '', errors: 'There is a debian.qcow2. (file.exists)\n' })
    expect(host.bytesReceived).toBeLessThan(2000)
  })

  it('stops when the host refuses on the way', async () => {
    writeFileSync(file, Buffer.alloc(200_000_000))
    beforeBody = (request, response) => {
      response.writeContinue()
      request.once('data', () => {
        request.pause()
        answerJson(response, 507, { code: 'datastore.full', detail: 'The datastore is full.', problems: [] })
      })
      return true
    }
    const { exit, errors } = await corbel(['file', 'upload', file], { env: host.env, terminal: true })
    expect([exit, errors]).toEqual([1, expect.stringMatching(/The datastore is full\. \(datastore\.full\)\n$/)])
    expect(errors).not.toMatch(/Upload \[#+\] 100 %/)
    expect(host.bytesReceived).toBeLessThan(50_000_000)
  })

  it('is sent to a host that never says "continue"', async () => {
    beforeBody = (request, response) => {
      void take(request, response)
      return true
    }
    expect((await upload(file)).exit).toBe(0)
  })

  it.each([
    ['grows', () => appendFileSync(file, 'more')],
    ['shrinks', () => truncateSync(file, 3_000_000)],
  ])('ends without a file on the host when the one here %s meanwhile', async (_name, change) => {
    beforeBody = (request, response) => {
      change()
      response.writeContinue()
      void take(request, response)
      return true
    }
    expect(await upload(file)).toMatchObject({ exit: 1, output: '', errors: expect.stringContaining('(file.changed)') })
    expect(arrived).toEqual([])
  })

  it('is refused by the host when what arrives is not what was read first', async () => {
    beforeBody = (request, response) => {
      writeFileSync(file, Buffer.alloc(5_000_001, 'another'))
      response.writeContinue()
      void take(request, response)
      return true
    }
    expect(await upload(file)).toEqual({ exit: 2, output: '', errors: 'Another digest. (upload.digest)\n' })
  })

  it('that is interrupted leaves the host with a body cut off', async () => {
    const interruption = new AbortController()
    writeFileSync(file, Buffer.alloc(50_000_000))
    beforeBody = (request, response) => {
      response.writeContinue()
      request.once('data', () => interruption.abort(new Error('interrupted')))
      void take(request, response)
      return true
    }
    expect(await corbel(['file', 'upload', file], { env: host.env, interrupted: interruption.signal })).toEqual({
      exit: 130,
      output: '',
      errors: '',
    })
    expect(arrived).toEqual([])
  })

  it('that loses the host says so', async () => {
    beforeBody = (request, response) => {
      response.writeContinue()
      request.once('data', () => host.drop())
      return true
    }
    writeFileSync(file, Buffer.alloc(50_000_000))
    expect(await upload(file)).toMatchObject({ exit: 6, output: '' })
  })

  it.each([
    ['that is not there', () => join(home.path, 'nothing'), 'file.unreadable'],
    ['that is a directory', () => home.path, 'file.unreadable'],
  ])('of a file %s is refused', async (_name, path, code) => {
    expect(await upload(path())).toMatchObject({ exit: 2, errors: expect.stringContaining(`(${code})`) })
    expect(host.bytesReceived).toBe(0)
  })

  it('shows how far it is on a terminal', async () => {
    const running = begin(['file', 'upload', file], { env: host.env, terminal: true })
    const { errors } = await running.ended
    expect(errors).toMatch(/\rDigest \[#+-*\] +\d+ % .* of 4\.77 MiB/)
    expect(errors).toMatch(/\rUpload \[#+-*\] +\d+ % .* of 4\.77 MiB, .*\/s/)
    expect(errors.endsWith('\r\x1b[K')).toBe(true)
  })

  it('never has the file in memory', async () => {
    truncateSync(file, 400_000_000)
    const before = process.memoryUsage.rss()
    let most = 0
    beforeBody = (request, response) => {
      response.writeContinue()
      request.on('data', () => {
        most = Math.max(most, process.memoryUsage.rss())
      })
      request.on('end', () => answerJson(response, 201, { name: 'x', sizeBytes: 1, sha256: 'x' }))
      return true
    }
    expect((await upload(file)).exit).toBe(0)
    await until('measured', () => most > 0, { timeoutMs: 1000 })
    expect(most - before).toBeLessThan(200_000_000)
  }, 60_000)
})
