// A VM's guest agent: there or not by QEMU's word, asked one thing after the other, connected to only when asked.
import { beforeEach, describe, expect, it } from 'vitest'
import { QemuGuestAgent } from '../../../control/src/adapters/guest-agent.ts'
import { VmHostFailure } from '../../../control/src/adapters/host-failure.ts'
import { type AgentBench, guestAgentContract } from '../../contract/guest-agent.contract.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { decodeAscii, MemoryChannel } from '../../fakes/memory-channel.ts'

/** QEMU with a channel, and a guest that keeps what it is over all connections. */
class Machine {
  readonly clock = new FakeClock()
  readonly channels: MemoryChannel[] = []
  /** What `query-chardev` says. */
  frontendOpen = false
  answerQuery: () => Promise<unknown> = () => Promise.resolve([{ label: 'qmp' }, { label: 'agent', 'frontend-open': this.frontendOpen }])
  prepare: (channel: MemoryChannel) => void = () => {}
  queries = 0
  readonly agent = new QemuGuestAgent(
    {
      execute: () => {
        this.queries++
        return this.answerQuery()
      },
    },
    {
      connect: async () => {
        const channel = new MemoryChannel()
        this.prepare(channel)
        this.channels.push(channel)
        return channel
      },
      decodeUtf8: decodeAscii,
    },
    this.clock,
  )

  tell(open: unknown, id: unknown = 'agent'): void {
    this.agent.receive({ name: 'VSERPORT_CHANGE', data: { id, open } })
  }

  get connections(): number {
    return this.channels.length
  }
}

let machine: Machine
beforeEach(() => {
  machine = new Machine()
})

function ended(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: { readonly code: string }) => error.code)
}

describe('over a channel in memory', () => {
  guestAgentContract(async (): Promise<AgentBench> => {
    const made = new Machine()
    const scripted = new MemoryChannel().guest
    const state = { behaviour: 'good' as const, claims: scripted.claims, isOpen: false }
    const latest = () => made.channels.at(-1)?.guest ?? scripted
    // One guest behind all connections.
    made.prepare = (channel) => {
      const { frozen, shutdowns, timesSet } = latest()
      Object.assign(channel.guest, { frozen, shutdowns, timesSet, behaviour: state.behaviour, claims: state.claims })
    }
    return {
      agent: made.agent,
      pass: (ms) => made.clock.advance(ms),
      guest: {
        get isOpen() {
          return state.isOpen
        },
        set isOpen(isOpen) {
          state.isOpen = isOpen
          made.tell(isOpen)
        },
        get behaviour() {
          return state.behaviour
        },
        set behaviour(behaviour) {
          Object.assign(state, { behaviour })
          latest().behaviour = behaviour
        },
        get claims() {
          return state.claims
        },
        set claims(claims) {
          state.claims = claims
          latest().claims = claims
        },
        get frozen() {
          return latest().frozen
        },
        get shutdowns() {
          return latest().shutdowns
        },
        get timesSet() {
          return latest().timesSet
        },
      },
    }
  })
})

describe('whether there is an agent', () => {
  it('is asked of QEMU, once', async () => {
    machine.frontendOpen = true
    await machine.agent.refresh()
    expect([machine.agent.isOpen, machine.queries]).toEqual([true, 1])
    machine.frontendOpen = false
    await machine.agent.refresh()
    expect(machine.agent.isOpen).toBe(false)
  })

  it.each<[string, unknown]>([
    ['names no such channel', [{ label: 'serial0', 'frontend-open': true }]],
    ['says it in other words', [{ label: 'agent', 'frontend-open': 'yes' }]],
  ])('is no when QEMU %s', async (_what, answer) => {
    machine.answerQuery = () => Promise.resolve(answer)
    await machine.agent.refresh()
    expect(machine.agent.isOpen).toBe(false)
  })

  it('is what an event has told while the question was under way', async () => {
    let answer: (value: unknown) => void = () => {}
    machine.answerQuery = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const asking = machine.agent.refresh()
    machine.tell(true)
    answer([{ label: 'agent', 'frontend-open': false }])
    await asking
    expect(machine.agent.isOpen).toBe(true)
  })

  it.each<[string, unknown, unknown]>([
    ['another port', true, 'other'],
    ['no port', true, null],
    ['nothing that is yes or no', 'true', 'agent'],
  ])('is not told by an event of %s', (_what, open, id) => {
    machine.tell(open, id)
    expect(machine.agent.isOpen).toBe(false)
  })
})

