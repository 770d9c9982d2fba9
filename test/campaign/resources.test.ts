// What is promised on a booted appliance: read back from its cgroups, measured by work done in guests, and kept when one of them runs wild.
import { describe, expect, it } from 'vitest'
import { booted } from '../boot/booted.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { pause, until } from '../harness/wait.ts'

const MIB = 1_048_576
const CGROUPS = '/proc/1/root/sys/fs/cgroup'
/** One CPU, of which a quarter is kept for the host. */
const host = booted({ name: 'resources', probe: true, memoryMiB: 2048 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

interface ResourcesView {
  readonly capacity: {
    readonly cores: number
    readonly memoryMiB: number
    readonly reserve: { readonly cores: number; readonly memoryMiB: number }
  }
  readonly promised: { readonly cores: number; readonly memoryMiB: number }
}

const view = () => host().api.call<ResourcesView>('GET', '/v1/host/resources')
const cgroupFile = (path: string) => host().probe.output(`cat ${CGROUPS}/${path}`)

class Guest {
  private constructor(
    readonly vm: Vm,
    readonly console: SerialSocket,
  ) {}

  static async start(name: string, spec: object = {}): Promise<Guest> {
    const { api, machine, vms } = host()
    const vm = await vms.create({ ...guestSpecs.hello(name), memoryMiB: 128, ...spec })
    await vms.power(vm.id, 'power-on', minutes(1))
    const console = await SerialSocket.open(api, vm.id)
    await console.waitFor(/nested kvm is/, minutes(3), machine.died)
    return new Guest(vm, console)
  }

  /** Rounds of work done since it was told to burn. */
  get done(): number {
    return Number(this.console.text.match(/(?<=corbel-guest: burnt )\d+(?=\r?\n)/g)?.at(-1) ?? 0)
  }
}

interface Work {
  /** Rounds a second. */
  readonly rate: number
  /** Of processor time, as the host counts it. */
  readonly cores: number
}

/** What each of them gets done, and gets for it, while all of them work. */
async function work(guests: readonly Guest[], seconds: number): Promise<readonly Work[]> {
  for (const { console } of guests) console.send('burn\r')
  await until('work of all', () => guests.every(({ done }) => done > 0), { timeoutMs: minutes(3), signal: host().machine.died })
  const before = await look(guests)
  await pause(seconds * 1000)
  const after = await look(guests)
  for (const { console } of guests) {
    console.send('rest\r')
    // The last that it has done may still be on its way.
    await console.waitFor(/corbel-guest: rested/, minutes(3), host().machine.died)
    console.forget()
  }
  const change = (now: readonly number[], then: readonly number[], index: number) =>
    ((now[index] ?? 0) - (then[index] ?? 0)) / (after.atSeconds - before.atSeconds)
  return guests.map((_, index) => ({ rate: change(after.done, before.done, index), cores: change(after.used, before.used, index) }))
}

/** Work done, and seconds of processor time used, at a moment of the host's own clock: that of an emulated one may run behind. */
async function look(guests: readonly Guest[]) {
  const group = ({ vm }: Guest) => {
    const pool = (vm.spec as unknown as { readonly pool: string }).pool
    return `corbel.vm/${pool === 'host' ? '' : `pool.${pool}/`}${vm.id}`
  }
  const told = await host().probe.output(`cat /proc/uptime ${guests.map((guest) => `${CGROUPS}/${group(guest)}/cpu.stat`).join(' ')}`)
  const used = [...told.matchAll(/^usage_usec (\d+)$/gm)].map(([, usec]) => Number(usec) / 1_000_000)
  return { atSeconds: Number.parseFloat(told), done: guests.map(({ done }) => done), used }
}

let gold: Guest
let small: Guest
let large: Guest

describe('the host', () => {
  it('keeps its part of CPU and memory from everything that is a VM', async () => {
    const { capacity } = await view()
    const { cores, memoryMiB, reserve } = capacity
    expect([cores, reserve.cores]).toEqual([1, 0.25])
    expect(await cgroupFile('corbel.vm/memory.max')).toBe(String((memoryMiB - reserve.memoryMiB) * MIB))
    expect(await cgroupFile('corbel.host/memory.min')).toBe(String(reserve.memoryMiB * MIB))
    const weight = async (group: string) => Number(await cgroupFile(`${group}/cpu.weight`))
    expect((await weight('corbel.host')) / (await weight('corbel.vm'))).toBeCloseTo(reserve.cores / (cores - reserve.cores), 2)
  })
})

describe('pools', () => {
  it('are groups in which their VMs are', async () => {
    await host().api.call('POST', '/v1/pools', { body: { name: 'gold', cpu: { reservationCores: 0.4 } } })
    gold = await Guest.start('gold', { pool: 'gold', cpuAllocation: { reservationCores: 0.4 }, memoryAllocation: { reservationMiB: 128 } })
    small = await Guest.start('small')
    large = await Guest.start('large', { cpuAllocation: { shares: 300 } })
    const { status } = await host().vms.get(gold.vm.id)
    const group = `corbel.vm/pool.gold/${gold.vm.id}`
    expect(await host().probe.output(`cut -d: -f3 /proc/${status.pid}/cgroup`)).toBe(`/${group}`)
    expect([await cgroupFile(`${group}/memory.oom.group`), await cgroupFile(`${group}/pids.max`)]).toEqual(['1', '129'])
    expect(Number(await cgroupFile(`${group}/memory.min`))).toBeGreaterThan(128 * MIB)
    expect((await view()).promised.cores).toBe(0.4)
  })

  it('keep what was promised to one VM while others take all they can get, which shares divide', async () => {
    const [promised, one, three] = await work([gold, small, large], 24)
    if (promised === undefined || one === undefined || three === undefined) throw new Error('somebody did not work')
    const told = [promised, one, three].map(({ rate, cores }) => `${rate.toFixed(2)} rounds/s with ${cores.toFixed(3)} cores`)
    console.log(`promised 0.4 cores, then by shares of 100 and 300: ${told.join('; ')}`)
    expect(promised.cores).toBeGreaterThan(0.4 * 0.9)
    expect(three.cores / one.cores).toBeGreaterThan(2)
    expect(three.cores / one.cores).toBeLessThan(4.5)
    // What the one with little gets goes to waste in part: its screen and its port are served first.
    expect(three.rate / one.rate).toBeGreaterThan(1.5)
  })

  it('change while their VMs run', async () => {
    const { api, vms } = host()
    const [free] = await work([small], 8)
    const { revision } = await vms.get(small.vm.id)
    const body = { cpuAllocation: { limitCores: 0.25 } }
    const changed = await api.call<Vm>('PATCH', `/v1/vms/${small.vm.id}`, { body, headers: { 'if-match': `"${revision}"` } })
    expect(changed.status.pending).toEqual([])
    const [limited] = await work([small], 8)
    console.log(`with a limit of 0.25 cores ${limited?.cores}, without ${free?.cores}`)
    expect(free?.cores).toBeGreaterThan(0.5)
    expect(limited?.cores).toBeGreaterThan(0.15)
    expect(limited?.cores).toBeLessThan(0.3)
  })

  it('and VMs are promised nothing that is not there, and told why', async () => {
    const { api, vms } = host()
    const { id } = await vms.create({ ...guestSpecs.hello('greedy'), memoryMiB: 1536 })
    const refused = await api.request('POST', `/v1/vms/${id}/power-on`)
    expect(refused).toMatchObject({ status: 409, json: { code: 'admission.memory', problems: [{ field: 'memoryMiB' }] } })
    const { max } = (refused.json as { problems: readonly { readonly max: number }[] }).problems[0] ?? { max: 0 }
    expect(max).toBeGreaterThan(200)
    expect(await api.request('DELETE', '/v1/pools/gold')).toMatchObject({ status: 409, json: { code: 'pool.in-use' } })
    await vms.remove(id)
  })
})

describe('a VM that takes more memory than anything explains', () => {
  it('ends alone and whole, while the API answers', async () => {
    const { api, probe, vms } = host()
    const group = `${CGROUPS}/corbel.vm/${small.vm.id}`
    // As somebody who has taken over its QEMU could: in its group, as much as can be had.
    const hog = probe.output(
      `(echo 0 >${group}/cgroup.procs && exec dd if=/proc/1/root/dev/zero of=/dev/null bs=640M count=1) || true`,
      minutes(3),
    )
    const latencies: number[] = []
    let ended = false
    const watch = vms.waitForPowerState(small.vm.id, 'crashed', minutes(3)).finally(() => (ended = true))
    while (!ended) {
      const begun = performance.now()
      await api.call('GET', '/v1/host')
      latencies.push(performance.now() - begun)
    }
    await watch
    await hog
    latencies.sort((a, b) => a - b)
    console.log(
      `GET /v1/host while a VM took all memory: p50 ${latencies[Math.floor(latencies.length / 2)]} ms, p99 ${latencies.at(-Math.ceil(latencies.length / 100))} ms`,
    )
    expect(latencies.at(-1)).toBeLessThan(minutes(1))
    expect((await vms.get(gold.vm.id)).status.powerState).toBe('running')
    expect((await vms.get(large.vm.id)).status.powerState).toBe('running')
    expect((await work([gold], 2))[0]?.rate).toBeGreaterThan(0)
  })
})

describe('a pool that nothing is in any more', () => {
  it('goes with its group', async () => {
    const { api, vms } = host()
    gold.console.close()
    await vms.power(gold.vm.id, 'power-off', minutes(1))
    await vms.remove(gold.vm.id)
    await api.call('DELETE', '/v1/pools/gold')
    expect(await host().probe.output(`ls ${CGROUPS}/corbel.vm | grep pool || true`)).toBe('')
  })
})
