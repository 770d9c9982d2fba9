// The way to a collector with the real tlsdial in its confinement, and openssl as the collector.
import * as fs from 'hv:fs'
import { type Process, run, spawn } from 'hv:process'
import { pipe } from 'hv:socket'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createLogCollector } from '../../control/src/adapters/log-collector.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { SyslogMessage } from '../../control/src/domain/syslog.ts'
import type { CollectorLink, CollectorTarget } from '../../control/src/ports/log-collector.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

// The one that is shipped, as it is confined there.
const PROGRAM = `${fs.readLink('/proc/self/cwd')}/build/hv-core/release/tlsdial`
const PORT = 16_514
const clock = createClock()
const MESSAGE: SyslogMessage = {
  ...({
    facility: 13,
    severity: 5,
    at: '2026-01-01T00:00:00.000Z',
    hostname: 'rack3',
    kind: 'audit',
    data: {},
    text: 'who did what ä',
  } as const),
}

let directory = ''
let server: Process | null = null
let link: CollectorLink | null = null
let seen: string[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  seen = []
})
afterEach(async () => {
  link?.close()
  link = null
  await endServer()
  removeDirectory(directory)
})

async function endServer(): Promise<void> {
  const ended = server
  server = null
  ended?.kill(9)
  await ended?.exited
}

async function collect(): Promise<string> {
  const [key, certificate, output] = ['key.pem', 'cert.pem', 'out'].map((name) => `${directory}/${name}`) as [string, string, string]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=collector']
  const extension = ['-addext', 'subjectAltName=IP:127.0.0.1']
  await run({ argv: ['/usr/bin/openssl', 'req', '-x509', ...kind, ...extension, '-keyout', key, '-out', certificate] })
  fs.appendFile(output, '')
  const fd = fs.openFd(output, 'w')
  const words = ['s_server', '-quiet', '-naccept', '9', '-accept', `127.0.0.1:${PORT}`, '-cert', certificate, '-key', key]
  // It ends each connection when its input ends.
  const { readFd, writeFd } = pipe()
  server = spawn({ argv: ['/usr/bin/openssl', ...words], fds: { 0: readFd, 1: fd } })
  for (const mine of [fd, readFd]) fs.closeFd(mine)
  void server.exited.then(() => fs.closeFd(writeFd))
  return fs.readText(certificate)
}

function dial(target: Partial<CollectorTarget>): CollectorLink {
  const resolver = { '/etc/resolv.conf': '/etc/resolv.conf', '/etc/hosts': '/etc/hosts' }
  const collector = createLogCollector({ program: PROGRAM, uid: 106, directory: `${directory}/authority`, resolver })
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
  link = collector.dial(
    { host: '127.0.0.1', port: PORT, authority: null, fingerprint, ...target },
    {
      connected: () => void seen.push('connected'),
      arrived: (bytes) => void seen.push(`arrived ${bytes}`),
      ended: (code) => void seen.push(`ended ${code}`),
    },
  )
  return link
}

const sees = (what: string) => waitUntil(clock, () => seen.includes(what), 20_000)

describe('a collector', () => {
  it('that its authority vouches for is sent messages with their length before them, and what has arrived is told', async () => {
    const authority = await collect()
    // Whether it listens yet is only seen by trying.
    for (let attempt = 0; attempt < 20 && !seen.includes('connected'); attempt++) {
      seen = []
      dial({ authority, fingerprint: null })
      await waitUntil(clock, () => seen.length > 0, 20_000)
    }
    expect(seen).toEqual(['connected'])
    const bytes = link?.send(MESSAGE) ?? 0
    await sees(`arrived ${bytes}`)
    expect(seen).toEqual(['connected', `arrived ${bytes}`])
    const text = '<109>1 2026-01-01T00:00:00.000Z rack3 corbel - audit [corbel@32473] \ufeffwho did what ä'
    const there = () => fs.readText(`${directory}/out`).includes(`86 ${text}`)
    expect(await waitUntil(clock, there, 5_000)).toBe(true)
    await endServer()
    await sees('ended closed')
    expect(seen.at(-1)).toBe('ended closed')
  })

  it.each<[string, Partial<CollectorTarget>, string]>([
    ['where nobody listens', { port: 1 }, 'ended connect'],
    ['with a name that is none', { host: 'no.such.host.invalid' }, 'ended resolve'],
  ])('%s is told of', async (_name, target, outcome) => {
    dial(target)
    await sees(outcome)
    expect(seen).toEqual([outcome])
  })

  it('that was closed here is not heard of again', async () => {
    dial({ port: 1 }).close()
    await waitUntil(clock, () => seen.length > 0, 500)
    expect(seen).toEqual([])
  })
})
