// VMs through the public API, as a test needs them: made, driven, followed.
import type { ApiClient } from './api-client.ts'
import { until } from './wait.ts'

export interface Task {
  readonly id: string
  readonly kind: string
  readonly progressPercent: number
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled'
  readonly createdAt: string
  readonly endedAt: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface Vm {
  readonly id: string
  readonly revision: number
  readonly spec: {
    readonly name: string
    readonly memoryMiB: number
    readonly vcpus: number
    readonly nics: readonly { readonly mac?: string }[]
  }
  readonly status: {
    readonly powerState: string
    readonly pending?: readonly string[]
    readonly pid?: number
    readonly lastExit?: { readonly at: string; readonly reason: string; readonly code?: number; readonly signal?: number }
  }
}

export type PowerAct = 'power-on' | 'shutdown' | 'power-off' | 'reset' | 'pause' | 'resume' | 'suspend'

const file = (name: string) => ({ datastore: 'local', file: name })

/** Specs over the files that test/guests puts on the data disk. */
export const guestSpecs = {
  debian: (name: string) => ({
    name,
    memoryMiB: 256,
    disks: [{ ...file('debian.qcow2'), format: 'qcow2' }],
    nics: [{ network: 'nat' }],
    // Emulated, it may take minutes to end.
    shutdown: { timeoutSeconds: 600 },
  }),
  secondDebian: (name: string) => ({
    name,
    memoryMiB: 256,
    disks: [{ ...file('debian2.img'), format: 'raw' }],
    nics: [{ network: 'nat' }],
  }),
  rescueCd: (name: string) => ({ name, memoryMiB: 128, boot: { from: 'cdrom' }, cdroms: [{ medium: file('rescue.iso') }] }),
  hello: (name: string) => ({
    name,
    memoryMiB: 192,
    onCrash: { action: 'stay-off' },
    boot: { from: 'kernel', kernel: file('hello.vmlinuz'), initrd: file('hello.initrd'), commandLine: 'console=ttyS0 quiet' },
  }),
  diskless: (name: string) => ({ name, memoryMiB: 64 }),
  /** Looks for something to start on a disk that {@link VmClient.makeEmptyDisk} has made. */
  idle: (name: string) => ({
    name,
    memoryMiB: 64,
    disks: [{ ...file(`${name}.img`), format: 'raw' }],
    autostart: { enabled: true },
    // It does not hear that it should shut down.
    onHostShutdown: { action: 'power-off' },
  }),
}

export class VmClient {
  readonly #api: ApiClient

  constructor(api: ApiClient) {
    this.#api = api
  }

  create(spec: object): Promise<Vm> {
    return this.#api.call<Vm>('POST', '/v1/vms', { body: spec })
  }

  get(id: string): Promise<Vm> {
    return this.#api.call<Vm>('GET', `/v1/vms/${id}`)
  }

  async list(): Promise<readonly Vm[]> {
    return (await this.#api.call<{ items: readonly Vm[] }>('GET', '/v1/vms')).items
  }

  async remove(id: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/vms/${id}`)
  }

  /** Asks for a change of power and returns its task at once. */
  ask(id: string, act: PowerAct): Promise<Task> {
    return this.#api.call<Task>('POST', `/v1/vms/${id}/${act}`)
  }

  /** Asks for a change of power and waits until its task has succeeded. */
  async power(id: string, act: PowerAct, timeoutMs: number): Promise<Task> {
    const asked = await this.ask(id, act)
    return this.follow(asked, timeoutMs)
  }

  async follow(task: Task, timeoutMs: number): Promise<Task> {
    const look = async () => {
      const now = await this.#api.call<Task>('GET', `/v1/tasks/${task.id}`)
      if (now.state === 'failed') throw new Error(`task ${now.kind} failed: ${now.error?.code}: ${now.error?.message}`)
      return now.state === 'succeeded' ? now : null
    }
    return until(`end of the task ${task.kind}`, look, { timeoutMs, intervalMs: 250 })
  }

  /** With nothing on it, for {@link guestSpecs.idle}. */
  async makeEmptyDisk(name: string, timeoutMs: number): Promise<void> {
    const body = { file: `${name}.img`, format: 'raw', sizeBytes: 1_048_576 }
    await this.follow(await this.#api.call<Task>('POST', '/v1/datastores/local/disks', { body }), timeoutMs)
  }

  async waitForPowerState(id: string, state: string, timeoutMs: number): Promise<Vm> {
    let seen = ''
    const look = async () => {
      const vm = await this.get(id)
      seen = vm.status.powerState
      return seen === state ? vm : null
    }
    return until(`VM in the state ${state}`, look, { timeoutMs, intervalMs: 250, seen: () => seen })
  }

  async consoleLog(id: string): Promise<string> {
    return (await this.#api.request('GET', `/v1/vms/${id}/console/log`)).text
  }
}