describe('the connection', () => {
  it('is made when something is asked, and kept', async () => {
    machine.tell(true)
    expect(machine.connections).toBe(0)
    for (let turn = 0; turn < 3; turn++) await machine.agent.thaw()
    expect(machine.connections).toBe(1)
    expect(machine.channels[0]?.paused).toBe(true)
  })

  it('ends with the agent, and so does what is being asked', async () => {
    machine.tell(true)
    machine.prepare = ({ guest }) => {
      guest.behaviour = 'silent'
    }
    const asked = ended(machine.agent.observe())
    await machine.clock.advance(1_000)
    machine.tell(false)
    expect(await asked).toBe('guest-agent.absent')
    expect([machine.channels[0]?.closed, machine.clock.pendingTimers]).toEqual([true, 0])
    machine.tell(true)
    machine.prepare = () => {}
    expect(await machine.agent.thaw()).toBe(0)
    expect(machine.connections).toBe(2)
  })

  it('is made again after it broke, and not before it is asked', async () => {
    machine.tell(true)
    machine.prepare = ({ guest }) => {
      guest.behaviour = 'malformed'
    }
    expect(await ended(machine.agent.observe())).toBe('guest-agent.malformed')
    expect(machine.channels.map(({ closed }) => closed)).toEqual([true])
    machine.prepare = () => {}
    expect(await machine.agent.observe()).toMatchObject({ frozen: false })
    expect(machine.connections).toBe(2)
  })

  it('that cannot be made fails what was asked', async () => {
    machine.tell(true)
    machine.prepare = () => {
      throw new VmHostFailure('host.ECONNREFUSED', 'connect', 'refused')
    }
    expect(await ended(machine.agent.observe())).toBe('host.ECONNREFUSED')
  })

  it('begins each conversation with a number of its own', async () => {
    machine.tell(true)
    const numbers: unknown[] = []
    machine.prepare = (channel) => {
      const write = channel.write.bind(channel)
      channel.write = (bytes) => {
        const id = /"id":(\d+)/.exec(String.fromCharCode(...bytes))?.[1]
        if (id !== undefined) numbers.push(id)
        write(bytes)
      }
    }
    await machine.agent.thaw()
    await machine.agent.thaw()
    expect(new Set(numbers).size).toBe(2)
  })
})

describe('an observation', () => {
  it('asks only for what the agent has enabled', async () => {
    machine.tell(true)
    machine.prepare = ({ guest }) => {
      guest.answers.set(
        'guest-info',
        '{"return": {"version": "1", "supported_commands": [{"name": "guest-get-host-name", "enabled": true}]}}\n',
      )
      guest.claims = { ...guest.claims, hostname: 'web1' }
    }
    expect(await machine.agent.observe()).toEqual({ hostname: 'web1', os: null, addresses: [], frozen: false })
    expect(machine.channels[0]?.guest.asked).toEqual(['guest-sync-delimited', 'guest-info', 'guest-get-host-name'])
  })

  it('leaves out what the agent cannot tell', async () => {
    machine.tell(true)
    machine.prepare = ({ guest }) => {
      guest.answers.set('guest-get-osinfo', '{"error": {"class": "GenericError", "desc": "no os-release"}}\n')
    }
    expect(await machine.agent.observe()).toMatchObject({ os: null })
  })

  it('ends when the agent tells something else than it was asked', async () => {
    machine.tell(true)
    machine.prepare = ({ guest }) => {
      guest.answers.set('guest-network-get-interfaces', '{"return": {"eth0": "10.0.0.1"}}\n')
    }
    expect(await ended(machine.agent.observe())).toBe('guest-agent.malformed')
    expect(machine.channels[0]?.closed).toBe(true)
  })

  it('of one that uses every deadline to the last takes 15 s', async () => {
    machine.tell(true)
    let answered = 0
    machine.prepare = (channel) => {
      const { guest } = channel
      const hear = guest.hear.bind(guest)
      guest.hear = (bytes) => {
        machine.clock.after(4_900, () => {
          answered++
          hear(bytes)
        })
      }
    }
    const asked = ended(machine.agent.observe())
    await machine.clock.advance(15_000)
    expect(await asked).toBe('guest-agent.timeout')
    expect(answered).toBeLessThan(5)
  })
})
