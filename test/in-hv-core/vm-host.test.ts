// The VM host on a real kernel: processes, cgroups, sockets and mount views are made, and gone afterwards whatever happens.
import * as fs from 'hv:fs'
import { adopt } from 'hv:process'
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createVmHost } from '../../control/src/adapters/vm-host.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { Effect, ViewEntry } from '../../control/src/domain/effect.ts'
import type { HostFailure, VmHost, VmProcess } from '../../control/src/ports/vm-host.ts'
import { type Behaviour, fakeQemuArgv, PYTHON } from './fake-qemu.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const ID = '11111111-2222-4333-8444-555555555555'
const UID = 20_321
const clock = createClock()

let directory = ''
let cgroups = ''
let log: string[] = []
let host: VmHost
let running: VmProcess[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  cgroups = `${cgroupMount()}/${directory.split('/').at(-1)}`
  log = []
  running = []
  host = newHost()
  fs.writeFileAtomic(`${directory}/disk`, 'disk')
  fs.writeFileAtomic(`${directory}/cdrom`, 'cdrom')
})
afterEach(async () => {
  for (const vm of running) await vm.powerOff(0)
  if (fs.statOrNull(cgroups) !== null) fs.rmdir(cgroups)
  removeDirectory(directory)
})

/** What a controld has in memory; a second one knows nothing of the first. */
function newHost(): VmHost {
  return createVmHost({ cgroups, runDirectories: `${directory}/run` }, clock, (_severity, text) => log.push(text))
}

function cgroupMount(): string {
  const mount = fs
    .readText('/proc/self/mounts')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2')
  return mount?.split(' ')[1] ?? '/sys/fs/cgroup'
}

const paths = () => ({
  runDirectory: `${directory}/run/${ID}`,
  cgroup: `${cgroups}/${ID}`,
  qmpSocket: `${directory}/run/${ID}/qmp.sock`,
  serialSocket: `${directory}/run/${ID}/serial.sock`,
  serialLog: `${directory}/log/serial.log`,
  maxSerialLogBytes: 65_536,
})

function program(source: string, target = source): ViewEntry {
  return { source, target, readOnly: true, device: false, executable: true }
}

function plan(behaviour: Behaviour, qmpTimeoutMs = 20_000): Effect[] {
  const { runDirectory, cgroup, qmpSocket, serialSocket, serialLog } = paths()
  return [
    { kind: 'own-file', path: `${directory}/disk`, uid: UID, shared: false },
    { kind: 'own-file', path: `${directory}/cdrom`, uid: UID, shared: true },
    { kind: 'make-run-directory', path: runDirectory },
    { kind: 'make-cgroup', path: cgroup, files: {} },
    { kind: 'listen', name: 'qmp', path: qmpSocket },
    { kind: 'listen', name: 'serial', path: serialSocket },
    {
      kind: 'start-process',
      argv: fakeQemuArgv(behaviour),
      uid: UID,
      cgroup,
      view: [
        ...[program(PYTHON), program('/usr/lib'), program('/usr/lib64'), program('/usr/lib', '/lib'), program('/usr/lib64', '/lib64')],
        { source: `${directory}/disk`, target: '/disk/0', readOnly: false, device: false, executable: false },
        { source: `${directory}/cdrom`, target: '/cdrom', readOnly: true, device: false, executable: false },
      ],
      descriptors: { 3: 'qmp', 4: 'serial' },
    },
    { kind: 'open-serial', path: serialSocket, logPath: serialLog, maxLogBytes: 65_536 },
    { kind: 'connect-qmp', path: qmpSocket, timeoutMs: qmpTimeoutMs },
    { kind: 'continue' },
  ]
}

async function launch(behaviour: Behaviour): Promise<VmProcess> {
  const vm = await host.launch(ID, plan(behaviour))
  running.push(vm)
  return vm
}

async function failureOf(attempt: Promise<unknown>): Promise<HostFailure> {
  try {
    await attempt
  } catch (error) {
    return error as HostFailure
  }
  throw new Error('it did not fail')
}

