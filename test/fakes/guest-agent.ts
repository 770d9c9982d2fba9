// A guest with an agent: the guest outlives an app, the agent answers well, badly or not at all.
import type { GuestClaims } from '../../control/src/domain/guest.ts'
import type { GuestAgent } from '../../control/src/ports/guest-agent.ts'
import { FakeFailure } from './failure.ts'

export type AgentBehaviour =
  | 'good'
  /** Says nothing. */
  | 'silent'
  /** Says what is no answer. */
  | 'malformed'
  /** Cannot do anything it is asked. */
  | 'failing'
  /** Knows the questions, and none of the acts. */
  | 'limited'

export class FakeGuest {
  behaviour: AgentBehaviour = 'good'
  claims: Omit<GuestClaims, 'frozen'> = {
    hostname: 'guest',
    os: { id: 'debian', name: 'Debian GNU/Linux 13 (trixie)', version: '13', kernel: '6.12.48' },
    addresses: [{ interface: 'enp1s0', mac: '52:54:00:12:34:56', address: '10.213.0.2', prefixLength: 24 }],
  }
  frozen = false
  /** Whether a shutdown that it has taken happens. */
  obedient = true
  shutdowns = 0
  timesSet = 0
  /** How often it was looked at, whether it answered or not. */
  observed = 0
  /** What is asked waits for this. */
  gate: Promise<void> = Promise.resolve()
  #isOpen = false
  #handler: (isOpen: boolean) => void = () => {}

  /** `onShutdown` ends the machine. */
  constructor(readonly onShutdown: () => void) {}

  /** Its agent starts or ends. */
  set isOpen(isOpen: boolean) {
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    this.#handler(isOpen)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Another system comes up, and its agent is not there yet. */
  restart(): void {
    this.frozen = false
    this.isOpen = false
  }

  disconnect(): void {
    this.#handler = () => {}
  }

  /** As an app sees it. What stands still answers nothing. */
  agent(runs: () => boolean): GuestAgent {
    const act = async <T>(isQuestion: boolean, what: () => T): Promise<T> => {
      await this.gate
      if (this.#isOpen && !runs()) throw new FakeFailure('guest-agent.timeout')
      this.#require(isQuestion)
      return what()
    }
    const isOpen = () => this.#isOpen
    return {
      get isOpen() {
        return isOpen()
      },
      onChange: (handler) => {
        this.#handler = handler
      },
      observe: () => {
        this.observed++
        return act(true, () =>
          this.frozen ? { hostname: null, os: null, addresses: [], frozen: true } : { ...this.claims, frozen: false },
        )
      },
      shutdown: () =>
        act(false, () => {
          this.#requireThawed()
          this.shutdowns++
          if (this.obedient) this.onShutdown()
        }),
      freeze: () =>
        act(false, () => {
          this.#requireThawed()
          this.frozen = true
          return 2
        }),
      thaw: () =>
        act(false, () => {
          const count = this.frozen ? 2 : 0
          this.frozen = false
          return count
        }),
      setTime: () =>
        act(false, () => {
          this.#requireThawed()
          this.timesSet++
        }),
    }
  }

  #require(isQuestion: boolean): void {
    if (!this.#isOpen) throw new FakeFailure('guest-agent.absent')
    if (this.behaviour === 'silent') throw new FakeFailure('guest-agent.timeout')
    if (this.behaviour === 'malformed') throw new FakeFailure('guest-agent.malformed')
    if (isQuestion) return
    if (this.behaviour === 'failing') throw new FakeFailure('guest-agent.error')
    if (this.behaviour === 'limited') throw new FakeFailure('guest-agent.unsupported')
  }

  #requireThawed(): void {
    if (this.frozen) throw new FakeFailure('guest-agent.unsupported')
  }
}
