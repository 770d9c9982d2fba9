// Looks and reaches into a running appliance from outside the product: through an agent that only the test's own initramfs brings along.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { guests, imageFile } from './paths.ts'
import type { DirectBoot } from './qemu-argv.ts'
import { PATIENCE_MS, until } from './wait.ts'

/**
 * QEMU's emulated SVM (all versions up to 11.1) ends in an assertion when a guest writes CR8 while an interrupt is pending for it; OVMF does so after each
 * tick of its periodic timer. With a tick a second there is hardly ever one pending. Linux and Windows use other timers.
 */
const EMULATED_SVM = 'kvm.min_timer_period_us=1000000'

/**
 * Linux tries at its start whether the timer's interrupts come, for so short a time that an emulated machine on a busy one fails now and then; where interrupts go
 * through an IOMMU, that is a panic. In guests of KVM it leaves that out by itself.
 */
const EMULATED_TIMER = 'no_timer_check'

/** The product's kernel, initramfs and command line, without firmware and GRUB before them, which are slow on an emulated machine. */
export function directBoot(iso: string): DirectBoot {
  const commandLine = `${readFileSync(imageFile('cmdline', iso), 'utf8').trim()} ${EMULATED_SVM} ${EMULATED_TIMER}`
  return { kernel: imageFile('vmlinuz', iso), initrd: imageFile('initrd', iso), commandLine }
}

/** The same with the probe put before them. The product's files are not changed. */
export function directBootWithProbe(logDirectory: string, iso: string): DirectBoot {
  const direct = directBoot(iso)
  const initrd = join(logDirectory, 'initrd')
  writeFileSync(initrd, Buffer.concat([readFileSync(join(guests, 'probe.cpio')), readFileSync(direct.initrd)]))
  return { ...direct, initrd, commandLine: `${direct.commandLine} rdinit=/probe/init printk.devkmsg=on` }
}

export interface ScriptResult {
  readonly status: number
  readonly output: string
}

export interface ApplianceProcess {
  readonly pid: number
  readonly uid: number
  /** Proportional set size: its own memory and its share of what it shares. */
  readonly pssKiB: number
  readonly argv: readonly string[]
}

export class Probe {
  readonly #machine: Machine
  #last = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Resolves once the agent runs, which is at the very start of the boot. */
  async ready(timeoutMs: number): Promise<void> {
    await this.#machine.probePort.waitFor(/^@0 0 /m, timeoutMs, this.#machine.died)
  }

  /** Runs a BusyBox shell script as root; `/proc/1/root` is the appliance's view. */
  run(script: string, timeoutMs = PATIENCE_MS): Promise<ScriptResult> {
    const result = this.#queue.then(() => this.#run(script, timeoutMs))
    this.#queue = result.catch(() => {})
    return result
  }

  /** The output of a script that must succeed, trimmed. */
  async output(script: string, timeoutMs = PATIENCE_MS): Promise<string> {
    const { status, output } = await this.run(script, timeoutMs)
    if (status !== 0) throw new Error(`probe: status ${status} of: ${script}\n${output}`)
    return output.trim()
  }

  /** The numbers of the processes of this program that have an argument with each of these ends. */
  async pidsOf(program: string, ...ends: readonly string[]): Promise<number[]> {
    const processes = await this.processes()
    const matches = ([first, ...rest]: readonly string[]) =>
      first?.endsWith(program) === true && ends.every((end) => rest.some((argument) => argument.endsWith(end)))
    return processes.filter(({ argv }) => matches(argv)).map(({ pid }) => pid)
  }

  /** Every process with an argv: kernel threads have none. The probe's own are left out. */
  async processes(): Promise<ApplianceProcess[]> {
    const text = await this.output('processes')
    return text.split('\n').flatMap((line) => {
      const match = /^(\d+) (\d+) (\d+) (.*)$/.exec(line)
      if (match === null) return []
      const argv = (match[4] ?? '').split('\x1f').filter((word) => word !== '')
      return [{ pid: Number(match[1]), uid: Number(match[2]), pssKiB: Number(match[3]), argv }]
    })
  }

  async #run(script: string, timeoutMs: number): Promise<ScriptResult> {
    const number = ++this.#last
    const port = this.#machine.probePort
    port.write(`${number} ${Buffer.from(script).toString('base64')}\n`)
    const pattern = new RegExp(`^@${number} (\\d+) ([A-Za-z0-9+/=]*)\\r?\\n`, 'm')
    const match = await until(`answer of the probe to: ${script}`, () => pattern.exec(port.text), {
      timeoutMs,
      intervalMs: 20,
      signal: this.#machine.died,
    })
    return { status: Number(match[1]), output: Buffer.from(match[2] ?? '', 'base64').toString() }
  }
}
