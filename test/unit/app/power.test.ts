// Power: what happens to a VM and what is remembered of it, whatever goes wrong in between.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf } from './refused.ts'

const BY = 'administrator'
const disk = { datastore: 'local', file: 'a.qcow2', format: 'qcow2' }

describe('power', () => {
  let world: World
  let app: App
  let id: string
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    id = app.vms.create(draft('web1', { disks: [disk] }), { dryRun: false, by: BY }).id
  })

  const pass = (ms = 0) => world.clock.advance(ms)
  const state = () => app.vms.get(id).status.powerState
  /** Once the copy of the spec has been looked at, nothing waits any more. */
  async function afterwards(): Promise<void> {
    await pass(1_000)
    expect(world.clock.pendingTimers).toBe(0)
  }
  const lastCodes = (count: number) => world.store.latestEvents(count).map(({ code }) => code)
  async function running(): Promise<void> {
    app.power.powerOn(id, BY)
    await pass()
    if (state() !== 'running') throw new Error(`it is ${state()}`)
  }

  it('on: starting, then running, with its process remembered', async () => {
    const task = app.power.powerOn(id, BY)
    expect(task).toMatchObject({ kind: 'vm.power-on', target: { kind: 'vm', id }, state: 'running', by: BY })
    expect(world.store.getTask(task.id)).toEqual(task)
    expect(state()).toBe('starting')
    await pass()
    expect(app.vms.get(id).status).toEqual({
      powerState: 'running',
      pending: [],
      pid: 1000,
      guest: { agent: 'absent' },
      startedAt: world.clock.now(),
    })
    expect(world.store.getVm(id)).toMatchObject({ process: { pid: 1000, startTime: 7000 }, startedSpec: { name: 'web1' } })
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'succeeded', progressPercent: 100, endedAt: world.clock.now() })
    expect(lastCodes(1)).toEqual(['vm.started'])
  })

  it('on, failing in the host: off again, the task tells why', async () => {
    world.vmHost.failNextLaunch = new FakeFailure('qmp.timeout', 'QMP did not answer')
    const task = app.power.powerOn(id, BY)
    await pass()
    expect(state()).toBe('off')
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'qmp.timeout', message: 'QMP did not answer' } })
    expect(lastCodes(1)).toEqual(['vm.power-on.failed'])
    await running()
  })

  it('on, failing in the store: the process is ended, as nobody would remember it', async () => {
    app.power.powerOn(id, BY)
    world.store.writesLeft = 1
    await pass()
    expect(world.vmHost.machine(id).exit).not.toBeNull()
    expect(state()).toBe('off')
    world.store.writesLeft = Number.POSITIVE_INFINITY
    expect(world.store.getVm(id)?.process).toBeNull()
  })

  it.each<[string, (world: World) => void, string]>([
    ['a file is missing', (host) => host.datastores.contents?.delete('a.qcow2'), 'vm.disk.file-missing'],
    [
      'there is no datastore',
      (host) => {
        host.datastores.contents = null
      },
      'vm.disk.file-missing',
    ],
    [
      'there is no KVM',
      (host) => {
        host.host.facts = { ...host.host.facts, kvm: { available: false, kind: null } }
      },
      'kvm.unavailable',
    ],
  ])('on is refused when %s', (_what, prepare, code) => {
    prepare(world)
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe(code)
    expect(state()).toBe('off')
    expect(app.tasks.list()).toEqual([])
  })

  it.each([
    ['disk', {}, 'vm.boot.no-disk'],
    ['cdrom', { boot: { from: 'cdrom' } }, 'vm.boot.no-cdrom'],
  ])('on is refused when it boots from a %s that it has not', (_what, rest, code) => {
    const other = app.vms.create(draft('empty', rest), { dryRun: false, by: BY })
    expect(codeOf(() => app.power.powerOn(other.id, BY))).toBe(code)
  })

  it('takes one task at a time', async () => {
    app.power.powerOn(id, BY)
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('vm.busy')
    expect(codeOf(() => app.power.powerOff(id, BY))).toBe('vm.busy')
    await pass()
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('vm.power.wrong-state')
  })

  it.each(['shutdown', 'powerOff', 'reset'] as const)('%s is refused for a VM that is off, and for none', (verb) => {
    expect(codeOf(() => app.power[verb](id, BY))).toBe('vm.power.wrong-state')
    expect(codeOf(() => app.power[verb]('none', BY))).toBe('vm.not-found')
  })

  it('shutdown presses the button and succeeds when the guest is off', async () => {
    await running()
    const task = app.power.shutdown(id, BY)
    expect(state()).toBe('stopping')
    await pass()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'guest-shutdown', code: 0 } })
    expect(app.tasks.get(task.id).state).toBe('succeeded')
    expect(lastCodes(1)).toEqual(['vm.stopped'])
    await afterwards()
  })

  it('shutdown presses again and gives up after 60 s, the VM running on', async () => {
    await running()
    world.vmHost.machine(id).obedient = false
    const task = app.power.shutdown(id, BY)
    await pass(59_999)
    expect(state()).toBe('stopping')
    expect(world.vmHost.machine(id).presses).toBe(6)
    await pass(1)
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'vm.shutdown.timeout' } })
    expect(state()).toBe('running')
    await afterwards()
  })

  it('off overtakes a shutdown that waits, and both succeed', async () => {
    await running()
    world.vmHost.machine(id).obedient = false
    const shutdown = app.power.shutdown(id, BY)
    await pass(5_000)
    const off = app.power.powerOff(id, BY)
    await pass()
    expect([shutdown, off].map((task) => app.tasks.get(task.id).state)).toEqual(['succeeded', 'succeeded'])
    expect(state()).toBe('off')
    expect(app.vms.get(id).status.lastExit?.reason).toBe('host-qmp-quit')
  })

  it('off of a VM that does not answer is no crash', async () => {
    await running()
    world.vmHost.machine(id).answering = false
    app.power.powerOff(id, BY)
    await pass()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'powered-off', signal: 9 } })
    expect(lastCodes(1)).toEqual(['vm.stopped'])
  })

  it('reset resets, and is told', async () => {
    await running()
    const task = app.power.reset(id, BY)
    await pass()
    expect(world.vmHost.machine(id).resets).toBe(1)
    expect(app.tasks.get(task.id).state).toBe('succeeded')
    expect(lastCodes(1)).toEqual(['vm.reset'])
  })

  it('a process that dies unasked is a crash, and can be started again', async () => {
    await running()
    world.vmHost.machine(id).crash()
    await pass()
    expect(app.vms.get(id).status).toMatchObject({
      powerState: 'crashed',
      lastExit: { at: world.clock.now(), reason: 'crashed', code: null, signal: 9 },
    })
    expect(world.store.latestEvents(1)).toMatchObject([{ code: 'vm.crashed', severity: 'error' }])
    await running()
    expect(app.vms.get(id).status.lastExit).toBeUndefined()
  })

  it('of a guest that panics or stops is told on a full disk as well, the event when there is room again', async () => {
    await running()
    world.store.writesLeft = 0
    world.vmHost.machine(id).enter('guest-panicked')
    world.vmHost.machine(id).enter('io-error')
    expect(app.vms.get(id).status.powerState).toBe('paused')
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await world.clock.advance(5_000)
    expect(lastCodes(2)).toEqual(['vm.guest-panicked', 'vm.io-error'])
  })

  it.each([
    ['paused', 'paused', []],
    ['io-error', 'paused', ['vm.io-error']],
    ['internal-error', 'paused', ['vm.internal-error']],
    ['guest-panicked', 'running', ['vm.guest-panicked']],
  ])('the run state %s shows as %s', async (runState, shown, events) => {
    await running()
    world.vmHost.machine(id).enter(runState)
    expect(state()).toBe(shown)
    expect(lastCodes(events.length)).toEqual(events)
    world.vmHost.machine(id).enter('running')
    expect(state()).toBe('running')
  })

  it('the log of a VM’s serial port can be read at any time', async () => {
    world.vmHost.logs.set(`/state/vm/${id}/serial.log`, 'login:')
    expect(String.fromCharCode(...app.consoles.serialLog(id))).toBe('login:')
    expect(codeOf(() => app.consoles.serialLog('none'))).toBe('vm.not-found')
  })
})

