// A TPM 2.0 for the machine under test: swtpm, with its state in a directory, for as long as the machine runs.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './wait.ts'

export class SecurityChip {
  readonly #process: ChildProcess
  /** Of its control channel, for QEMU. */
  readonly socket: string

  private constructor(process: ChildProcess, socket: string) {
    this.#process = process
    this.socket = socket
  }

  static async start(stateDirectory: string, socketDirectory: string): Promise<SecurityChip> {
    mkdirSync(stateDirectory, { recursive: true })
    const socket = join(socketDirectory, 'tpm')
    const words = ['--tpm2', '--tpmstate', `dir=${stateDirectory}`, '--ctrl', `type=unixio,path=${socket}`]
    const chip = new SecurityChip(spawn('swtpm', ['socket', ...words], { stdio: 'ignore' }), socket)
    try {
      await until('the TPM', () => existsSync(socket) || null, { timeoutMs: 15_000 })
      return chip
    } catch (error) {
      chip.stop()
      throw error
    }
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}
