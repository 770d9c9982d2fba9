// A QMP client for the outer QEMU: commands in order, each ended by a return, an error, the connection's end or a deadline.
import { connect, type Socket } from 'node:net'
import { pause, within } from './wait.ts'

export interface QmpEvent {
  readonly event: string
  readonly data?: unknown
}

interface Reply {
  readonly return?: unknown
  readonly error?: { readonly class: string; readonly desc: string }
  readonly event?: string
  readonly data?: unknown
  readonly id?: number
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class Qmp {
  readonly events: QmpEvent[] = []
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #text = ''
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', () => {})
    socket.on('close', () => this.#close())
  }

  /** Connects to QEMU's monitor at `path`, which may not exist yet, and negotiates. */
  static async open(path: string, timeoutMs: number, signal?: AbortSignal): Promise<Qmp> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      signal?.throwIfAborted()
      try {
        const qmp = new Qmp(await connected(path))
        await qmp.run('qmp_capabilities')
        return qmp
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`QEMU's monitor did not answer: ${String(error)}`)
        await pause(50)
      }
    }
  }

  async run(command: string, args: Record<string, unknown> = {}, timeoutMs = 20_000): Promise<unknown> {
    if (this.#closed) throw new Error(`QMP ${command}: connection closed`)
    const id = this.#nextId++
    const reply = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
    try {
      return await within(`answer to QMP ${command}`, reply, timeoutMs)
    } finally {
      this.#pending.delete(id)
    }
  }

  /** Presses keys one after the other: QEMU key codes such as `a`, `shift-a`, `ret`, `f2`. */
  async sendKeys(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const parts = key.split('-').map((data) => ({ type: 'qcode', data }))
      await this.run('send-key', { keys: parts, 'hold-time': 20 })
      // QEMU queues a key until its hold time is over; a second one earlier would be pressed with it.
      await pause(60)
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    const lines = (this.#text + text).split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      const reply = JSON.parse(line) as Reply
      if (reply.event !== undefined) this.events.push({ event: reply.event, data: reply.data })
      const pending = reply.id === undefined ? undefined : this.#pending.get(reply.id)
      if (reply.error !== undefined) pending?.reject(new Error(`QMP: ${reply.error.class}: ${reply.error.desc}`))
      else pending?.resolve(reply.return)
    }
  }

  #close(): void {
    this.#closed = true
    for (const pending of this.#pending.values()) pending.reject(new Error('QMP: connection closed'))
    this.#pending.clear()
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
