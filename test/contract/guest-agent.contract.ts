// What every guest agent promises, whatever the guest does.
import { beforeEach, describe, expect, it } from 'vitest'
import type { GuestClaims } from '../../control/src/domain/guest.ts'
import type { GuestAgent } from '../../control/src/ports/guest-agent.ts'
import type { AgentBehaviour } from '../fakes/guest-agent.ts'

/** The guest behind an agent. Its shutdown is only counted. */
export interface GuestOfContract {
  isOpen: boolean
  behaviour: AgentBehaviour
  claims: Omit<GuestClaims, 'frozen'>
  readonly frozen: boolean
  readonly shutdowns: number
  readonly timesSet: number
}

export interface AgentBench {
  readonly agent: GuestAgent
  readonly guest: GuestOfContract
  /** Lets `ms` pass, where time does not pass by itself. */
  pass(ms: number): Promise<void>
}

const CLAIMS = {
  hostname: 'web1',
  os: { id: 'debian', name: 'Debian GNU/Linux 13 (trixie)', version: '13', kernel: '6.12.48' },
  addresses: [
    { interface: 'enp1s0', mac: '52:54:00:12:34:56', address: '10.213.0.2', prefixLength: 24 },
    { interface: 'enp1s0', mac: '52:54:00:12:34:56', address: 'fe80::5054:ff:fe12:3456', prefixLength: 64 },
  ],
}
const ASKED = ['observe', 'shutdown', 'freeze', 'thaw', 'setTime'] as const

export function guestAgentContract(make: () => Promise<AgentBench>): void {
  describe('a guest agent', () => {
    let bench: AgentBench
    beforeEach(async () => {
      bench = await make()
      bench.guest.claims = CLAIMS
    })

    const open = () => {
      bench.guest.isOpen = true
    }
    /** More than the longest deadline. */
    async function ended<T>(asked: Promise<T>): Promise<T | { readonly code: string }> {
      const end = asked.then(
        (value) => value,
        (error: { readonly code: string }) => ({ code: error.code }),
      )
      await bench.pass(120_000)
      return end
    }

    it.each(ASKED)('that is not there refuses %s', async (what) => {
      expect(bench.agent.isOpen).toBe(false)
      expect(await ended<unknown>(bench.agent[what]())).toEqual({ code: 'guest-agent.absent' })
    })

    it('comes and goes', async () => {
      const seen: boolean[] = []
      bench.agent.onChange((isOpen) => seen.push(isOpen))
      open()
      expect(bench.agent.isOpen).toBe(true)
      bench.guest.isOpen = false
      expect(bench.agent.isOpen).toBe(false)
      expect(seen).toEqual([true, false])
      expect(await ended(bench.agent.observe())).toEqual({ code: 'guest-agent.absent' })
    })

    it('tells what the guest claims', async () => {
      open()
      expect(await ended(bench.agent.observe())).toEqual({ ...CLAIMS, frozen: false })
    })

    it('freezes and thaws, and tells nothing else in between', async () => {
      open()
      expect(await ended(bench.agent.freeze())).toBe(2)
      expect(bench.guest.frozen).toBe(true)
      expect(await ended(bench.agent.observe())).toEqual({ hostname: null, os: null, addresses: [], frozen: true })
      for (const what of ['freeze', 'shutdown', 'setTime'] as const) {
        expect(await ended<unknown>(bench.agent[what]())).toEqual({ code: 'guest-agent.unsupported' })
      }
      expect(await ended(bench.agent.thaw())).toBe(2)
      expect(bench.guest.frozen).toBe(false)
      expect(await ended(bench.agent.thaw())).toBe(0)
    })

    it('takes a shutdown and the time', async () => {
      open()
      expect(await ended(bench.agent.shutdown())).toBeUndefined()
      expect(await ended(bench.agent.setTime())).toBeUndefined()
      expect([bench.guest.shutdowns, bench.guest.timesSet]).toEqual([1, 1])
    })

    it.each<[AgentBehaviour, string]>([
      ['failing', 'guest-agent.error'],
      ['limited', 'guest-agent.unsupported'],
    ])('that is %s says so, and answers the next question', async (behaviour, code) => {
      open()
      bench.guest.behaviour = behaviour
      for (const what of ['freeze', 'shutdown', 'setTime'] as const) expect(await ended<unknown>(bench.agent[what]())).toEqual({ code })
      expect(await ended(bench.agent.observe())).toMatchObject({ hostname: 'web1' })
    })

    it.each<[AgentBehaviour, string]>([
      ['silent', 'guest-agent.timeout'],
      ['malformed', 'guest-agent.malformed'],
    ])('that is %s is given up, and heard again when it is better', async (behaviour, code) => {
      open()
      bench.guest.behaviour = behaviour
      expect(await ended(bench.agent.observe())).toEqual({ code })
      bench.guest.behaviour = 'good'
      expect(await ended(bench.agent.observe())).toMatchObject({ hostname: 'web1' })
    })

    it('answers what is asked at once, one after the other', async () => {
      open()
      const asked = [bench.agent.freeze(), bench.agent.observe(), bench.agent.thaw(), bench.agent.observe()]
      expect(await ended(Promise.all<unknown>(asked))).toEqual([
        2,
        expect.objectContaining({ frozen: true }),
        2,
        { ...CLAIMS, frozen: false },
      ])
    })
  })
}
