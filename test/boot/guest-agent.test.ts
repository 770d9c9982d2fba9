// A real Debian in a booted appliance that takes its settings from cloud-init and has the guest agent: what it was told has happened inside the guest, what the
// agent claims is shown, and what it is asked for happens.
import { describe, expect, it } from 'vitest'
import { GuestShell } from '../harness/guest-shell.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Task, type Vm } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'

interface GuestStatus {
  readonly agent: string
  readonly claims?: {
    readonly hostname: string
    readonly os: { readonly id: string; readonly name: string; readonly version: string; readonly kernel: string }
    readonly addresses: readonly {
      readonly interface: string
      readonly mac: string
      readonly address: string
      readonly prefixLength: number
    }[]
    readonly frozen: boolean
  }
}

const host = booted({ name: 'guest-agent', probe: true, memoryMiB: 2048 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

const MAC = '52:54:00:c1:0d:01'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDbPnEjU8T3TGFO0kZ+Yhmc8ktbXdqY9RmSJ9hE7cLtT ada@example'

/** Of the seed. Commands of `bootcmd` run at each boot, those of `runcmd` once an instance. */
const cloudInit = {
  metaData: 'instance-id: first-instance\n',
  userData: [
    '#cloud-config',
    'hostname: lovelace',
    'users:',
    `  - { name: ada, shell: /bin/bash, ssh_authorized_keys: [ ${KEY} ] }`,
    'bootcmd: [ echo boot >>/root/cloud-init ]',
    'runcmd: [ echo instance >>/root/cloud-init ]',
    '',
  ].join('\n'),
  networkConfig: `version: 2\nethernets: { first: { match: { macaddress: '${MAC}' }, addresses: [ 10.213.0.251/24 ] } }\n`,
}

let vm: Vm
let console: SerialSocket
let shell: GuestShell

async function guest(): Promise<GuestStatus> {
  const { status } = await host().api.call<{ status: { guest: GuestStatus } }>('GET', `/v1/vms/${vm.id}`)
  return status.guest
}

/** The guest once it is as `holds` says. */
function guestWhen(what: string, holds: (status: GuestStatus) => boolean): Promise<GuestStatus> {
  let seen = ''
  const look = async () => {
    const status = await guest()
    seen = JSON.stringify(status)
    return holds(status) ? status : null
  }
  return until(what, look, { timeoutMs: minutes(3), intervalMs: 500, seen: () => seen })
}

async function act(verb: 'freeze' | 'thaw', body?: object): Promise<Task> {
  const { api, vms } = host()
  const task = await api.call<Task>('POST', `/v1/vms/${vm.id}/guest/${verb}`, body === undefined ? {} : { body })
  return vms.follow(task, minutes(2))
}

/** What cloud-init says of itself at the end of its last stage. */
const cloudInitResult = () => shell.waitFor('cat /run/cloud-init/result.json', /errors/, minutes(3))

const hears = (pattern: RegExp) => console.waitFor(pattern, minutes(2), host().machine.died)

/** The guest's own clock, seconds since the epoch. */
async function guestSeconds(mark: string): Promise<number> {
  console.send(`echo ${mark}=$(date +%s)\r`)
  const [, seconds] = await hears(new RegExp(`^${mark}=(\\d+)\\r?$`, 'm'))
  return Number(seconds)
}

describe('the agent of a guest', () => {
  it('is absent while the guest starts', async () => {
    const { api, vms } = host()
    vm = await vms.create({ ...guestSpecs.debian('debian'), nics: [{ network: 'nat', mac: MAC }], cloudInit })
    await vms.power(vm.id, 'power-on', minutes(1))
    console = await SerialSocket.open(api, vm.id)
    expect(await guest()).toEqual({ agent: 'absent' })
    const refused = await api.request('POST', `/v1/vms/${vm.id}/guest/freeze`)
    expect([refused.status, (refused.json as { code: string }).code]).toEqual([409, 'guest-agent.absent'])
  })

  it('tells who the guest is, and its address', async () => {
    const { machine } = host()
    shell = await GuestShell.login(console, machine, minutes(12), () => host().vms.power(vm.id, 'reset', minutes(1)))
    const { claims } = await guestWhen(
      'address from the agent',
      ({ claims: now }) => now?.addresses.some(({ mac }) => mac === MAC) === true,
    )
    expect(claims).toMatchObject({ hostname: 'lovelace', os: { id: 'debian', version: '13' }, frozen: false })
    expect(claims?.os.kernel).toMatch(/^6\.\d+/)
    expect(claims?.addresses[0]).toMatchObject({ mac: MAC, address: '10.213.0.251', prefixLength: 24 })
  })
})

describe('a guest with cloud-init', () => {
  it('has found its seed, on a disk after its own, and nothing wrong with it', async () => {
    // mformat also writes a partition table, whose one partition is the whole disk.
    const datasource = expect.stringMatching(/^DataSourceNoCloud \[seed=\/dev\/vdb1?\]$/)
    expect(JSON.parse(await cloudInitResult())).toEqual({ v1: { datasource, errors: [] } })
  })

  it('has the host name, the user with the SSH key, and the address that it was told', async () => {
    expect(await shell.run('hostname', minutes(1))).toBe('lovelace')
    expect(await shell.run('id -nG ada', minutes(1))).toBe('ada')
    const keys = '/home/ada/.ssh/authorized_keys'
    expect(await shell.run(`stat -c "%U %a" ${keys}; cat ${keys}`, minutes(1))).toBe(`ada 600\n${KEY}`)
    expect(await shell.run('ip -4 -br address | awk \'$1 != "lo" { print $3 }\'', minutes(1))).toBe('10.213.0.251/24')
  })
})

describe('a frozen guest', () => {
  it('writes nothing until it is thawed', async () => {
    await act('freeze')
    expect((await guestWhen('frozen guest', ({ claims }) => claims?.frozen === true)).claims).toMatchObject({ hostname: 'lovelace' })
    // It waits in the kernel, where no signal reaches it.
    const stuck = 'until grep -q "State:.D" /proc/$pid/status; do :; done; echo wai""ted'
    console.send(`touch /root/first & pid=$! ; ${stuck}; wait $pid; echo writ""ten\r`)
    await hears(/^waited\r?$/m)
    expect(console.text).not.toMatch(/written/)
    await act('thaw')
    await hears(/written/)
  })

  it('is thawed when its time is over', async () => {
    await act('freeze', { timeoutSeconds: 5 })
    await guestWhen('thawed guest', ({ claims }) => claims?.frozen === false)
    console.send('touch /root/second; echo seco""nd\r')
    await hears(/^second\r?$/m)
  })

  it('is thawed by the next controld', async () => {
    const { api } = host()
    await act('freeze', { timeoutSeconds: 600 })
    await host().killControld()
    console.close()
    await guestWhen('thawed guest', ({ agent, claims }) => agent === 'responding' && claims?.frozen === false)
    console = await SerialSocket.open(api, vm.id)
    console.send('touch /root/third; echo thi""rd\r')
    await hears(/^third\r?$/m)
  })
})

describe('the clock of a guest that stood still', () => {
  it('is set right when it goes on', async () => {
    const { probe, vms } = host()
    console.send('date -s "1 hour ago" >/dev/null; echo set""back\r')
    await hears(/^setback\r?$/m)
    const difference = async (round: number) => (await guestSeconds(`mark${round}`)) - Number(await probe.output('date +%s'))
    expect(await difference(0)).toBeLessThan(-3_000)
    await vms.power(vm.id, 'pause', minutes(1))
    await vms.power(vm.id, 'resume', minutes(1))
    let round = 0
    const isRight = async () => (Math.abs(await difference(++round)) <= 10 ? true : null)
    await until('right time in the guest', isRight, { timeoutMs: minutes(3), intervalMs: 1_000 })
  })
})

describe('a shutdown', () => {
  it('happens by the agent where the guest ignores the power button', async () => {
    const { vms } = host()
    console.send('mkdir -p /run/systemd/logind.conf.d; printf "[Login]\\nHandlePowerKey=ignore\\n" >/run/systemd/logind.conf.d/a.conf\r')
    console.send('systemctl restart systemd-logind; echo igno""red\r')
    await hears(/^ignored\r?$/m)
    await vms.power(vm.id, 'shutdown', minutes(3))
    expect((await vms.get(vm.id)).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'guest-shutdown' } })
  })

  it('leaves nothing of the guest to be shown', async () => {
    expect(await guest()).toBeUndefined()
  })
})

describe('a guest with cloud-init that is powered on again', () => {
  it('is still the instance that it was: nothing is done twice but what is for each boot', async () => {
    const { api, machine, vms } = host()
    console.close()
    await vms.power(vm.id, 'power-on', minutes(1))
    console = await SerialSocket.open(api, vm.id)
    await console.waitFor(/GRUB loads Debian[\s\S]*GRUB loads Debian/, minutes(2), machine.died)
    console.forget()
    shell = await GuestShell.login(console, machine, minutes(12), () => host().vms.power(vm.id, 'reset', minutes(1)))
    await cloudInitResult()
    expect(await shell.run('readlink /var/lib/cloud/instance; cat /root/cloud-init', minutes(1))).toBe(
      '/var/lib/cloud/instances/first-instance\nboot\ninstance\nboot',
    )
    console.close()
    await host().powerOff()
  })
})
