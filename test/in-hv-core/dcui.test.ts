// The console as shipped, on a pseudo-terminal, with this test as its controld: what it shows, what it sends, what it may.
import * as fs from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { type Connection, fromFd, socketPair } from 'hv:socket'
import { log } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { type FrameServer, serveFrames } from '../../control/src/adapters/frame-server.ts'
import { screenText } from '../../control/src/console/cells.ts'
import { serialTerminal } from '../../control/src/console/painter.ts'
import { feed, makeTerminal } from '../unit/console/emulator.ts'
import { statuses } from '../unit/console/samples.ts'

const run = '/run/corbel'
const clock = createClock()
// build/hv-core/VARIANT/hv-core, build/control/dcui.qjb.
const hvCore = fs.readLink('/proc/self/exe')
const bundle = `${hvCore.split('/').slice(0, -3).join('/')}/control/dcui.qjb`

let server: FrameServer | null = null
let terminal: Process | null = null
let keyboard: Connection | null = null
let output = ''
let size = { columns: 80, rows: 24 }
let setupRequired = true
const bodies: string[] = []

function serve(): void {
  // Only uid 101 is let in.
  server = serveFrames(
    { path: `${run}/control/control.sock`, peers: { 101: 'console' } },
    async (request) => {
      const status = { ...statuses.normal, setupRequired, time: new Date().toISOString() }
      if (request.method === 'GET') return { kind: 'complete', status: 200, headers: {}, body: JSON.stringify(status) }
      bodies.push(`${request.path} ${decodeUtf8(request.body)}`)
      setupRequired = false
      return { kind: 'complete', status: 204, headers: {}, body: '' }
    },
    log,
  )
}

/** What the terminal shows by now. A sequence that is cut off is left for the next time. */
function screen(): string {
  const shown = makeTerminal(size.columns, size.rows)
  feed(shown, output.replaceAll(serialTerminal.setup, '').replace(/\x1b[^A-Za-z]*$/, ''))
  return screenText(shown.screen).join('\n')
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = clock.monotonicMs() + 20_000
  while (!condition()) {
    if (clock.monotonicMs() > deadline) throw new Error(`not within 20 s: ${what}; the screen:\n${screen()}`)
    await new Promise<void>((resolve) => clock.after(20, resolve))
  }
}

const shows = (text: string) => until(text, () => screen().includes(text))

beforeAll(() => {
  fs.mkdir(run, { recursive: true })
  fs.mount('tmpfs', run, 'tmpfs', ['nosuid', 'nodev'])
  const [ours, theirs] = socketPair()
  // script(1) makes the pseudo-terminal, without a size, as a serial line has none.
  const command = `exec ${hvCore} ${bundle} "$(tty | cut -c6-)"`
  terminal = spawn({ argv: ['/usr/bin/script', '-qfc', command, '/dev/null'], env: { SHELL: '/bin/sh' }, fds: { 0: theirs, 1: theirs } })
  fs.closeFd(theirs)
  keyboard = fromFd(ours)
  keyboard.onData((chunk) => {
    output += decodeUtf8(chunk)
  })
})

afterAll(async () => {
  server?.close()
  keyboard?.close()
  terminal?.kill(9)
  await terminal?.exited
  fs.unmount(run)
})

describe('the console', () => {
  it('says that the service is starting while there is none', async () => {
    await shows('The management service is starting')
  })

  it('asks for the first password once the service answers, and sends it', async () => {
    serve()
    await shows("Set the administrator's password")
    keyboard?.write('a good password\ra good password\r')
    await shows('2 of 5 running')
    // Who has set it is logged in, and offered a recovery code.
    const logIn = '/v1/login {"username":"administrator","password":"a good password"}'
    expect(bodies).toEqual(['/v1/setup {"password":"a good password"}', logIn])
    expect(output).not.toContain('a good')
  })

  it('has given up everything', () => {
    const children = fs.readText(`/proc/${terminal?.pid}/task/${terminal?.pid}/children`)
    const pid = children.trim()
    const status = fs.readText(`/proc/${pid}/status`)
    expect(status).toMatch(/^Uid:\t101\t101\t101\t101$/m)
    expect(status).toMatch(/^Gid:\t101\t101\t101\t101$/m)
    expect(status).toMatch(/^Groups:\t\s*$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\t0+$`, 'm'))
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(fs.readDir(`/proc/${pid}/root`)).toEqual(['run'])
    expect(fs.readDir(`/proc/${pid}/root/run/corbel`)).toEqual(['control'])
    for (const kind of ['mnt', 'net', 'ipc', 'uts']) {
      expect(fs.readLink(`/proc/${pid}/ns/${kind}`)).not.toBe(fs.readLink(`/proc/self/ns/${kind}`))
    }
  })

  it('shows each second', async () => {
    const before = output.length
    const time = /\d\d:\d\d:\d\d UTC/
    const first = time.exec(screen())?.[0]
    await until('another time', () => time.exec(screen())?.[0] !== first)
    expect(output.length - before).toBeLessThan(200)
  })

  it('follows the size that the terminal answers, and survives garbage', async () => {
    output = ''
    size = { columns: 100, rows: 40 }
    keyboard?.write('\x1b[40;100R')
    keyboard?.write(`\x1b]0;x\x07\x1b[${'9;'.repeat(3000)}m\x07\x00\x9b\xff`)
    await until('the bottom line in row 40', () => screen().split('\n')[39]?.includes('UTC') === true)
    expect(screen()).toContain('Manage this host at')
  })

  it('says at once that the service has gone, and that it is back', async () => {
    server?.close()
    const since = clock.monotonicMs()
    await shows('Management service not answering')
    expect(clock.monotonicMs() - since).toBeLessThan(900)
    serve()
    await shows('Management service answers')
  })
})
