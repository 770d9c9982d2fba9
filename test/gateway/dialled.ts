// For tests of programs that dial: certificates of several kinds, and a program with a control socket as its descriptor 3, run in the tools tree without rights.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { build, repository } from '../harness/paths.ts'
import { until } from '../harness/wait.ts'

const inTools = join(repository, 'image/in-tools')

function openssl(...argv: string[]): void {
  execFileSync(inTools, ['openssl', ...argv], { stdio: 'pipe' })
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** PEM files in a directory of their own, made anew: authorities `authority` and `stranger`; of the first the certificates `good` (localhost, 127.0.0.1), `other` and `expired`. */
export class Certificates {
  readonly #directory: string

  constructor(name: string) {
    this.#directory = join(build, name)
    rmSync(this.#directory, { recursive: true, force: true })
    mkdirSync(this.#directory, { recursive: true })
    for (const authority of ['authority', 'stranger']) this.#makeAuthority(authority)
    this.#make('good', 'DNS:localhost,IP:127.0.0.1')
    this.#make('other', 'DNS:elsewhere.example')
    this.#make('expired', 'DNS:localhost', ['-not_before', '20200101000000Z', '-not_after', '20210101000000Z'])
  }

  file(name: string): string {
    return join(this.#directory, name)
  }

  #makeAuthority(name: string): void {
    const files = ['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`)]
    openssl('req', '-x509', ...NEW_KEY, '-days', '30', '-subj', `/CN=${name}`, ...files)
    chmodSync(this.file(`${name}.pem`), 0o644)
  }

  #make(name: string, names: string, validity: readonly string[] = ['-days', '30']): void {
    const request = this.file(`${name}.csr`)
    openssl('req', ...NEW_KEY, '-subj', '/CN=server', '-keyout', this.file(`${name}.key`), '-out', request)
    writeFileSync(this.file(`${name}.ext`), `subjectAltName=${names}\n`)
    const signer = ['-CA', this.file('authority.pem'), '-CAkey', this.file('authority.key'), '-CAcreateserial']
    openssl('x509', '-req', '-in', request, ...signer, '-extfile', this.file(`${name}.ext`), ...validity, '-out', this.file(`${name}.pem`))
  }
}

export class Dialled {
  readonly control: Duplex
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #said = ''
  #errors = ''

  /** `flavour` is `asan` or `release`. */
  constructor(program: string, argv: readonly string[], uid: number, { flavour = 'asan' } = {}) {
    const confinement = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
    const command = [...confinement, join(build, 'hv-core', flavour, program), ...argv]
    this.#child = spawn(inTools, command, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], cwd: repository })
    this.control = this.#child.stdio[3] as Duplex
    this.control.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
    })
    this.control.on('error', () => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString()
    })
    this.ended = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)))
  }

  get lines(): readonly string[] {
    return this.#said.split('\n').slice(0, -1)
  }

  /** What it has printed: of the sanitizers, for want of anything else. */
  get errors(): string {
    return this.#errors
  }

  says(line: string | RegExp): Promise<true> {
    const isIt = (each: string) => (typeof line === 'string' ? each === line : line.test(each))
    return until(`line ${line}`, () => (this.lines.some(isIt) ? true : null), {
      timeoutMs: 15_000,
      seen: () => this.lines.join('\n') + this.#errors,
    })
  }

  async stop(): Promise<void> {
    this.control.end()
    await this.ended
  }
}