/** Sends a line to the serial port and gives what comes back up to and with `until`. */
async function converse(vm: VmProcess, line: string, until: string, replayBytes = 0): Promise<string> {
  const peer = fromFd(vm.attachSerial(replayBytes))
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

function openDescriptors(): number {
  return fs.readDir('/proc/self/fd').length
}

function expectNothingLeft(): void {
  expect(fs.statOrNull(paths().runDirectory)).toBeNull()
  expect(fs.statOrNull(paths().cgroup)).toBeNull()
}

describe('launching', () => {
  it('gives a running VM in its own cgroup', async () => {
    const vm = await launch('good')
    expect(await vm.queryState()).toBe('running')
    expect(fs.readText(`${paths().cgroup}/cgroup.procs`).trim()).toBe(String(vm.identity.pid))
    expect(await host.listCgroups()).toEqual([ID])
  })

  it('gives the VM its disk and leaves shared media root’s', async () => {
    await launch('good')
    expect(fs.stat(`${directory}/disk`)).toMatchObject({ uid: UID, gid: UID, mode: 0o600 })
    expect(fs.stat(`${directory}/cdrom`)).toMatchObject({ uid: 0, gid: 0, mode: 0o644 })
  })

  it('confines the process to its uid, its files and no network', async () => {
    const vm = await launch('good')
    const report = JSON.parse((await converse(vm, 'report\n', '}\n')).trim())
    expect(report).toEqual({
      uid: [UID, UID, UID],
      gid: [UID, UID, UID],
      groups: [],
      root: ['cdrom', 'disk', 'lib', 'lib64', 'usr'],
      networks: ['lo'],
      environment: report.environment,
      umask: 0o077,
      writable: ['/disk/0'],
    })
    // The interpreter adds variables of its own.
    expect(Object.keys(report.environment).filter((name) => !/^(LC_|PY)/.test(name))).toEqual([])
    const status = fs.readText(`/proc/${vm.identity.pid}/status`)
    expect(status).toMatch(/CapEff:\t0+\nCapBnd:\t0+\nCapAmb:\t0+\nNoNewPrivs:\t1\n/)
    expect(fs.readText(`/proc/${vm.identity.pid}/oom_score_adj`).trim()).toBe('500')
    expect(fs.readText(`/proc/${vm.identity.pid}/limits`)).toMatch(/Max core file size +0 +0 /)
  })

  it('describes the view beside the sockets', async () => {
    await launch('good')
    const view = JSON.parse(fs.readText(`${paths().runDirectory}/view.json`))
    expect(view).toMatchObject({ uid: UID, cgroup: paths().cgroup, noNewPrivileges: true })
  })

  it('clears away what a controld that was killed left behind', async () => {
    fs.mkdir(paths().runDirectory, { recursive: true })
    fs.writeFileAtomic(`${paths().runDirectory}/qmp.sock`, '')
    fs.mkdir(paths().cgroup, { recursive: true })
    expect(await (await launch('good')).queryState()).toBe('running')
  })
})

describe('a launch that fails', () => {
  it.each<[Behaviour, string]>([
    ['without-kvm', 'kvm.unavailable'],
    ['dies', 'qemu.exited'],
    ['silent', 'qmp.timeout'],
    ['garbage', 'qmp.malformed'],
  ])('because QEMU is %s says %s and leaves nothing', async (behaviour, code) => {
    const before = openDescriptors()
    const failure = await failureOf(host.launch(ID, plan(behaviour, behaviour === 'silent' ? 1_000 : 20_000)))
    expect(failure).toMatchObject({ name: 'HostFailure', code })
    expectNothingLeft()
    expect(openDescriptors()).toBe(before)
  })

  it('carries what QEMU said last', async () => {
    const failure = await failureOf(host.launch(ID, plan('dies')))
    expect(failure.message).toBe('QEMU ended with exit code 3: first complaint | no such option: --hello')
    expect(log.join('\n')).toContain(`vm ${ID}: qemu: no such option: --hello`)
  })

  it.each<[string, string, (effect: Effect) => Effect]>([
    ['a disk is not there', 'host.ENOENT', (effect) => (effect.kind === 'own-file' ? { ...effect, path: `${directory}/none` } : effect)],
    ['a disk is a directory', 'host.not-a-file', (effect) => (effect.kind === 'own-file' ? { ...effect, path: directory } : effect)],
    [
      'the program is not there',
      'host.ENOENT',
      (effect) => (effect.kind === 'start-process' ? { ...effect, argv: ['/usr/bin/none'] } : effect),
    ],
    ['a file of the view is not there', 'host.ENOENT', withoutViewSource],
    [
      'a descriptor was never opened',
      'plan.incomplete',
      (effect) => (effect.kind === 'start-process' ? { ...effect, descriptors: { 3: 'nic9' } } : effect),
    ],
    [
      'a control file is not there',
      'host.ENOENT',
      (effect) => (effect.kind === 'make-cgroup' ? { ...effect, files: { 'none.max': '1' } } : effect),
    ],
  ])('because %s says %s and leaves nothing', async (_name, code, change) => {
    const before = openDescriptors()
    const failure = await failureOf(host.launch(ID, plan('good').map(change)))
    expect(failure).toMatchObject({ name: 'HostFailure', code })
    expectNothingLeft()
    expect(openDescriptors()).toBe(before)
  })
})

function withoutViewSource(effect: Effect): Effect {
  if (effect.kind !== 'start-process') return effect
  return {
    ...effect,
    view: [...effect.view, { source: `${directory}/none`, target: '/x', readOnly: true, device: false, executable: false }],
  }
}

describe('the end of a VM', () => {
  it.each<[string, string, (vm: VmProcess) => Promise<unknown>]>([
    ['powered off', 'host-qmp-quit', (vm) => vm.powerOff(5_000)],
    ['shut down', 'guest-shutdown', (vm) => vm.pressPowerButton()],
  ])('that is %s has the reason %s', async (_name, shutdownReason, act) => {
    const before = openDescriptors()
    const vm = await launch('good')
    await act(vm)
    expect(await vm.ended).toEqual({ code: 0, signal: null, shutdownReason })
    expectNothingLeft()
    expect(openDescriptors()).toBe(before)
  })

  it('that crashes has its signal, no reason, and its last words in the log', async () => {
    const vm = await launch('good')
    const peer = fromFd(vm.attachSerial(0))
    peer.onData(() => {})
    peer.write('crash\n')
    expect(await vm.ended).toEqual({ code: null, signal: 11, shutdownReason: null })
    peer.close()
    expectNothingLeft()
    expect(decodeUtf8(host.readSerialLog(paths().serialLog, 65_536))).toContain('last words')
  })

  it('that will not go is SIGKILL, after its time', async () => {
    const vm = await launch('stubborn')
    const started = clock.monotonicMs()
    expect(await vm.powerOff(500)).toEqual({ code: null, signal: 9, shutdownReason: null })
    expect(clock.monotonicMs() - started).toBeGreaterThan(499)
    expectNothingLeft()
  })

  it('leaves its stray processes nowhere', async () => {
    await launch('good')
    await host.removeStray(ID)
    await running[0]?.ended
    expectNothingLeft()
    await host.removeStray(ID)
  })

  it('is never asked for with anything but an id', async () => {
    expect(await failureOf(host.removeStray('../..'))).toMatchObject({ code: 'vm.bad-id' })
  })
})

describe('the state', () => {
  it('is told after every event that changes it', async () => {
    const vm = await launch('good')
    const states: string[] = []
    vm.onStateChange((state) => states.push(state))
    await vm.reset()
    expect(await waitUntil(clock, () => states.length > 0, 5_000)).toBe(true)
    expect(states).toEqual(['running'])
  })
})

describe('the serial port', () => {
  it('is heard from its first byte on, and answers', async () => {
    const vm = await launch('good')
    await converse(vm, 'hello\n', 'HELLO')
    expect(await converse(vm, '', 'HELLO', 4096)).toContain('serial port\n')
    expect(decodeUtf8(host.readSerialLog(paths().serialLog, 65_536))).toBe('serial port\nHELLO\n')
    expect(decodeUtf8(host.readSerialLog(paths().serialLog, 6))).toBe('HELLO\n')
  })

  it('has no log where there never was one, and none after its removal', async () => {
    expect(host.readSerialLog(paths().serialLog, 10)).toHaveLength(0)
    const vm = await launch('good')
    await converse(vm, 'a\n', 'A')
    await vm.powerOff(5_000)
    host.removeLogs(`${directory}/log`)
    host.removeLogs(`${directory}/log`)
    expect(fs.statOrNull(`${directory}/log`)).toBeNull()
  })
})

describe('adoption', () => {
  /** What the death of a controld does: its descriptors are closed, the process goes on. */
  async function orphan() {
    const vm = await launch('good')
    running = []
    return vm
  }

  it('gives null for a process that is gone, and clears up after it', async () => {
    fs.mkdir(paths().runDirectory, { recursive: true })
    fs.mkdir(paths().cgroup, { recursive: true })
    expect(await newHost().adopt(ID, { pid: 4_000_000, startTime: 1 }, paths())).toBeNull()
    expectNothingLeft()
  })

  it('fails and leaves everything alone while QMP does not answer', async () => {
    const vm = await orphan()
    // The first host still has the monitor, so the second one gets no greeting.
    const failure = await failureOf(newHost().adopt(ID, vm.identity, { ...paths(), qmpSocket: `${directory}/none` }))
    expect(failure.code).toBe('host.ENOENT')
    expect(adopt(vm.identity.pid, vm.identity.startTime)).not.toBeNull()
    expect(await vm.queryState()).toBe('running')
    running = [vm]
  })
})
