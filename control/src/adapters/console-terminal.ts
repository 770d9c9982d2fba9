// A terminal as the console needs it: bytes in, text out with never more than one piece under way, its size. It knows nothing of what is drawn.
import { type Connection, fromFd } from 'hv:socket'
import { open, type Tty } from 'hv:tty'

/** A serial line does not tell its size. 24 rows fit on terminals of 24 and of 25. */
const assumed = { columns: 80, rows: 24 }

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
  /** False on a serial line, where the size is assumed. */
  readonly known: boolean
}

export class ConsoleTerminal {
  readonly #tty: Tty
  readonly #connection: Connection

  /** Opens /dev/`name` as the controlling terminal, in raw mode. Throws HostError when there is no such terminal. */
  constructor(name: string) {
    this.#tty = open(`/dev/${name}`, { controlling: true })
    try {
      this.#tty.setRaw()
      this.#connection = fromFd(this.#tty.fd)
    } catch (error) {
      this.#tty.close()
      throw error
    }
  }

  size(): TerminalSize {
    const { columns, rows } = this.#tty.size()
    return columns > 0 && rows > 0 ? { columns, rows, known: true } : { ...assumed, known: false }
  }

  onBytes(handler: (bytes: Uint8Array) => void): void {
    this.#connection.onData(handler)
  }

  onResize(handler: () => void): void {
    this.#tty.onResize(handler)
  }

  /** Called once, when the terminal is gone. */
  onGone(handler: () => void): void {
    this.#connection.onClose(handler)
  }

  /** True when all that was written has been taken by the kernel. */
  get idle(): boolean {
    return this.#connection.queuedBytes === 0
  }

  /** Called whenever the terminal has become idle. */
  onIdle(handler: () => void): void {
    this.#connection.onDrain(handler)
  }

  /** Throws HostError once the terminal is gone. */
  write(text: string): void {
    this.#connection.write(text)
  }
}
