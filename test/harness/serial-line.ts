// One serial port of the outer machine: kept in a file, offered as text and as a live stream; watches for a dying kernel.
import { createWriteStream, type WriteStream } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { plainText } from './plain-text.ts'
import { until } from './wait.ts'

/** The appliance's kernel died. Told apart from a failed expectation, as emulation has a known flake of this kind with several CPUs. */
export class KernelFailure extends Error {
  override readonly name = 'KernelFailure'
}

const failurePattern = /Kernel panic|Oops:|BUG: unable to handle/

export class SerialLine {
  readonly #path: string
  readonly #file: WriteStream
  readonly #listeners = new Set<(data: Buffer) => void>()
  #socket: Socket | null = null
  #text = ''
  #ended = false
  #onKernelFailure: ((error: KernelFailure) => void) | null = null

  constructor(path: string, logFile: string) {
    this.#path = path
    this.#file = createWriteStream(logFile)
  }

  /** Connects once QEMU listens. */
  async open(signal: AbortSignal): Promise<void> {
    await until(`serial port ${this.#path}`, () => this.#tryConnect(), { timeoutMs: 10_000, intervalMs: 20, signal })
  }

  /** Everything so far, without terminal control sequences. */
  get text(): string {
    return plainText(this.#text)
  }

  get raw(): string {
    return this.#text
  }

  onData(listener: (data: Buffer) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onKernelFailure(handler: (error: KernelFailure) => void): void {
    this.#onKernelFailure = handler
  }

  write(data: string | Buffer): void {
    this.#socket?.write(data)
  }

  /** The first match in what was and will be printed. */
  async waitFor(pattern: RegExp, timeoutMs: number, signal?: AbortSignal): Promise<RegExpExecArray> {
    const seen = () => JSON.stringify(this.text.slice(-400))
    const options = signal === undefined ? { timeoutMs, seen } : { timeoutMs, seen, signal }
    return until(`${pattern} on the serial port`, () => pattern.exec(this.text), options)
  }

  close(): void {
    this.#ended = true
    this.#socket?.destroy()
    this.#file.end()
  }

  #tryConnect(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#path)
      socket.once('error', () => resolve(false))
      socket.once('connect', () => {
        socket.removeAllListeners('error')
        socket.on('error', () => {})
        socket.on('data', (data: Buffer) => this.#receive(data))
        this.#socket = socket
        resolve(true)
      })
    })
  }

  #receive(data: Buffer): void {
    if (this.#ended) return
    this.#file.write(data)
    const before = Math.max(0, this.#text.length - 80)
    this.#text += data.toString('latin1')
    const failure = failurePattern.exec(this.#text.slice(before))
    if (failure !== null) this.#onKernelFailure?.(new KernelFailure(`the appliance's kernel failed: ${failure[0]}`))
    for (const listener of this.#listeners) listener(data)
  }
}
