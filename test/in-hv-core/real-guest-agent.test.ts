// The agent that guests really run (qemu-ga), as nobody and with every act blocked that could reach this machine: our words are its words.
import * as fs from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentTransport } from '../../control/src/adapters/agent-transport.ts'
import { createClock } from '../../control/src/adapters/clock.ts'
import { QemuGuestAgent } from '../../control/src/adapters/guest-agent.ts'
import { endsWithin, waitUntil } from '../../control/src/adapters/wait.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const NOBODY = 65_534
const SIGKILL = 9
const BLOCKED = ['guest-shutdown', 'guest-set-time', 'guest-fsfreeze-freeze', 'guest-fsfreeze-freeze-list', 'guest-fstrim', 'guest-exec']
const clock = createClock()

let directory: string
let program: Process
let agent: QemuGuestAgent

beforeEach(async () => {
  directory = temporaryDirectory()
  fs.chown(directory, NOBODY, NOBODY)
  const path = `${directory}/agent.sock`
  program = spawn({
    argv: ['/usr/sbin/qemu-ga', '-m', 'unix-listen', '-p', path, '-t', directory, '-f', `${directory}/pid`, '-b', BLOCKED.join()],
    uid: NOBODY,
    gid: NOBODY,
    noNewPrivileges: true,
    namespaces: ['uts'],
    fds: { 2: 2 },
  })
  agent = new QemuGuestAgent({ execute: () => Promise.resolve([{ label: 'agent', 'frontend-open': true }]) }, agentTransport(path), clock)
  if (!(await waitUntil(clock, () => fs.statOrNull(path) !== null, 10_000))) throw new Error('qemu-ga does not listen')
  await agent.refresh()
})
afterEach(async () => {
  agent.close()
  program.kill(SIGKILL)
  await program.exited
  removeDirectory(directory)
})

function ended(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: { readonly code: string; readonly message: string }) => `${error.code}: ${error.message}`)
}

describe('qemu-ga', () => {
  it('tells of this machine what this machine tells', async () => {
    const { hostname, os, frozen } = await agent.observe()
    expect(hostname).toBe(fs.readText('/proc/sys/kernel/hostname').trim())
    expect(os).toMatchObject({ id: 'debian', kernel: fs.readText('/proc/sys/kernel/osrelease').trim() })
    expect(frozen).toBe(false)
  })

  it('is heard over the same connection again and again', async () => {
    const first = await agent.observe()
    for (let turn = 0; turn < 20; turn++) expect(await agent.observe()).toEqual(first)
    expect(await agent.thaw()).toBe(0)
  })

  it('refuses what it is told to refuse, and goes on', async () => {
    for (const what of ['freeze', 'shutdown', 'setTime'] as const) {
      expect(await ended(agent[what]())).toMatch(/^guest-agent\.unsupported: the guest's agent says: /)
    }
    expect(await agent.observe()).toMatchObject({ frozen: false })
  })

  it('is understood by a second connection, whatever the first left half said', async () => {
    await agent.observe()
    agent.close()
    // It listens again a moment after the first has gone.
    let connected = false
    for (const deadline = clock.monotonicMs() + 10_000; !connected && clock.monotonicMs() < deadline; ) {
      connected = await endsWithin(clock, agent.refresh(), 1_000)
    }
    expect(connected).toBe(true)
    expect(await agent.observe()).toMatchObject({ frozen: false })
  })
})
