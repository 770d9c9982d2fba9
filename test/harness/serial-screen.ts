// A terminal that shows what the appliance's console paints on the serial port, so that tests read it as a person would.
import xterm from '@xterm/headless'
import type { SerialLine } from './serial-line.ts'
import { until } from './wait.ts'

export class SerialScreen {
  readonly #terminal: xterm.Terminal
  readonly #line: SerialLine
  readonly #stop: () => void

  constructor(line: SerialLine, columns = 80, rows = 25) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 })
    this.#line = line
    if (line.raw !== '') this.#terminal.write(Buffer.from(line.raw, 'latin1'))
    this.#stop = line.onData((data) => this.#terminal.write(data))
    // A terminal answers when it is asked for its size or position.
    this.#terminal.onData((answer) => line.write(answer))
  }

  /** The visible lines, without trailing spaces. */
  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve))
    const buffer = this.#terminal.buffer.active
    return Array.from({ length: this.#terminal.rows }, (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '')
  }

  async text(): Promise<string> {
    return (await this.lines()).join('\n')
  }

  /** The screen's text once it matches. */
  async waitFor(pattern: RegExp, timeoutMs: number, signal?: AbortSignal): Promise<string> {
    let last = ''
    const look = async () => {
      last = await this.text()
      return pattern.test(last) ? last : null
    }
    const seen = () => `\n${last}`
    return until(`${pattern} on the console`, look, signal === undefined ? { timeoutMs, seen } : { timeoutMs, seen, signal })
  }

  type(text: string): void {
    this.#line.write(text)
  }

  /** As when somebody pulls at the corner of the window: the host learns of it when it asks again. */
  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows)
  }

  close(): void {
    this.#stop()
    this.#terminal.dispose()
  }
}
