// The VM host on a real kernel: processes, cgroups, sockets and mount views are made, and gone afterwards whatever happens.
import * as fs from 'hv:fs'
import { landlockVersion } from 'hv:process'
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { Effect } from '../../control/src/domain/effect.ts'
import type { VmProcess } from '../../control/src/ports/vm-host.ts'
import type { Behaviour } from './fake-qemu.ts'
import { temporaryDirectory } from './temporary.ts'
import { clock, converse, failureOf, ID, openDescriptors, UID, VmBench } from './vm-bench.ts'

let bench: VmBench

beforeEach(() => {
  bench = new VmBench(temporaryDirectory())
})
afterEach(() => bench.dispose())

describe('launching', () => {
  it('gives a running VM in its own cgroup', async () => {
    const vm = await bench.launch('good')
    expect(await vm.queryState()).toBe('running')
    expect(fs.readText(`${bench.cgroup}/cgroup.procs`).trim()).toBe(String(vm.identity.pid))
    expect(await bench.host.listCgroups()).toEqual([ID])
  })

  it('gives the VM its disk and leaves shared media root’s', async () => {
    await bench.launch('good')
    expect(fs.stat(`${bench.directory}/disk`)).toMatchObject({ uid: UID, gid: UID, mode: 0o600 })
    expect(fs.stat(`${bench.directory}/cdrom`)).toMatchObject({ uid: 0, gid: 0, mode: 0o644 })
  })

  it('confines the process to its uid, its files and itself, without a network', async () => {
    const vm = await bench.launch('good')
    const report = JSON.parse((await converse(vm, 'report\n', '}\n')).trim())
    expect(report).toEqual({
      uid: [UID, UID, UID],
      gid: [UID, UID, UID],
      groups: [],
      // Not an entry of its view, which is all that Landlock allows.
      root: landlockVersion() > 0 ? 'EACCES' : ['cdrom', 'disk', 'lib', 'lib64', 'usr'],
      ...{ pid: 1, sockets: 'EPERM', children: 'EPERM' },
      environment: report.environment,
      umask: 0o077,
      writable: ['/disk/0'],
    })
    // The interpreter adds variables of its own.
    expect(Object.keys(report.environment).filter((name) => !/^(LC_|PY)/.test(name))).toEqual([])
    const status = fs.readText(`/proc/${vm.identity.pid}/status`)
    expect(status).toMatch(/CapEff:\t0+\nCapBnd:\t0+\nCapAmb:\t0+\nNoNewPrivs:\t1\nSeccomp:\t2\n/)
    const namespaces = (pid: number | 'self') =>
      ['mnt', 'net', 'ipc', 'uts', 'pid', 'cgroup'].map((name) => fs.readLink(`/proc/${pid}/ns/${name}`))
    const [own, host] = [namespaces(vm.identity.pid), namespaces('self')]
    expect(own.filter((name) => host.includes(name))).toEqual([])
    expect(fs.readText(`/proc/${vm.identity.pid}/oom_score_adj`).trim()).toBe('500')
    expect(fs.readText(`/proc/${vm.identity.pid}/limits`)).toMatch(/Max core file size +0 +0 /)
  })

  it('keeps none of the descriptors that it passed on', async () => {
    const before = openDescriptors()
    await bench.launch('good')
    // The pidfd, QMP, the serial port and its log, and the pipe from stderr.
    expect(openDescriptors() - before).toBe(5)
  })

  it('describes the view beside the sockets', async () => {
    await bench.launch('good')
    const view = JSON.parse(fs.readText(`${bench.paths.runDirectory}/view.json`))
    expect(view).toMatchObject({ uid: UID, cgroup: bench.cgroup, noNewPrivileges: true })
  })

  it('clears away what a controld that was killed left behind', async () => {
    fs.mkdir(bench.paths.runDirectory, { recursive: true })
    fs.writeFileAtomic(`${bench.paths.runDirectory}/qmp.sock`, '')
    fs.mkdir(bench.cgroup, { recursive: true })
    expect(await (await bench.launch('good')).queryState()).toBe('running')
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
    const failure = await failureOf(bench.host.launch(ID, bench.plan(behaviour, behaviour === 'silent' ? 1_000 : 20_000)))
    expect(failure).toMatchObject({ name: 'HostFailure', code })
    expect(bench.leftOver).toEqual([])
    expect(openDescriptors()).toBe(before)
  })

  it('carries what QEMU said last', async () => {
    const failure = await failureOf(bench.host.launch(ID, bench.plan('dies')))
    expect(failure.message).toBe('QEMU ended with exit code 3: first complaint | no such option: --hello')
    expect(bench.log.join('\n')).toContain(`vm ${ID}: qemu: no such option: --hello`)
  })

  it.each<[string, string, (effect: Effect) => Effect]>([
    [
      'a disk is not there',
      'host.ENOENT',
      (effect) => (effect.kind === 'own-file' ? { ...effect, path: `${bench.directory}/none` } : effect),
    ],
    ['a disk is a directory', 'host.not-a-file', (effect) => (effect.kind === 'own-file' ? { ...effect, path: bench.directory } : effect)],
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
    const failure = await failureOf(bench.host.launch(ID, bench.plan('good').map(change)))
    expect(failure).toMatchObject({ name: 'HostFailure', code })
    expect(bench.leftOver).toEqual([])
    expect(openDescriptors()).toBe(before)
  })
})

