// Tasks begun, followed and cancelled by the command line, and how each end of one is told.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Task } from '../../control/src/domain/task.ts'
import type { Vm } from '../../control/src/domain/vm-status.ts'
import { FakeFailure } from '../fakes/vm-host.ts'
import { until } from '../harness/wait.ts'
import { answerJson, TestHost } from './cli/host.ts'
import { begin, corbel, type Ran } from './cli/program.ts'

let host: TestHost
let id: string
beforeEach(async () => {
  host = await TestHost.start()
  const body = { name: 'web1', disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }] }
  id = ((await host.client.call({ method: 'POST', path: '/v1/vms', body })).body as Vm).id
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const tasks = () => host.client.app.tasks.list()

/** Launches wait until it is called. */
function holdLaunches(): () => void {
  let release = () => {}
  host.client.world.vmHost.gate = new Promise<void>((resolve) => {
    release = resolve
  })
  return release
}

const polled = (count: number) =>
  until('polls', () => host.requests.filter((request) => request.startsWith('GET /v1/tasks/')).length >= count, {
    timeoutMs: 10_000,
    intervalMs: 10,
  })

describe('an act on a VM', () => {
  it('is waited for', async () => {
    expect(await on('vm', 'power-on', 'web1')).toEqual({ exit: 0, output: 'web1: vm.power-on succeeded\n', errors: '' })
    expect(host.client.app.vms.get(id).status.powerState).toBe('running')
  })

  it('prints the ended task as the host has it', async () => {
    const { output } = await on('vm', 'power-on', 'web1', '--json')
    expect(JSON.parse(output)).toEqual(tasks()[0])
  })

  it('is not waited for with --no-wait', async () => {
    const release = holdLaunches()
    const { exit, output } = await on('vm', 'power-on', 'web1', '--no-wait')
    expect([exit, output]).toEqual([0, `web1: vm.power-on has begun as task ${tasks()[0]?.id}\n`])
    release()
    expect((await on('task', 'wait', tasks()[0]?.id ?? '')).exit).toBe(0)
  })

  it('that fails is told with the reason, the task beside it with --json', async () => {
    host.client.world.vmHost.failNextLaunch = new FakeFailure('qemu.exited', 'QEMU said: \x1b[31mno')
    const { exit, output, errors } = await on('vm', 'power-on', 'web1', '--json')
    expect([exit, errors]).toEqual([8, 'QEMU said: ?[31mno (qemu.exited)\n'])
    expect(JSON.parse(output)).toMatchObject({ state: 'failed', error: { code: 'qemu.exited' } })
  })

  it('that clashes is refused', async () => {
    expect(await on('vm', 'pause', 'web1')).toMatchObject({
      exit: 5,
      output: '',
      errors: expect.stringContaining('(vm.power.wrong-state)'),
    })
  })

  it('takes the fields of its body as options', async () => {
    await on('vm', 'power-on', 'web1')
    const seen: string[] = []
    host.hook = (request) => {
      if (request.method === 'POST') request.on('data', (data: Buffer) => seen.push(data.toString()))
      return false
    }
    expect((await on('vm', 'shutdown', 'web1', '--timeout-seconds', '30', '--on-timeout', 'power-off')).exit).toBe(0)
    expect(seen).toEqual(['{"timeoutSeconds":30,"onTimeout":"power-off"}'])
    expect((await on('vm', 'shutdown', 'web1', '--timeout-seconds', '1')).errors).toBe(
      'timeoutSeconds: must be at least 5 (shutdown.timeoutSeconds.below-minimum)\n',
    )
  })

  it('still going after --timeout has a code of its own, and goes on', async () => {
    const release = holdLaunches()
    const { exit, errors } = await on('vm', 'power-on', 'web1', '--timeout', '0.3')
    const [task] = tasks()
    expect([exit, errors]).toEqual([
      9,
      `vm.power-on still runs after 0.3 s; it goes on: corbel task wait ${task?.id} (task.still-running)\n`,
    ])
    release()
    expect((await on('task', 'wait', task?.id ?? '')).exit).toBe(0)
  })

  it.each(['0', 'soon', '-1'])('is not begun with a --timeout of %s', async (seconds) => {
    expect(await on('vm', 'power-on', 'web1', `--timeout=${seconds}`)).toMatchObject({ exit: 2 })
    expect(tasks()).toEqual([])
  })

  it('that is interrupted goes on, and says how to come back to it', async () => {
    const release = holdLaunches()
    const interruption = new AbortController()
    const running = corbel(['vm', 'power-on', 'web1'], { env: host.env, interrupted: interruption.signal })
    await polled(1)
    interruption.abort(new Error('interrupted'))
    expect(await running).toEqual({ exit: 130, output: '', errors: `The task goes on: corbel task wait ${tasks()[0]?.id}\n` })
    release()
    expect((await on('task', 'wait', tasks()[0]?.id ?? '')).exit).toBe(0)
  })

  it('is followed through a host that is out of reach for a while', async () => {
    const release = holdLaunches()
    const running = on('vm', 'power-on', 'web1')
    await polled(1)
    host.hook = (request, response) => {
      if (request.url?.startsWith('/v1/tasks/') !== true) return false
      host.hook = () => false
      release()
      return answerJson(response, 503, { code: 'gateway.control-unavailable', detail: 'Away.', problems: [] })
    }
    expect((await running).exit).toBe(0)
  })
})