describe('the power of the host', () => {
  it('goes off after its guests have, those that will not being powered off', async () => {
    const world = new World()
    const app = await world.boot()
    const ids = ['a.qcow2', 'b.qcow2'].map(
      (file) => app.vms.create(draft(file, { disks: [{ ...disk, file }] }), { dryRun: false, by: BY }).id,
    )
    for (const id of ids) app.power.powerOn(id, BY)
    await world.clock.advance(0)
    world.vmHost.machine(ids[1] ?? '').obedient = false
    const task = app.hostPower.powerOff(BY)
    await world.clock.advance(1_000)
    expect(app.vms.list().map(({ status }) => status.powerState)).toEqual(['off', 'running'])
    expect(codeOf(() => app.power.powerOn(ids[0] ?? '', BY))).toBe('host.going-down')
    expect(codeOf(() => app.hostPower.restart(BY))).toBe('host.going-down')
    expect(world.host.done).toEqual([])
    await world.clock.advance(60_000)
    expect(app.vms.list().map(({ status }) => status.powerState)).toEqual(['off', 'off'])
    expect(world.host.done).toEqual(['power-off'])
    expect(app.tasks.get(task.id).state).toBe('succeeded')
  })

  it('restarts at once when nothing runs', async () => {
    const world = new World()
    const app = await world.boot()
    app.hostPower.restart(BY)
    await world.clock.advance(0)
    expect(world.host.done).toEqual(['restart'])
  })

  it('stays on, and starts VMs again, when its going down cannot be written', async () => {
    const world = new World()
    const app = await world.boot()
    const { id } = app.vms.create(draft('a', { disks: [disk] }), { dryRun: false, by: BY })
    app.hostPower.powerOff(BY)
    world.store.writesLeft = 0
    await world.clock.advance(0)
    expect(world.host.done).toEqual([])
    world.store.writesLeft = Number.POSITIVE_INFINITY
    app.power.powerOn(id, BY)
  })
})
