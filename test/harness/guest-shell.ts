// A root shell in the test guest, spoken to over its serial console: one command at a time, its output returned.
import type { Machine } from './machine.ts'
import type { SerialSocket } from './serial-socket.ts'
import { until } from './wait.ts'

const PASSWORD = 'corbel-guest'

/** A guest that boots says something more often than that. */
const STILL_MS = 150_000

/**
 * The guest is at its login prompt. An emulated processor can lose an interrupt of a guest under nested KVM, which then stands still for good: `again` resets
 * such a guest, once.
 */
export async function bootedGuest(
  console: SerialSocket,
  machine: Machine,
  timeoutMs: number,
  again: () => Promise<unknown>,
): Promise<void> {
  const isUp = () => /^\w+ login:/m.test(console.text)
  let length = -1
  let movedAt = 0
  const moved = () => {
    if (console.text.length !== length) movedAt = performance.now()
    length = console.text.length
    return performance.now() - movedAt < STILL_MS
  }
  await until('login prompt, or a guest that stands still', () => isUp() || !moved(), { timeoutMs, signal: machine.died })
  if (isUp()) return
  process.stdout.write(`a guest has printed nothing for ${STILL_MS / 1000} s and is reset; its last words: ${console.text.slice(-200)}\n`)
  console.forget()
  await again()
  await console.waitFor(/^\w+ login:/m, timeoutMs, machine.died)
}

export class GuestShell {
  readonly #console: SerialSocket
  readonly #machine: Machine
  #count = 0

  private constructor(console: SerialSocket, machine: Machine) {
    this.#console = console
    this.#machine = machine
  }

  /** Waits for the login prompt and logs in as root. */
  static async login(console: SerialSocket, machine: Machine, timeoutMs: number, again: () => Promise<unknown>): Promise<GuestShell> {
    await bootedGuest(console, machine, timeoutMs, again)
    console.send('root\r')
    await console.waitFor(/Password:/, timeoutMs, machine.died)
    console.send(`${PASSWORD}\r`)
    await console.waitFor(/root@\w+:~#/, timeoutMs, machine.died)
    const shell = new GuestShell(console, machine)
    // No echo, no prompt, no word of the kernel's: what comes back is what commands say.
    await shell.run('dmesg -n 1; stty -echo; PS1=; PS2=; bind "set enable-bracketed-paste off"', timeoutMs)
    return shell
  }

  /** A shell that somebody logged in to on this port before. */
  static resume(console: SerialSocket, machine: Machine): GuestShell {
    const shell = new GuestShell(console, machine)
    shell.#count = 1000
    return shell
  }

  /** What the command prints, whichever way, without spaces around it. */
  async run(command: string, timeoutMs: number): Promise<string> {
    const number = ++this.#count
    // What is typed does not hold the marks, should it be echoed.
    this.#console.send(`echo BEGIN-$((${number} + 0)); { ${command}; } 2>&1; echo; echo END-$((${number} + 0))\r`)
    const pattern = new RegExp(`^BEGIN-${number}\\r?\\n([\\s\\S]*?)^END-${number}\\r?$`, 'm')
    const found = await this.#console.waitFor(pattern, timeoutMs, this.#machine.died)
    return (found[1] ?? '').replaceAll('\r', '').trim()
  }

  /** Runs it until what it prints matches; for what a guest needs a moment to see. */
  async waitFor(command: string, pattern: RegExp, timeoutMs: number): Promise<string> {
    let seen = ''
    const look = async () => {
      seen = await this.run(command, timeoutMs)
      return pattern.test(seen) ? seen : null
    }
    return until(`${pattern} from \`${command}\` in the guest`, look, { timeoutMs, intervalMs: 500, seen: () => seen })
  }
}
