// A VM host in a directory and a cgroup of its own, with a scripted QEMU to run on it; leaves nothing behind.
import * as fs from 'hv:fs'
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createPciTools } from '../../control/src/adapters/pci-tools.ts'
import { createTraffic } from '../../control/src/adapters/traffic.ts'
import { createVmHost } from '../../control/src/adapters/vm-host.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { Effect, ViewEntry } from '../../control/src/domain/effect.ts'
import type { AdoptPaths, HostFailure, VmHost, VmProcess } from '../../control/src/ports/vm-host.ts'
import { type Behaviour, fakeQemuArgv, PYTHON } from './fake-qemu.ts'
import { removeDirectory } from './temporary.ts'

export const ID = '11111111-2222-4333-8444-555555555555'
export const UID = 20_321
export const clock = createClock()

export class VmBench {
  readonly directory: string
  readonly cgroups: string
  readonly log: string[] = []
  readonly host: VmHost
  readonly running: VmProcess[] = []

  /** `directory` is there already and removed by `dispose`. */
  constructor(directory: string) {
    this.directory = directory
    this.cgroups = `${cgroupMount()}/${directory.split('/').at(-1)}`
    this.host = this.newHost()
    fs.writeFileAtomic(`${directory}/disk`, 'disk')
    fs.writeFileAtomic(`${directory}/cdrom`, 'cdrom')
  }

  async dispose(): Promise<void> {
    for (const vm of this.running) await vm.powerOff(0)
    if (fs.statOrNull(this.cgroups) !== null) fs.rmdir(this.cgroups)
    removeDirectory(this.directory)
  }

  /** What another controld would have: the same places, none of the memory. */
  newHost(): VmHost {
    return createVmHost(
      { cgroups: this.cgroups, runDirectories: `${this.directory}/run` },
      clock,
      (_severity, text) => this.log.push(text),
      createPciTools(`${this.directory}/pci`, clock),
      createTraffic(),
    )
  }

  get serialLog(): string {
    return `${this.directory}/log/serial.log`
  }

  get cgroup(): string {
    return `${this.cgroups}/${ID}`
  }

  get paths(): AdoptPaths {
    const runDirectory = `${this.directory}/run/${ID}`
    return {
      runDirectory,
      qmpSocket: `${runDirectory}/qmp.sock`,
      agentSocket: null,
      serials: [{ path: `${runDirectory}/serial.sock`, logPath: this.serialLog, maxLogBytes: 65_536 }],
    }
  }

  plan(behaviour: Behaviour, qmpTimeoutMs = 20_000): Effect[] {
    const { cgroup } = this
    const { runDirectory, qmpSocket, serials } = this.paths
    const serialSocket = `${runDirectory}/serial.sock`
    return [
      { kind: 'own-file', path: `${this.directory}/disk`, uid: UID, shared: false },
      { kind: 'own-file', path: `${this.directory}/cdrom`, uid: UID, shared: true },
      { kind: 'make-run-directory', path: runDirectory },
      { kind: 'make-cgroup', path: cgroup, files: {} },
      { kind: 'listen', name: 'qmp', path: qmpSocket },
      { kind: 'listen', name: 'serial', path: serialSocket },
      {
        kind: 'start-process',
        argv: fakeQemuArgv(behaviour),
        uid: UID,
        cgroup,
        oomScoreAdj: 500,
        view: [
          ...[program(PYTHON), program('/usr/lib'), program('/usr/lib64'), program('/usr/lib', '/lib'), program('/usr/lib64', '/lib64')],
          { source: `${this.directory}/disk`, target: '/disk/0', readOnly: false, device: false, executable: false },
          { source: `${this.directory}/cdrom`, target: '/cdrom', readOnly: true, device: false, executable: false },
        ],
        coreScheduling: false,
        descriptors: { 3: 'qmp', 4: 'serial' },
      },
      ...serials.map((serial): Effect => ({ kind: 'open-serial', port: 0, ...serial })),
      { kind: 'connect-qmp', path: qmpSocket, timeoutMs: qmpTimeoutMs },
      { kind: 'continue' },
    ]
  }

  async launch(behaviour: Behaviour): Promise<VmProcess> {
    const vm = await this.host.launch(ID, this.plan(behaviour))
    this.running.push(vm)
    return vm
  }

  /** What a VM may leave of itself once it has ended: nothing. */
  get leftOver(): readonly string[] {
    return [this.paths.runDirectory, this.cgroup].filter((path) => fs.statOrNull(path) !== null)
  }
}

export function program(source: string, target = source): ViewEntry {
  return { source, target, readOnly: true, device: false, executable: true }
}

export function cgroupMount(): string {
  const mount = fs
    .readText('/proc/self/mounts')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2')
  return mount?.split(' ')[1] ?? '/sys/fs/cgroup'
}

export async function failureOf(attempt: Promise<unknown>): Promise<HostFailure> {
  try {
    await attempt
  } catch (error) {
    return error as HostFailure
  }
  throw new Error('it did not fail')
}

/** Sends a line to the serial port and gives what comes back up to and with `until`. */
export async function converse(vm: VmProcess, line: string, until: string, replayBytes = 0): Promise<string> {
  const peer = fromFd(vm.attachSerial(0, replayBytes))
  let heard = ''
  peer.onData((chunk) => {
    heard += decodeUtf8(chunk)
  })
  if (line !== '') peer.write(line)
  const complete = await waitUntil(clock, () => heard.includes(until), 10_000)
  peer.close()
  if (!complete) throw new Error(`the serial port said: ${heard}`)
  return heard
}

export function openDescriptors(): number {
  return fs.readDir('/proc/self/fd').length
}
