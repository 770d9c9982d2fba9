// A conversation with a guest agent over a byte channel: one command at a time, each ending in its answer, its error, the channel's close, a deadline
// or a limit of bytes. Between commands nothing is read, so that whatever a guest sends unasked stays in the guest.
import { type AgentReply, MalformedReply, parseAgentReply, renderAgentCommand, SENTINEL } from '../codec/guest-agent.ts'
import type { Clock } from '../ports/clock.ts'
import { VmHostFailure } from './host-failure.ts'

/** Longest answer. What is larger is none that is wanted: 300 interfaces have 100 KB. */
export const MAX_REPLY_BYTES = 256 * 1024
/** What may be heard while one answer is awaited; before it is synchronised that includes answers which nobody awaits any more. */
export const MAX_HEARD_BYTES = 1024 * 1024

const NEWLINE = 0x0a

/** A stream of bytes in both directions. */
export interface ByteChannel {
  /** Set once; nothing is read before. */
  onData(handler: (chunk: Uint8Array) => void): void
  /** Called once, whoever closes. */
  onClose(handler: () => void): void
  /** Throws once the channel is closed. */
  write(bytes: Uint8Array): void
  /** Stops reading: what the peer sends stays with the kernel, which makes it wait. */
  pause(): void
  resume(): void
  close(): void
}

/** Null when the bytes are not UTF-8. */
export type DecodeUtf8 = (bytes: Uint8Array) => string | null

interface Awaited {
  readonly command: string
  /** Takes one line; true when it is the answer. Throws as `accept` does. */
  readonly take: (line: Uint8Array) => boolean
  readonly end: (failure: VmHostFailure) => void
  heardBytes: number
}

/** Ends with `guest-agent.timeout`, `.malformed`, `.absent`, after which it is closed; or with `.unsupported`, `.error`, after which it goes on. */
export class GuestAgentClient {
  readonly #channel: ByteChannel
  readonly #clock: Clock
  readonly #decodeUtf8: DecodeUtf8
  #awaited: Awaited | null = null
  /** The line so far, in a buffer that is given up after each answer: most of the time nothing is asked. */
  #buffer = new Uint8Array(0)
  #length = 0
  #closed = false

  constructor(channel: ByteChannel, clock: Clock, decodeUtf8: DecodeUtf8) {
    this.#channel = channel
    this.#clock = clock
    this.#decodeUtf8 = decodeUtf8
    channel.onClose(() => this.#finish('guest-agent.absent', 'the channel is closed'))
    channel.onData((chunk) => this.#receive(chunk))
    channel.pause()
  }

  /** Finds the place in the stream where the answers to what is asked next will be. `id` must differ from those used on the VM's channel before. */
  async synchronise(id: number, timeoutMs: number): Promise<void> {
    const step = 'guest-sync-delimited'
    await this.#ask(step, bytesOf(String.fromCharCode(SENTINEL) + renderAgentCommand(step, { id })), timeoutMs, (line) => {
      const begin = line.lastIndexOf(SENTINEL)
      if (begin < 0) return null
      try {
        const reply = this.#parse(line.subarray(begin + 1))
        return reply.kind === 'return' && reply.value === id ? reply : null
      } catch {
        return null
      }
    })
  }

  /** Resolves with the `return` value. */
  async execute(command: string, commandArguments: Readonly<Record<string, unknown>> | undefined, timeoutMs: number): Promise<unknown> {
    const reply = await this.#ask(command, bytesOf(renderAgentCommand(command, commandArguments)), timeoutMs, (line) => this.#parse(line))
    if (reply.kind === 'return') return reply.value
    // A command that the agent was told to refuse is none, either. @source QEMU qapi/qmp-dispatch.c
    const code = reply.errorClass === 'CommandNotFound' ? 'guest-agent.unsupported' : 'guest-agent.error'
    throw new VmHostFailure(code, command, `the guest's agent says: ${reply.description}`)
  }

  /** For a command that is answered only when it fails: resolves when that has not happened within `waitMs`, or the agent has gone. */
  async announce(command: string, commandArguments: Readonly<Record<string, unknown>>, waitMs: number): Promise<void> {
    try {
      await this.execute(command, commandArguments, waitMs)
    } catch (error) {
      const went = error instanceof VmHostFailure && (error.code === 'guest-agent.timeout' || error.code === 'guest-agent.absent')
      if (!went) throw error
    }
  }

  close(): void {
    this.#finish('guest-agent.absent', 'closed here')
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** `accept` gives null for a line that is not the answer, and throws for one that breaks the conversation. */
  #ask(step: string, bytes: Uint8Array, timeoutMs: number, accept: (line: Uint8Array) => AgentReply | null): Promise<AgentReply> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new VmHostFailure('guest-agent.absent', step, 'the channel is closed'))
        return
      }
      const cancelDeadline = this.#clock.after(timeoutMs, () => this.#finish('guest-agent.timeout', `no answer within ${timeoutMs} ms`))
      this.#awaited = {
        command: step,
        heardBytes: 0,
        take: (line) => {
          const reply = accept(line)
          if (reply === null) return false
          cancelDeadline()
          resolve(reply)
          return true
        },
        end: (failure) => {
          cancelDeadline()
          reject(failure)
        },
      }
      try {
        this.#channel.write(bytes)
        this.#channel.resume()
      } catch {
        this.#finish('guest-agent.absent', 'the channel is closed')
      }
    })
  }

  #receive(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0) {
      const awaited = this.#awaited
      // Nobody asked: not kept, and the next command's synchronisation skips what still comes of it.
      if (awaited === null) return
      const end = rest.indexOf(NEWLINE)
      const piece = end < 0 ? rest : rest.subarray(0, end)
      awaited.heardBytes += end < 0 ? piece.length : end + 1
      if (awaited.heardBytes > MAX_HEARD_BYTES || this.#length + piece.length > MAX_REPLY_BYTES) {
        this.#finish('guest-agent.malformed', 'it says more than any answer has')
        return
      }
      this.#append(piece)
      if (end < 0) return
      rest = rest.subarray(end + 1)
      this.#takeLine(awaited)
    }
  }

  #takeLine(awaited: Awaited): void {
    const line = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    if (line.length === 0) return
    try {
      if (!awaited.take(line)) return
      this.#awaited = null
      this.#buffer = new Uint8Array(0)
      this.#channel.pause()
    } catch (error) {
      this.#finish('guest-agent.malformed', error instanceof MalformedReply ? error.message : 'an answer that is none')
    }
  }

  #append(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(MAX_REPLY_BYTES, Math.max(needed, 2 * this.#buffer.length, 4096)))
      larger.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = larger
    }
    this.#buffer.set(piece, this.#length)
    this.#length = needed
  }

  #parse(line: Uint8Array): AgentReply {
    const text = this.#decodeUtf8(line)
    if (text === null) throw new MalformedReply('bytes that are no UTF-8')
    return parseAgentReply(text)
  }

  #finish(code: string, message: string): void {
    if (this.#closed) return
    this.#closed = true
    const awaited = this.#awaited
    this.#awaited = null
    this.#buffer = new Uint8Array(0)
    this.#length = 0
    this.#channel.close()
    awaited?.end(new VmHostFailure(code, awaited.command, message))
  }
}

/** Of text whose characters are bytes. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
