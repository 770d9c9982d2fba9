// The server under test: one QEMU with its media, power, serial ports and monitor. Knows nothing of Corbel's API.
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accelerator } from './accel.ts'
import { Nudge } from './nudge.ts'
import { type OuterMachine, pristineVariables, renderQemuArgv } from './qemu-argv.ts'
import { Qmp } from './qmp.ts'
import { SecurityChip } from './security-chip.ts'
import { SerialLine } from './serial-line.ts'
import { within } from './wait.ts'

export type MachineOptions = Omit<
  OuterMachine,
  'accelerator' | 'serials' | 'monitor' | 'uefiVariables' | 'tpmSocket' | 'cpus' | 'memoryMiB' | 'noReboot'
> & {
  readonly cpus?: number
  readonly memoryMiB?: number
  readonly noReboot?: boolean
  /** A kernel that gives up is what the test is about. */
  readonly mayPanic?: boolean
  /** It has a TPM with its state in this directory. */
  readonly tpm?: string
  /** Where logs and pictures of this boot go. */
  readonly logDirectory: string
}

const running = new Set<Machine>()
process.on('exit', () => {
  for (const machine of running) machine.abandon()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const machine of running) machine.abandon()
    process.kill(process.pid, signal)
  })
}

export class Machine {
  readonly console: SerialLine
  /** What only test initramfs write to: the kernel log, and the probe's answers. */
  readonly kernelLog: SerialLine
  readonly probePort: SerialLine
  readonly logDirectory: string
  /** Aborts, with the reason, as soon as QEMU ends or the appliance's kernel fails. */
  readonly died: AbortSignal
  /** performance.now() at which the machine was switched on. */
  poweredOnAt = 0
  readonly #abort = new AbortController()
  readonly #process: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #socketDirectory: string
  readonly #nudge: Nudge | null
  readonly #chip: SecurityChip | null
  #qmp: Qmp | null = null

  private constructor(
    argv: readonly string[],
    socketDirectory: string,
    { logDirectory, mayPanic = false }: MachineOptions,
    nudge: Nudge | null,
    chip: SecurityChip | null,
  ) {
    this.#nudge = nudge
    this.#chip = chip
    this.logDirectory = logDirectory
    this.died = this.#abort.signal
    this.#socketDirectory = socketDirectory
    const log = (name: string) => join(logDirectory, name)
    this.console = new SerialLine(join(socketDirectory, 's0'), log('console.log'))
    this.kernelLog = new SerialLine(join(socketDirectory, 's1'), log('kernel.log'))
    this.probePort = new SerialLine(join(socketDirectory, 's2'), log('probe.log'))
    for (const line of mayPanic ? [] : [this.console, this.kernelLog]) line.onKernelFailure((error) => this.#abort.abort(error))
    this.#process = spawn('qemu-system-x86_64', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const errors = createWriteStream(log('qemu.log'))
    errors.write(`qemu-system-x86_64 ${argv.join(' ')}\n`)
    this.#process.stdout?.pipe(errors, { end: false })
    this.#process.stderr?.pipe(errors, { end: false })
    let complaint = ''
    this.#process.stderr?.on('data', (data: Buffer) => {
      complaint = data.toString().trim()
    })
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => this.#ended(error, () => resolve(null)))
      this.#process.once('exit', (code) =>
        this.#ended(new Error(`QEMU ended (${code}): ${complaint === '' ? 'it said nothing' : complaint}`), () => resolve(code)),
      )
    })
    running.add(this)
  }

  /** Switches a machine on. */
  static async start(options: MachineOptions): Promise<Machine> {
    const { argv, nudgeEveryMs } = await accelerator()
    const nudge = nudgeEveryMs === null ? null : await Nudge.prepare()
    // Unix socket paths are at most 107 bytes, and the repository may be deep.
    const sockets = mkdtempSync(join(tmpdir(), 'corbel-'))
    const pristine = pristineVariables(options.firmware)
    const uefiVariables = join(options.logDirectory, 'uefi-variables.fd')
    if (pristine !== null) copyFileSync(pristine, uefiVariables)
    const monitor = join(sockets, 'qmp')
    const chip = options.tpm === undefined ? null : await SecurityChip.start(options.tpm, sockets)
    const rendered = renderQemuArgv({
      cpus: 1,
      memoryMiB: 1024,
      noReboot: false,
      ...options,
      ...(pristine === null ? {} : { uefiVariables }),
      ...(nudge === null ? {} : { nudge: nudge.port }),
      ...(chip === null ? {} : { tpmSocket: chip.socket }),
      accelerator: argv,
      serials: ['s0', 's1', 's2'].map((name) => join(sockets, name)),
      monitor,
    })
    const machine = new Machine(rendered, sockets, options, nudge, chip)
    try {
      machine.#qmp = await Qmp.open(monitor, 15_000, machine.died)
      for (const line of [machine.console, machine.kernelLog, machine.probePort]) await line.open(machine.died)
      machine.poweredOnAt = performance.now()
      await machine.qmp.run('cont')
      if (nudgeEveryMs !== null) nudge?.start(nudgeEveryMs)
      return machine
    } catch (error) {
      await machine.stop()
      throw error
    }
  }

  get qmp(): Qmp {
    if (this.#qmp === null) throw new Error('the machine has no monitor yet')
    return this.#qmp
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** Times that the machine was reset since it was switched on. */
  get resets(): number {
    return this.qmp.events.filter((event) => event.event === 'RESET').length
  }

  /** Resolves when the machine has switched itself off. */
  async waitForPowerOff(timeoutMs: number): Promise<void> {
    await within('power-off of the machine', this.#exited, timeoutMs)
  }

  /** Picture of the VGA console as build/logs/NAME/FILE.png. */
  async screenshot(name: string): Promise<string> {
    const file = join(this.logDirectory, `${name}.png`)
    await this.qmp.run('screendump', { filename: file, format: 'png' })
    return file
  }

  /** As when the plug is pulled: nothing gets a chance to be written. */
  cutPower(): void {
    this.#process.kill('SIGKILL')
  }

  /** As {@link stop}, for when this process is about to end and can wait for nothing. */
  abandon(): void {
    this.cutPower()
    this.#chip?.stop()
    rmSync(this.#socketDirectory, { recursive: true, force: true })
  }

  /** Ends QEMU in any state and removes what it left outside the log directory. */
  async stop(): Promise<void> {
    this.cutPower()
    await this.#exited
    this.#nudge?.stop()
    this.#chip?.stop()
    this.#qmp?.close()
    for (const line of [this.console, this.kernelLog, this.probePort]) line.close()
    rmSync(this.#socketDirectory, { recursive: true, force: true })
  }

  #ended(reason: Error, then: () => void): void {
    running.delete(this)
    this.#abort.abort(reason)
    then()
  }
}
