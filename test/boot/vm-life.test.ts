// The life of VMs in a booted appliance, with guests that start in a moment: console, process and its rights, power, and what survives which death.
import { describe, expect, it } from 'vitest'
import { EventStream } from '../harness/event-stream.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { booted } from './booted.ts'
import { namedVms } from './named-vms.ts'

const host = booted({ name: 'vm-life', probe: true, memoryMiB: 1536 }, (appliance) => appliance.readyAndLoggedIn())

const { vm, start } = namedVms(host)
const minutes = (count: number) => host().patience(count * 10_000)

/** With a disk that its guest leaves alone. */
function startVm(name: string, file: string): Promise<SerialSocket> {
  const disks = [{ datastore: 'local', file, format: file.endsWith('.img') ? 'raw' : 'qcow2' }]
  return start(name, { ...guestSpecs.hello(name), disks })
}

describe('the host', () => {
  it('says that it has hardware virtualisation', async () => {
    const { facts } = await host().api.call<{ facts: { kvm: { available: boolean } } }>('GET', '/v1/host')
    expect(facts.kvm.available).toBe(true)
  })
})

describe('a VM', () => {
  it('boots under KVM, beside another, and is typed to over its console', async () => {
    const { machine } = host()
    const console = await startVm('one', 'debian.qcow2')
    const other = await startVm('two', 'empty.qcow2')
    for (const guest of [console, other]) await guest.waitFor(/corbel-guest: hello/, minutes(2), machine.died)
    other.close()
    console.send('some words\r')
    await console.waitFor(/corbel-guest: heard some words/, minutes(1), machine.died)
    console.close()
  })

  it('has its console kept in a log', async () => {
    const log = await host().vms.consoleLog(vm('one').id)
    expect(log).toMatch(/corbel-guest: hello/)
    expect(log).toMatch(/some words/)
  })
})

