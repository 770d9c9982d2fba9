// Sends a file to a datastore: streamed, with its digest told beforehand, so that what arrives otherwise never gets its name.
import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ClientRequest } from 'node:http'
import { finished } from 'node:stream/promises'
import { type Answer, failureOf, readAnswer, succeeded } from './answer.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { failure } from './failure.ts'
import type { Io } from './io.ts'
import { type ProgressLine, progressLine, renderTransfer } from './progress.ts'

export interface Upload {
  readonly path: string
  /** Of the request, query included. */
  readonly target: string
}

/** How long the host may take nothing, or leave the end unanswered. */
const STALLED_MS = 120_000
/** Without a word from the host the body is sent all the same. @source RFC 9110 section 10.1.1 */
const CONTINUE_MS = 2000

/** What the host answered. Throws a Failure when it refuses, when the file cannot be read, or when it changes meanwhile. */
export async function upload(client: Client, io: Io, { path, target }: Upload): Promise<Answer> {
  const { size } = await ordinaryFile(path)
  const digest = await digestOf(path, size, io)
  const line = progressLine(io, 'Upload')
  try {
    return await send(client, { path, target }, size, digest, line)
  } finally {
    line.end()
  }
}

async function ordinaryFile(path: string): Promise<Stats> {
  const found = await stat(path).catch((error: Error) => {
    throw failure(EXIT.usage, 'file.unreadable', `${path} cannot be read: ${error.message}`)
  })
  if (!found.isFile()) throw failure(EXIT.usage, 'file.unreadable', `${path} is no file; its size has to be known beforehand.`)
  return found
}

/** Base64. */
async function digestOf(path: string, size: number, io: Io): Promise<string> {
  const line = progressLine(io, 'Digest')
  const hash = createHash('sha256')
  let done = 0
  try {
    for await (const part of readFile(path, io.interrupted)) {
      hash.update(part)
      done += part.length
      line.show(percentOf(done, size), renderTransfer(done, size, 0))
    }
    return hash.digest('base64')
  } finally {
    line.end()
  }
}

async function* readFile(path: string, interrupted: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
      if (interrupted.aborted) throw interrupted.reason
      yield part as Buffer
    }
  } catch (error) {
    if (interrupted.aborted) throw interrupted.reason
    throw failure(EXIT.failed, 'file.unreadable', `${path} cannot be read: ${(error as Error).message}`)
  }
}

async function send(client: Client, { path, target }: Upload, size: number, digest: string, line: ProgressLine): Promise<Answer> {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'content-digest': `sha-256=:${digest}:`,
    expect: '100-continue',
  }
  let sent: ClientRequest | undefined
  const answer = new Promise<Answer>((resolve, reject) => {
    sent = client.open({ method: 'PUT', path: target, headers, timeout: STALLED_MS }, reject)
    sent.on('timeout', () => sent?.destroy(new Error(`nothing was taken for ${STALLED_MS / 1000} s`)))
    sent.on('response', (response) => readAnswer(response).then(resolve, reject))
    sent.flushHeaders()
  })
  const answered = answer.then(
    () => true,
    () => true,
  )
  try {
    if (sent !== undefined && (await mayBegin(sent, answered))) await sendBody(sent, path, size, answered, line, client.interrupted)
    const outcome = await answer
    if (!succeeded(outcome)) throw failureOf(outcome)
    return outcome
  } finally {
    // A refusal before the end leaves a body that nobody wants.
    if (sent?.writableFinished === false) sent.destroy()
  }
}

/** False when the host has answered without wanting the body. */
async function mayBegin(sent: ClientRequest, answered: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const go = new Promise<false>((resolve) => {
    sent.once('continue', () => resolve(false))
    timer = setTimeout(() => resolve(false), CONTINUE_MS)
  })
  try {
    return !(await Promise.race([answered, go]))
  } finally {
    clearTimeout(timer)
  }
}

async function sendBody(
  sent: ClientRequest,
  path: string,
  size: number,
  answered: Promise<boolean>,
  line: ProgressLine,
  interrupted: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  let stopped = false
  void answered.then(() => {
    stopped = true
  })
  let done = 0
  for await (const part of readFile(path, interrupted)) {
    if (stopped) return
    done += part.length
    if (done > size) break
    if (!sent.write(part)) await Promise.race([answered, drained(sent)])
    line.show(percentOf(done, size), renderTransfer(done, size, (performance.now() - startedAt) / 1000))
  }
  if (done !== size) throw failure(EXIT.failed, 'file.changed', `${path} has changed while it was sent; nothing was kept of it.`)
  sent.end()
  await Promise.race([answered, finished(sent, { readable: false }).catch(() => {})])
}

function drained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sent.off('drain', done)
      sent.off('close', done)
      resolve()
    }
    sent.on('drain', done)
    sent.on('close', done)
  })
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : (100 * done) / total
}
