// More memory given out than there is, on a booted appliance: what one guest comes to need is taken from those that have it idle, nobody dies, and all get theirs back.
import { describe, expect, it } from 'vitest'
import { booted } from '../boot/booted.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'

/** Scarce for all three at once, with room for everybody's once the third has done. */
const host = booted({ name: 'balloon', probe: true, memoryMiB: 1792 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

const IDLE_MIB = 384
const RESERVED_MIB = 256
const HUNGRY_MIB = 1024

interface Balloon {
  readonly targetMiB: number
  readonly by: string
}
interface Usage {
  readonly vms: readonly {
    readonly name: string
    readonly balloon: Balloon | null
    readonly counters: { readonly memory: { readonly residentBytes: number } }
    readonly devices: { readonly balloonBytes: number | null; readonly guestMemory: { readonly availableBytes: number } | null } | null
  }[]
}

interface Guest {
  readonly name: string
  readonly vm: Vm
  readonly console: SerialSocket
}

async function start(name: string, spec: object): Promise<Guest> {
  const { api, machine, vms } = host()
  const vm = await vms.create({ ...guestSpecs.hello(name), display: 'none', usb: false, ...spec })
  await vms.power(vm.id, 'power-on', minutes(1))
  const console = await SerialSocket.open(api, vm.id)
  await console.waitFor(/nested kvm is/, minutes(3), machine.died)
  return { name, vm, console }
}

async function type(guest: Guest, line: string, answer: RegExp): Promise<void> {
  guest.console.forget()
  guest.console.send(`${line}\r`)
  await guest.console.waitFor(answer, minutes(6), host().machine.died)
}

const balloonOf = async ({ vm }: Guest) => ((await host().vms.get(vm.id)).status as { readonly balloon?: Balloon }).balloon ?? null
const targetOf = async (guest: Guest) => (await balloonOf(guest))?.targetMiB ?? guest.vm.spec.memoryMiB

async function events(code: string): Promise<readonly string[]> {
  const { items } = await host().api.call<{ items: readonly { code: string; target: { id: string } }[] }>('GET', '/v1/events')
  return items.filter((event) => event.code === code).map(({ target }) => target.id)
}

/** Read where the kernel keeps it. */
async function residentMiB({ vm }: Guest): Promise<number> {
  const stat = await host().probe.output(`cat /proc/1/root/sys/fs/cgroup/corbel.vm/${vm.id}/memory.stat`)
  return Math.round(Number(/^anon (\d+)$/m.exec(stat)?.[1]) / 1_048_576)
}

async function figures(when: string): Promise<void> {
  const told = await Promise.all(guests.map(async (guest) => `${guest.name} ${await targetOf(guest)}/${await residentMiB(guest)}`))
  console.log(`${when}, MiB to have and resident: ${told.join(', ')}`)
}

let promised: Guest
let idle: Guest
let hungry: Guest
let guests: readonly Guest[] = []

describe('VMs with more memory together than there is', () => {
  it('all run and have all of it while they do not use it', async () => {
    const { api } = host()
    await api.call('PATCH', '/v1/host/resources', { body: { overcommit: { memory: 2 } } })
    ;[promised, idle, hungry] = await Promise.all([
      start('promised', { memoryMiB: IDLE_MIB, memoryAllocation: { reservationMiB: RESERVED_MIB } }),
      start('idle', { memoryMiB: IDLE_MIB }),
      start('hungry', { memoryMiB: HUNGRY_MIB }),
    ])
    guests = [promised, idle, hungry]
    // What was touched once stays with QEMU until the balloon takes it.
    for (const line of ['fill 240', 'empty']) {
      await Promise.all([promised, idle].map((guest) => type(guest, line, /full with 240|emptied/)))
    }
    await figures('when two have used theirs and do no more')
    expect(await Promise.all(guests.map(balloonOf))).toEqual([null, null, null])
  })

  it('give what is idle to the one that needs it, none less than was promised, and none dies', async () => {
    await type(hungry, 'fill 560', /full with \d+/)
    await figures('when the third has taken what it needs')
    expect(hungry.console.text).toMatch(/full with 560/)
    const [least, left] = [await targetOf(promised), await targetOf(idle)]
    expect(least).toBeGreaterThanOrEqual(RESERVED_MIB)
    expect(least).toBeLessThan(IDLE_MIB)
    expect(left).toBeGreaterThanOrEqual(IDLE_MIB / 4)
    expect(left).toBeLessThan(IDLE_MIB)
    expect((await balloonOf(idle))?.by).toBe('balancer')
    for (const { vm } of guests) expect((await host().vms.get(vm.id)).status.powerState).toBe('running')
  })

  it('would be ended, were that not enough, in the order of what they were promised', async () => {
    const score = async ({ vm }: Guest) => {
      const { pid } = (await host().vms.get(vm.id)).status
      return Number(await host().probe.output(`cat /proc/${pid}/oom_score_adj`))
    }
    expect(await Promise.all(guests.map(score))).toEqual([400, 500, 500])
  })

  it('are told of once each, and shown with what is left to them', async () => {
    const told = await events('vm.memory-squeezed')
    for (const { vm } of [promised, idle]) expect(told.filter((id) => id === vm.id)).toHaveLength(1)
    const shown = await until(
      'usage with the balloon',
      async () => {
        const { vms } = await host().api.call<Usage>('GET', '/v1/usage')
        const found = vms.find(({ name }) => name === 'idle')
        return found?.devices?.guestMemory != null && found.balloon !== null ? found : null
      },
      { timeoutMs: minutes(2), signal: host().machine.died },
    )
    expect(shown.balloon?.by).toBe('balancer')
  })

  it('are taken over by the next controld as they are', async () => {
    const before = await targetOf(promised)
    await host().killControld()
    await until('the balloon after a restart', async () => (await balloonOf(promised))?.by === 'balancer', {
      ...{ timeoutMs: minutes(2), signal: host().machine.died },
    })
    expect(Math.abs((await targetOf(promised)) - before)).toBeLessThanOrEqual(48)
  })

  it('get all of it back when the one has done with it', async () => {
    // The consoles ended with the controld that served them.
    hungry = { ...hungry, console: await SerialSocket.open(host().api, hungry.vm.id) }
    await type(hungry, 'empty', /emptied/)
    await until('the return of all memory', async () => (await Promise.all(guests.map(balloonOf))).every((balloon) => balloon === null), {
      ...{ timeoutMs: minutes(5), intervalMs: 1000, signal: host().machine.died },
      seen: () => 'see the events',
    })
    await figures('when the third has given it up')
    const ids = [...(await events('vm.memory-released'))]
    for (const { vm } of [promised, idle]) expect(ids.filter((id) => id === vm.id)).toHaveLength(1)
  })
})