describe('a VM’s process', () => {
  const pidOf = async (name: string) => {
    const status = (await host().vms.get(vm(name).id)).status
    if (status.pid === undefined) throw new Error(`${name} does not run`)
    return status.pid
  }

  it('is QEMU, started for KVM, with no capability, no way to new privileges, and system calls filtered', async () => {
    const { probe } = host()
    const pid = await pidOf('one')
    const argv = (await probe.output(`tr '\\000' ' ' </proc/${pid}/cmdline`)).split(' ')
    expect(argv[0]).toMatch(/qemu-system-x86_64$/)
    expect(argv.join(' ')).toMatch(/accel=kvm/)
    const status = await probe.output(`cat /proc/${pid}/status`)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'))
    expect(status).toMatch(/^NoNewPrivs:\s1$/m)
    expect(status).toMatch(/^Seccomp:\s2$/m)
  })

  it('has a uid and a cgroup of its own', async () => {
    const { probe } = host()
    const of = async (name: string) => {
      const pid = await pidOf(name)
      const [uid, cgroup] = (await probe.output(`stat -c %u /proc/${pid}; cut -d: -f3 /proc/${pid}/cgroup`)).split('\n')
      return { uid: Number(uid), cgroup }
    }
    const [one, two] = [await of('one'), await of('two')]
    expect(one.uid).toBeGreaterThan(19_999)
    expect(two.uid).toBeGreaterThan(19_999)
    expect(one.uid === two.uid).toBe(false)
    expect(one.cgroup).toMatch(new RegExp(`^/corbel\\.vm/${vm('one').id}`))
    expect(two.cgroup).toMatch(new RegExp(`^/corbel\\.vm/${vm('two').id}`))
  })

  it('reaches its own disk but not another VM’s, nor the database, nor the control socket', async () => {
    const { probe } = host()
    const pid = await pidOf('one')
    const socket = (await probe.output('find /proc/1/root/run/corbel -type s -name control.sock')).replace('/proc/1/root', '')
    const database = '/state/corbel.db'
    const foreign = ['/datastores/local/debian2.img', '/datastores/local/empty.qcow2', database, '/state/tls/key.pem']
    // What must not be reached is really there, on the host.
    await probe.output(foreign.map((path) => `test -f /proc/1/root${path}`).join(' && '))
    expect(socket).toMatch(/^\/run\/corbel\//)

    const tries = [...foreign.flatMap((path) => [`read ${path}`, `write ${path}`]), `connect ${socket}`]
    const seen = await probe.output(`inside ${pid} ${pid} write /disk/0 list / list /disk ${tries.join(' ')}`)
    expect(seen).toMatch(/^write \/disk\/0: ok$/m)
    expect(seen).toMatch(/^list \/disk: 0$/m)
    for (const attempt of tries) expect(seen).toMatch(new RegExp(`^${attempt}: (ENOENT|EACCES)$`, 'm'))
  })

  it('cannot open another VM’s disk in the datastore even when it sees it', async () => {
    const { probe } = host()
    const pid = await pidOf('two')
    // In the host's view only ownership and modes protect.
    const paths = ['/datastores/local/debian.qcow2', '/state/corbel.db', '/state/tls/key.pem']
    const seen = await probe.output(`inside ${pid} 1 ${paths.map((path) => `read ${path} write ${path}`).join(' ')}`)
    for (const path of paths) {
      expect(seen).toMatch(new RegExp(`^read ${path}: EACCES$`, 'm'))
      expect(seen).toMatch(new RegExp(`^write ${path}: EACCES$`, 'm'))
    }
    // The same attempt at a public file succeeds, so it is the rights that stop the others.
    expect(await probe.output(`inside ${pid} 1 read /usr/share/corbel/manifest.json`)).toMatch(/: ok$/)
    const owner = await probe.output(`stat -c '%u %a' /proc/1/root/datastores/local/debian.qcow2`)
    const oneUid = await probe.output(`stat -c %u /proc/${await pidOf('one')}`)
    expect(owner).toBe(`${oneUid} 600`)
  })
})

describe('when controld is killed', () => {
  it('the VM goes on in the same process, the API comes back and takes it over, and its console still works', async () => {
    const { api, machine, vms } = host()
    const before = await vms.get(vm('one').id)
    await host().killControld()

    const after = await vms.waitForPowerState(before.id, 'running', minutes(1))
    expect(after.status.pid).toBe(before.status.pid)
    const events = EventStream.open(api, 0)
    await events.waitFor('vm.adopted', before.id, minutes(1))
    events.close()

    const again = await SerialSocket.open(api, before.id)
    again.send('once more\r')
    await again.waitFor(/corbel-guest: heard once more/, minutes(1), machine.died)
    again.close()
  })
})

describe('power', () => {
  it('off at once ends a VM and says so', async () => {
    const { vms } = host()
    await vms.power(vm('two').id, 'power-off', minutes(1))
    const off = await vms.waitForPowerState(vm('two').id, 'off', minutes(1))
    expect(off.status.pid).toBeUndefined()
  })

  it('on of a VM that runs is refused', async () => {
    const answer = await host().api.request('POST', `/v1/vms/${vm('one').id}/power-on`)
    expect(answer.status).toBe(409)
    expect(answer.json).toMatchObject({ code: 'vm.power.wrong-state' })
  })

  it('reset starts a guest anew in the same process', async () => {
    const { api, machine, vms } = host()
    const before = await vms.get(vm('one').id)
    const console = await SerialSocket.open(api, before.id)
    console.send('before that\r')
    await console.waitFor(/corbel-guest: heard before that/, minutes(1), machine.died)
    await vms.power(before.id, 'reset', minutes(1))
    // The firmware's greeting is enough: under emulation a reset guest runs many times slower than a started one.
    await console.waitFor(/heard before that[\s\S]*SeaBIOS/, minutes(2), machine.died)
    expect((await vms.get(before.id)).status.pid).toBe(before.status.pid)
    console.close()
  })
})

describe('when QEMU is killed', () => {
  it('status and event say that the VM crashed', async () => {
    const { api, probe, vms } = host()
    // By the controld that runs, which alone learns of how it ended.
    await vms.power(vm('two').id, 'power-on', minutes(1))
    const running = await vms.waitForPowerState(vm('two').id, 'running', minutes(1))
    const events = EventStream.open(api)
    await probe.output(`kill -9 ${running.status.pid}`)
    const crashed = await vms.waitForPowerState(running.id, 'crashed', minutes(1))
    expect(crashed.status.lastExit).toMatchObject({ signal: 9 })
    await events.waitFor('vm.crashed', running.id, minutes(1))
    events.close()
  })

  it('the VM can be started again', async () => {
    const { vms } = host()
    await vms.power(vm('two').id, 'power-on', minutes(1))
    await vms.power(vm('two').id, 'power-off', minutes(1))
  })
})

describe('after the VMs are deleted', () => {
  it('the host holds no cgroup, run directory or network device of theirs', async () => {
    const { api, probe, vms } = host()
    await vms.power(vm('one').id, 'power-off', minutes(1))
    for (const { id } of await vms.list()) await vms.remove(id)
    expect((await api.request('GET', `/v1/vms/${vm('one').id}`)).status).toBe(404)
    expect(await probe.output('find /proc/1/root/sys/fs/cgroup/corbel.vm -mindepth 1 -type d; ls /proc/1/root/run/corbel/vm')).toBe('')
    const devices = (await probe.output('ls /sys/class/net')).split(/\s+/)
    expect(devices.filter((device) => !/^(lo|e.*|corbel-nat0|bonding_masters)$/.test(device))).toEqual([])
  })

  it('and switches itself off when asked', async () => {
    await host().powerOff()
  })
})
