// The guest agent of one VM: whether it is there is QEMU's word, what it answers is the guest's. Conversations come one after the other, each over the
// same connection until one goes wrong.
// @source QEMU docs/interop/qemu-ga.rst; qapi/char.json, VSERPORT_CHANGE and query-chardev
import {
  MalformedReply,
  parseCount,
  parseFreezeStatus,
  parseHostName,
  parseInterfaces,
  parseOsInfo,
  parseSupportedCommands,
} from '../codec/guest-agent.ts'
import type { GuestClaims } from '../domain/guest.ts'
import type { Clock } from '../ports/clock.ts'
import type { GuestAgent } from '../ports/guest-agent.ts'
import { type ByteChannel, type DecodeUtf8, GuestAgentClient } from './guest-agent-client.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { objects, type Qmp } from './monitor.ts'
import type { QmpEvent } from './qmp-client.ts'

/** Of the character device and of the port, on QEMU's command line. */
const NAME = 'agent'
const ANSWER_TIMEOUT_MS = 5_000
/** A whole observation, so that an agent that uses every deadline to the last holds up nobody for long. */
const OBSERVE_TIMEOUT_MS = 10_000
/** Everything that is unwritten is written first. */
const FREEZE_TIMEOUT_MS = 60_000
const THAW_TIMEOUT_MS = 30_000
/** A refusal comes at once. */
const REFUSAL_WAIT_MS = 2_000

/** How the channel is reached. */
export interface AgentTransport {
  /** Null where the VM has no channel. */
  readonly connect: (() => Promise<ByteChannel>) | null
  readonly decodeUtf8: DecodeUtf8
}

export class QemuGuestAgent implements GuestAgent {
  readonly #qmp: Qmp
  readonly #transport: AgentTransport
  readonly #clock: Clock
  #isOpen = false
  #changes = 0
  #handler: (isOpen: boolean) => void = () => {}
  #client: GuestAgentClient | null = null
  /** The conversation that ends last of those asked for. */
  #last: Promise<unknown> = Promise.resolve()
  #nextSynchronisation: number

  constructor(qmp: Qmp, transport: AgentTransport, clock: Clock) {
    this.#qmp = qmp
    this.#transport = transport
    this.#clock = clock
    // Counted by nobody else since the host was started: an earlier controld's are all below.
    this.#nextSynchronisation = Math.floor(clock.monotonicMs())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  onChange(handler: (isOpen: boolean) => void): void {
    this.#handler = handler
  }

  observe(): Promise<GuestClaims> {
    return this.#converse((client) => observe(client, this.#clock))
  }

  shutdown(): Promise<void> {
    return this.#converse((client) => client.announce('guest-shutdown', { mode: 'powerdown' }, REFUSAL_WAIT_MS))
  }

  freeze(): Promise<number> {
    return this.#converse(async (client) => parseCount(await client.execute('guest-fsfreeze-freeze', undefined, FREEZE_TIMEOUT_MS)))
  }

  thaw(): Promise<number> {
    return this.#converse(async (client) => parseCount(await client.execute('guest-fsfreeze-thaw', undefined, THAW_TIMEOUT_MS)))
  }

  setTime(): Promise<void> {
    return this.#converse(async (client) => {
      // Nanoseconds, of which a number keeps all but the last three digits.
      const time = Date.parse(this.#clock.now()) * 1_000_000
      await client.execute('guest-set-time', { time }, ANSWER_TIMEOUT_MS)
    })
  }

  /** Every event of the VM's QMP link goes through here. */
  receive({ name, data }: QmpEvent): void {
    if (name === 'VSERPORT_CHANGE' && data.id === NAME && typeof data.open === 'boolean') this.#become(data.open)
  }

  /** Asks QEMU whether the channel is open: at first, and whenever events may have been missed. */
  async refresh(): Promise<void> {
    const { connect } = this.#transport
    if (connect === null) return
    const before = this.#changes
    const devices = objects(await this.#qmp.execute('query-chardev'), 'query-chardev')
    // What an event has told meanwhile is newer.
    if (before !== this.#changes) return
    this.#become(devices.some((device) => device.label === NAME && device['frontend-open'] === true))
  }

  close(): void {
    this.#become(false)
  }

  #become(isOpen: boolean): void {
    this.#changes++
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    if (!isOpen) this.#hangUp()
    this.#handler(isOpen)
  }

  #converse<T>(talk: (client: GuestAgentClient) => Promise<T>): Promise<T> {
    const conversation = this.#last.then(() => this.#hold(talk))
    this.#last = conversation.catch(() => {})
    return conversation
  }

  async #hold<T>(talk: (client: GuestAgentClient) => Promise<T>): Promise<T> {
    const client = await this.#connected()
    try {
      await client.synchronise(this.#nextSynchronisation++, ANSWER_TIMEOUT_MS)
      return await talk(client)
    } catch (error) {
      if (error instanceof MalformedReply) {
        this.#hangUp()
        throw new VmHostFailure('guest-agent.malformed', 'guest-agent', error.message)
      }
      throw toHostFailure(error, 'guest-agent')
    }
  }

  async #connected(): Promise<GuestAgentClient> {
    const { connect, decodeUtf8 } = this.#transport
    if (!this.#isOpen || connect === null) throw new VmHostFailure('guest-agent.absent', 'guest-agent', 'no agent runs in the guest')
    if (this.#client !== null && !this.#client.isClosed) return this.#client
    let channel: ByteChannel
    try {
      channel = await connect()
    } catch (error) {
      throw toHostFailure(error, 'connect-agent')
    }
    this.#client = new GuestAgentClient(channel, this.#clock, decodeUtf8)
    // It may have gone while the connection was made.
    if (!this.#isOpen) this.#hangUp()
    return this.#client
  }

  #hangUp(): void {
    this.#client?.close()
  }
}

/** What the agent does not know, or refuses to tell, is null; what it tells in another form than it should ends all. */
async function observe(client: GuestAgentClient, clock: Clock): Promise<GuestClaims> {
  const end = clock.monotonicMs() + OBSERVE_TIMEOUT_MS
  const ask = (command: string) => client.execute(command, undefined, Math.max(1, Math.min(ANSWER_TIMEOUT_MS, end - clock.monotonicMs())))
  const supported = parseSupportedCommands(await ask('guest-info'))
  async function claim<T>(command: string, parse: (value: unknown) => T): Promise<T | null> {
    if (!supported.has(command)) return null
    let value: unknown
    try {
      value = await ask(command)
    } catch (error) {
      if (error instanceof VmHostFailure && (error.code === 'guest-agent.error' || error.code === 'guest-agent.unsupported')) return null
      throw error
    }
    return parse(value)
  }
  const frozen = (await claim('guest-fsfreeze-status', parseFreezeStatus)) ?? false
  const hostname = await claim('guest-get-host-name', parseHostName)
  const os = await claim('guest-get-osinfo', parseOsInfo)
  const addresses = (await claim('guest-network-get-interfaces', parseInterfaces)) ?? []
  return { hostname, os, addresses, frozen }
}
