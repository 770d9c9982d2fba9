// The guest agent over a real socket: whatever is at the other end, each question ends, little is kept, and no descriptor stays.
import * as fs from 'hv:fs'
import { type Connection, type Listener, listenUnix } from 'hv:socket'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentTransport } from '../../control/src/adapters/agent-transport.ts'
import { createClock } from '../../control/src/adapters/clock.ts'
import { QemuGuestAgent } from '../../control/src/adapters/guest-agent.ts'
import { guestAgentContract } from '../contract/guest-agent.contract.ts'
import type { AgentBehaviour } from '../fakes/guest-agent.ts'
import { ScriptedAgent } from '../fakes/scripted-agent.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'
import { openDescriptors } from './vm-bench.ts'

const clock = createClock()

/** QEMU's end of the channel: one connection at a time, and a guest that outlives them. */
class Channel {
  readonly guest = new ScriptedAgent((bytes) => this.write(bytes))
  readonly agent: QemuGuestAgent
  readonly #listener: Listener
  #connection: Connection | null = null
  #isOpen = false
  connections = 0

  constructor(path: string) {
    this.#listener = listenUnix(path)
    this.#listener.onConnection((connection) => {
      this.connections++
      this.#connection = connection
      connection.onData((chunk) => this.guest.hear(chunk))
      connection.onClose(() => {
        if (this.#connection === connection) this.#connection = null
      })
    })
    this.agent = new QemuGuestAgent({ execute: () => Promise.reject(new Error('not asked')) }, agentTransport(path), clock)
  }

  write(bytes: Uint8Array): void {
    try {
      this.#connection?.write(bytes)
    } catch {
      // It has been closed meanwhile.
    }
  }

  get queuedBytes(): number {
    return this.#connection?.queuedBytes ?? 0
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  set isOpen(open: boolean) {
    this.#isOpen = open
    this.agent.receive({ name: 'VSERPORT_CHANGE', data: { id: 'agent', open } })
  }

  get behaviour(): AgentBehaviour {
    return this.guest.behaviour
  }

  set behaviour(behaviour: AgentBehaviour) {
    this.guest.behaviour = behaviour
  }

  get claims() {
    return this.guest.claims
  }

  set claims(claims) {
    this.guest.claims = claims
  }

  get frozen(): boolean {
    return this.guest.frozen
  }

  get shutdowns(): number {
    return this.guest.shutdowns
  }

  get timesSet(): number {
    return this.guest.timesSet
  }

  dispose(): void {
    this.agent.close()
    this.#connection?.close()
    this.#listener.close()
  }
}

let directory: string
let channel: Channel
let before: number

beforeEach(() => {
  directory = temporaryDirectory()
  before = openDescriptors()
  channel = new Channel(`${directory}/agent.sock`)
})
afterEach(() => {
  channel.dispose()
  const after = openDescriptors()
  removeDirectory(directory)
  if (after !== before) throw new Error(`${after - before} descriptors are left`)
})

function ended(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: { readonly code: string }) => error.code)
}

describe('over a unix socket', () => {
  guestAgentContract(async () => ({ agent: channel.agent, guest: channel, pass: async () => {} }))
})

describe('a guest that', () => {
  beforeEach(() => {
    channel.isOpen = true
  })

  it('tells its name in other letters is understood', async () => {
    channel.claims = { ...channel.claims, hostname: 'büro' }
    channel.guest.answers.set('guest-get-host-name', '{"return": {"host-name": "b\u00c3\u00bcro"}}\n')
    expect(await channel.agent.observe()).toMatchObject({ hostname: 'büro' })
  })

  it('says what is no UTF-8 is given up', async () => {
    channel.guest.answers.set('guest-get-host-name', '{"return": {"host-name": "b\u00c3"}}\n')
    expect(await ended(channel.agent.observe())).toBe('guest-agent.malformed')
  })

  it('talks without end is not read between questions, and given up when it is asked', async () => {
    expect(await channel.agent.thaw()).toBe(0)
    const chunk = new Uint8Array(1 << 20).fill(0x78)
    for (let turn = 0; turn < 4; turn++) channel.write(chunk)
    await new Promise<void>((resolve) => clock.after(200, resolve))
    // All but what the kernel holds is still at the guest's end.
    expect(channel.queuedBytes).toBeGreaterThan(3 << 20)
    expect(await ended(channel.agent.observe())).toBe('guest-agent.malformed')
    expect(await ended(channel.agent.thaw())).toBe(0)
  })

  it('hangs up is asked again over a new connection', async () => {
    channel.guest.answers.set('guest-info', null)
    const asked = ended(channel.agent.observe())
    await new Promise<void>((resolve) => clock.after(100, resolve))
    channel.isOpen = false
    expect(await asked).toBe('guest-agent.absent')
    channel.guest.answers.clear()
    channel.isOpen = true
    expect(await channel.agent.observe()).toMatchObject({ frozen: false })
    expect(channel.connections).toBe(2)
  })
})

describe('a channel that is not there', () => {
  it('fails what is asked', async () => {
    fs.unlink(`${directory}/agent.sock`)
    channel.isOpen = true
    expect(await ended(channel.agent.observe())).toBe('host.ENOENT')
  })

  it('is none of a VM without one', async () => {
    const none = new QemuGuestAgent({ execute: () => Promise.reject(new Error('asked')) }, agentTransport(null), clock)
    await none.refresh()
    expect(none.isOpen).toBe(false)
    expect(await ended(none.thaw())).toBe('guest-agent.absent')
  })
})