describe('progress', () => {
  it('is a bar on a terminal, and gone at the end', async () => {
    const release = holdLaunches()
    const running = begin(['vm', 'power-on', 'web1'], { env: host.env, terminal: true })
    await polled(1)
    release()
    const { output, errors } = await running.ended
    expect(output).toBe('web1: vm.power-on succeeded\n')
    expect(errors).toMatch(/^\rvm\.power-on \[-+\] {3}0 %\x1b\[K/)
    expect(errors).toMatch(/\r\x1b\[K$/)
  })
})

describe('a task', () => {
  it('is listed with the name of what it is of', async () => {
    await on('vm', 'power-on', 'web1')
    const { output } = await on('task', 'list')
    expect(output).toBe(
      `BEGUN                     KIND         OF    STATE       DONE  BY             ID\n2026-01-01T00:00:00.000Z  vm.power-on  web1  succeeded  100 %  administrator  ${tasks()[0]?.id}\n`,
    )
  })

  it('is shown', async () => {
    await on('vm', 'power-on', 'web1')
    const task = tasks()[0] as Task
    expect((await on('task', 'show', task.id)).output).toBe(`Kind         vm.power-on
Of           vm ${id}
State        succeeded
Done         100 %
Cancellable  no
Begun        2026-01-01T00:00:00.000Z by administrator
Ended        2026-01-01T00:00:00.000Z
ID           ${task.id}
`)
    expect(JSON.parse((await on('task', 'show', task.id, '--json')).output)).toEqual(task)
  })

  it('that there is none of is told, whatever is typed', async () => {
    expect((await on('task', 'show', '00000000-0000-4000-8000-000000000000')).exit).toBe(4)
    expect((await on('task', 'show', '../vms')).exit).toBe(4)
    expect((await on('task', 'show', '..')).exit).toBe(4)
    expect(host.requests.slice(-2)).toEqual(['GET /v1/tasks/..%2Fvms', 'GET /v1/tasks/%2E%2E'])
  })

  it('is cancelled, which is what was wanted', async () => {
    await on('vm', 'power-on', 'web1')
    const machine = host.client.world.vmHost.machines.get(id)
    if (machine === undefined) throw new Error('it does not run')
    machine.saveGate = new Promise(() => {})
    await on('vm', 'suspend', 'web1', '--no-wait')
    const task = tasks()[0] as Task
    const cancelling = on('task', 'cancel', task.id)
    // The host looks from time to time whether its QEMU has given up, and its time stands still.
    const passing = setInterval(() => void host.client.world.clock.advance(200), 10)
    const { exit, output } = await cancelling.finally(() => clearInterval(passing))
    expect([exit, output]).toEqual([0, expect.stringContaining('State        cancelled\n')])
    expect((await on('task', 'wait', task.id)).errors).toBe('vm.suspend has been cancelled (task.cancelled)\n')
    expect((await on('task', 'cancel', task.id)).exit).toBe(5)
  })
})

describe('the host', () => {
  it('going down is the end of the task that does it', async () => {
    host.hook = (request) => {
      if (request.url?.startsWith('/v1/tasks/') !== true) return false
      request.socket.destroy()
      return true
    }
    expect(await on('host', 'power-off')).toEqual({
      exit: 0,
      output: '',
      errors: '127.0.0.1 does not answer any more: it is going down.\n',
    })
  })

  it('is asked about at a terminal, unless --yes', async () => {
    const asked = begin(['host', 'restart'], { env: host.env, terminal: true, input: null })
    await until('the question', () => asked.errors.bytes.toString().includes('[y/N]'), { timeoutMs: 5000, intervalMs: 5 })
    asked.input.write('n\n')
    expect(await asked.ended).toMatchObject({ exit: 1, errors: expect.stringContaining('Nothing was done. (confirmation.refused)') })
    expect(tasks()).toEqual([])
    expect((await begin(['host', 'restart', '--yes'], { env: host.env, terminal: true, input: null }).ended).exit).toBe(0)
    expect(tasks()).toMatchObject([{ kind: 'host.restart' }])
  })

  it('is shown', async () => {
    expect((await on('host', 'show')).output).toMatch(/^Hostname +corbel$/m)
  })
})
