// The channel to a scripted agent in memory, as a kernel keeps it: what is not read waits, and is limited.
import type { ByteChannel } from '../../control/src/adapters/guest-agent-client.ts'
import { ScriptedAgent } from './scripted-agent.ts'

/** What the kernel and QEMU hold for a reader that does not read; then the guest is made to wait. */
const HELD_BYTES = 262_144

export class MemoryChannel implements ByteChannel {
  readonly guest = new ScriptedAgent((bytes) => this.#deliver(bytes))
  paused = false
  closed = false
  /** Bytes that the handler was given. */
  readBytes = 0
  /** Bytes that wait. */
  heldBytes = 0
  #held: Uint8Array[] = []
  #onData: (chunk: Uint8Array) => void = () => {}
  #onClose: () => void = () => {}

  onData(handler: (chunk: Uint8Array) => void): void {
    this.#onData = handler
  }

  onClose(handler: () => void): void {
    this.#onClose = handler
  }

  write(bytes: Uint8Array): void {
    if (this.closed) throw new Error('closed')
    queueMicrotask(() => {
      if (!this.closed) this.guest.hear(bytes)
    })
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    while (!this.paused && this.#held.length > 0) this.#give(this.#held.shift() ?? new Uint8Array())
    this.heldBytes = this.#held.reduce((sum, { length }) => sum + length, 0)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#held = []
    this.heldBytes = 0
    this.#onClose()
  }

  #deliver(bytes: Uint8Array): void {
    if (this.closed) return
    if (!this.paused) this.#give(bytes)
    else if (this.heldBytes + bytes.length <= HELD_BYTES) {
      this.#held.push(bytes)
      this.heldBytes += bytes.length
    }
  }

  #give(bytes: Uint8Array): void {
    if (this.closed) return
    this.readBytes += bytes.length
    this.#onData(bytes)
  }
}

/** ASCII is enough here; null for anything else, as for bytes that are no UTF-8. */
export function decodeAscii(bytes: Uint8Array): string | null {
  return bytes.some((byte) => byte > 127) ? null : Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}