function withoutViewSource(effect: Effect): Effect {
  if (effect.kind !== 'start-process') return effect
  return {
    ...effect,
    view: [...effect.view, { source: `${bench.directory}/none`, target: '/x', readOnly: true, device: false, executable: false }],
  }
}

describe('the end of a VM', () => {
  it.each<[string, string, (vm: VmProcess) => Promise<unknown>]>([
    ['powered off', 'host-qmp-quit', (vm) => vm.powerOff(5_000)],
    ['shut down', 'guest-shutdown', (vm) => vm.pressPowerButton()],
  ])('that is %s has the reason %s', async (_name, shutdownReason, act) => {
    const before = openDescriptors()
    const vm = await bench.launch('good')
    await act(vm)
    expect(await vm.ended).toEqual({ code: 0, signal: null, shutdownReason })
    expect(bench.leftOver).toEqual([])
    expect(openDescriptors()).toBe(before)
  })

  it('that crashes has its signal, no reason, and its last words in the log', async () => {
    const vm = await bench.launch('good')
    const peer = fromFd(vm.attachSerial(0, 0))
    peer.onData(() => {})
    peer.write('crash\n')
    expect(await vm.ended).toEqual({ code: null, signal: 11, shutdownReason: null })
    peer.close()
    expect(bench.leftOver).toEqual([])
    expect(decodeUtf8(bench.host.readSerialLog(bench.serialLog, 65_536))).toContain('last words')
  })

  it('that will not go is SIGKILL, after its time', async () => {
    const vm = await bench.launch('stubborn')
    const started = clock.monotonicMs()
    expect(await vm.powerOff(500)).toEqual({ code: null, signal: 9, shutdownReason: null })
    expect(clock.monotonicMs() - started).toBeGreaterThan(499)
    expect(bench.leftOver).toEqual([])
  })

  it('leaves its stray processes nowhere', async () => {
    await bench.launch('good')
    await bench.host.removeStray(ID)
    await bench.running[0]?.ended
    expect(bench.leftOver).toEqual([])
    await bench.host.removeStray(ID)
  })

  it('is never asked for with anything but an id', async () => {
    expect(await failureOf(bench.host.removeStray('../..'))).toMatchObject({ code: 'vm.bad-id' })
  })
})

describe('the state', () => {
  it('is told after every event that changes it', async () => {
    const vm = await bench.launch('good')
    const states: string[] = []
    vm.onStateChange((state) => states.push(state))
    await vm.reset()
    expect(await waitUntil(clock, () => states.length > 0, 5_000)).toBe(true)
    expect(states).toEqual(['running'])
  })

  it('is told to who begins to listen after something has happened', async () => {
    const vm = await bench.launch('good')
    await vm.reset()
    const states: string[] = []
    vm.onStateChange((state) => states.push(state))
    expect(await waitUntil(clock, () => states.length > 0, 5_000)).toBe(true)
    expect(states).toEqual(['running'])
  })
})

describe('the serial port', () => {
  it('is heard from its first byte on, and answers', async () => {
    const vm = await bench.launch('good')
    await converse(vm, 'hello\n', 'HELLO')
    expect(await converse(vm, '', 'HELLO', 4096)).toContain('serial port\n')
    expect(decodeUtf8(bench.host.readSerialLog(bench.serialLog, 65_536))).toBe('serial port\nHELLO\n')
    expect(decodeUtf8(bench.host.readSerialLog(bench.serialLog, 6))).toBe('HELLO\n')
  })

  it('has no log where there never was one, and none after its removal', async () => {
    expect(bench.host.readSerialLog(bench.serialLog, 10)).toHaveLength(0)
    const vm = await bench.launch('good')
    await converse(vm, 'a\n', 'A')
    await vm.powerOff(5_000)
    bench.host.removeLogs(`${bench.directory}/log`)
    bench.host.removeLogs(`${bench.directory}/log`)
    expect(fs.statOrNull(`${bench.directory}/log`)).toBeNull()
  })
})
