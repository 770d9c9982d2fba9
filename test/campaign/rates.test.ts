// Rates of NICs, pools and disks on a booted appliance: measured by what TAPs and cgroups count while guests send, receive and read as fast as they can.
import { describe, expect, it } from 'vitest'
import { booted } from '../boot/booted.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Task } from '../harness/vm-client.ts'
import { pause, until } from '../harness/wait.ts'

const CGROUPS = '/sys/fs/cgroup/corbel.vm'
/** More than a rate in so short a time: emulated and beside others, a timer may be late by more than a bucket holds. */
const TOLERANCE = 0.25
/** Less than a rate: what an emulated guest that does little else must still ask for. */
const SHORTFALL = 0.4
const SECONDS = 5

const host = booted({ name: 'rates', probe: true, memoryMiB: 1536 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)
/** On the appliance, with its own programs. */
const inside = (script: string) => host().probe.output(`chroot /proc/1/root /usr/bin/busybox sh -c '${script}'`)

class Guest {
  #console: SerialSocket
  #ran = 0

  private constructor(
    readonly id: string,
    console: SerialSocket,
  ) {
    this.#console = console
  }

  static async start(name: string, spec: object): Promise<Guest> {
    const { api, machine, vms } = host()
    const file = `${name}.img`
    const making = await api.call<Task>('POST', '/v1/datastores/local/disks', {
      body: { file, format: 'raw', sizeBytes: 67_108_864, preallocation: 'full' },
    })
    await vms.follow(making, minutes(3))
    const disks = [{ datastore: 'local', file, format: 'raw' }]
    const { id } = await vms.create({ ...guestSpecs.hello(name), memoryMiB: 128, disks, ...spec })
    await vms.power(id, 'power-on', minutes(2))
    const console = await SerialSocket.open(api, id)
    await console.waitFor(/nested kvm is/, minutes(3), machine.died)
    const guest = new Guest(id, console)
    await guest.run('cd /; for module in failover net_failover virtio_net virtio_blk; do insmod $module.ko; done')
    return guest
  }

  /** Commands that end well at once, or go on in the background. What is typed is repeated, and must not look like the answer. */
  async run(commands: string): Promise<void> {
    const number = ++this.#ran
    this.#console.send(`run (${commands}) && echo done-$((${number}))\r`)
    await this.#console.waitFor(new RegExp(`done-${number}\\r?\\n`), minutes(3), host().machine.died)
  }

  /** Consoles end with the controld that they were opened by. */
  async reopen(): Promise<void> {
    this.close()
    this.#console = await SerialSocket.open(host().api, this.id)
  }

  close(): void {
    this.#console.close()
  }

  /** Several at a time: the disk always has something to do for it. */
  read(): Promise<void> {
    return this.run('for at in 0 64 128 192; do dd if=/dev/vda of=/dev/null bs=256k skip=$at count=64 iflag=direct 2>/dev/null & done')
  }

  write(): Promise<void> {
    return this.run('(while :; do dd if=/dev/zero of=/dev/vda bs=256k count=8 conv=fsync; done) >/dev/null 2>&1 &')
  }

  /** Neither any more. */
  rest(): Promise<void> {
    return this.run('for pid in $(ps | grep "[d]d if" | while read -r pid rest; do echo $pid; done); do kill $pid; done 2>/dev/null; true')
  }

  async change(fields: object): Promise<void> {
    const { api, vms } = host()
    const { revision } = await vms.get(this.id)
    const answer = await api.request('PATCH', `/v1/vms/${this.id}`, { body: fields, headers: { 'if-match': `"${revision}"` } })
    if (answer.status === 202) await vms.follow(answer.json as Task, minutes(2))
    else expect(answer.status).toBe(200)
    expect((await vms.get(this.id)).status.pending).toEqual([])
  }

  /** Limits of a NIC, the others left as they are. */
  async limit(slot: number, limits: object | null): Promise<void> {
    const { spec } = await host().vms.get(this.id)
    const nics = spec.nics as readonly { readonly slot: number }[]
    await this.change({ nics: nics.map((nic) => (nic.slot === slot ? { ...nic, limits } : nic)) })
  }
}

async function changePool(fields: object): Promise<void> {
  const { api } = host()
  const { revision } = await api.call<{ revision: number }>('GET', '/v1/pools/web')
  await api.call('PATCH', '/v1/pools/web', { body: fields, headers: { 'if-match': `"${revision}"` } })
}

/** Per second of the appliance's own clock, of the sum of what `counters` prints. */
async function rate(counters: string): Promise<number> {
  const look = async () => {
    const [uptime = '', ...counts] = (await inside(`cut -d" " -f1 /proc/uptime; ${counters}`)).split('\n')
    return { at: Number(uptime), count: counts.reduce((sum, count) => sum + Number(count), 0) }
  }
  // What a bucket holds goes first.
  await pause(1000)
  const before = await look()
  await pause(SECONDS * 1000)
  const after = await look()
  return (after.count - before.count) / (after.at - before.at)
}

const received = (...taps: readonly string[]) => rate(taps.map((tap) => `cat /sys/class/net/${tap}/statistics/tx_bytes`).join('; '))
/** By all VMs, where it leaves their network. */
const sent = () => rate('cat /sys/class/net/corbel-nat0/statistics/rx_bytes')
/** From the host, more than a limit lets through, and what arrives whole comes back; until `quiet`. A guest's kernel does all of it. */
const ping = (address: string, everySeconds: number) =>
  inside(`busybox ping -q -s 60000 -i ${everySeconds} ${address} </dev/null >/dev/null 2>&1 & echo $! >>/tmp/pings`)
const quiet = () => inside('kill $(cat /tmp/pings) && rm /tmp/pings')
const counted = (group: string, what: 'rbytes' | 'wbytes') => `grep -o "${what}=[0-9]*" ${CGROUPS}/${group}/io.stat | cut -d= -f2`

function expectRate(what: string, got: number, wanted: number): void {
  console.log(`${what}: ${Math.round(got / 1000)} kB/s of ${wanted / 1000}`)
  expect(got).toBeGreaterThan(wanted * (1 - SHORTFALL))
  expect(got).toBeLessThan(wanted * (1 + TOLERANCE))
}

/** Number, parent and rate of each class for one way. */
async function classes(device: string): Promise<readonly string[]> {
  const found = JSON.parse(await inside(`/usr/sbin/tc -j class show dev ${device}`)) as readonly Readonly<Record<string, unknown>>[]
  return found.flatMap((one) => (one.class === 'htb' ? [`${one.handle} in ${one.parent ?? 'none'}: ${one.ceil}`] : [])).sort()
}

const devices = () => inside('ls /sys/class/net')
let left: Guest
let right: Guest

describe('a NIC', () => {
  it('receives no more than it may, from its start on; live it is more, and without a limit all there is', async () => {
    await host().api.call('POST', '/v1/pools', { body: { name: 'web' } })
    right = await Guest.start('right', { nics: [{ network: 'nat' }] })
    const untouched = await devices()
    left = await Guest.start('left', { pool: 'web', nics: [{ network: 'nat', limits: { receiveBytesPerSecond: 50_000 } }] })
    expect([untouched, await devices()]).toEqual([expect.not.stringMatching(/corbel-[rt]x/), expect.stringContaining('corbel-rx')])
    expect(await classes('corbel-rx')).toEqual(['1:118 in none: 50000'])
    // Of two NICs on one network each answers for itself.
    await left.run('echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; ifconfig eth0 10.213.0.251 up')
    await ping('10.213.0.251', 0.2)
    expectRate('received', await received('vm1n0'), 50_000)
    await left.limit(0, { receiveBytesPerSecond: 80_000 })
    expectRate('received, changed live', await received('vm1n0'), 80_000)
    await left.limit(0, null)
    expect(await devices()).not.toMatch(/corbel-[rt]x/)
    const free = await received('vm1n0')
    console.log(`received without a limit: ${Math.round(free / 1000)} kB/s`)
    expect(free).toBeGreaterThan(100_000)
  })

  it('sends no more than it may, also when controld ends and another one takes over', async () => {
    await left.limit(0, { transmitBytesPerSecond: 50_000 })
    expectRate('sent', await sent(), 50_000)
    const before = await classes('corbel-tx')
    expect(before).toEqual(['1:118 in none: 50000'])
    await host().killControld()
    for (const guest of [left, right]) await guest.reopen()
    expectRate('sent under another controld', await sent(), 50_000)
    expect(await classes('corbel-tx')).toEqual(before)
    await left.limit(0, null)
    expect(await devices()).not.toMatch(/corbel-[rt]x/)
    await quiet()
  })
})

describe('a pool', () => {
  it('receives no more than it may on all NICs together, one that is plugged in live included', async () => {
    await changePool({ network: { receiveBytesPerSecond: 100_000 } })
    const { spec } = await host().vms.get(left.id)
    await left.change({ nics: [...spec.nics, { network: 'nat' }] })
    await left.run('until ifconfig eth1 10.213.0.253 up; do sleep 1; done')
    expect(await classes('corbel-rx')).toEqual(['1:1 in none: 100000', '1:118 in 1:1: 100000', '1:119 in 1:1: 100000'])
    await ping('10.213.0.251', 0.4)
    await ping('10.213.0.253', 0.4)
    expectRate('received by two NICs of a pool', await received('vm1n0', 'vm1n1'), 100_000)
    await changePool({ network: { receiveBytesPerSecond: 150_000 } })
    expectRate('the same, changed live', await received('vm1n0', 'vm1n1'), 150_000)
    await changePool({ network: { receiveBytesPerSecond: null } })
    await quiet()
  })

  it('reads and writes no more than it may, past the page cache', async () => {
    const disk = await inside('cat /sys/dev/block/$(grep " /datastores/local " /proc/self/mountinfo | cut -d" " -f3)/../dev')
    await changePool({ io: { readBytesPerSecond: 1_000_000, writeBytesPerSecond: 500_000 } })
    expect(await inside(`cat ${CGROUPS}/pool.web/io.max`)).toBe(`${disk} rbps=1000000 wbps=500000 riops=max wiops=max`)
    await inside('echo 3 >/proc/sys/vm/drop_caches')
    await left.read()
    expectRate('read by a pool', await rate(counted('pool.web', 'rbytes')), 1_000_000)
    await changePool({ io: { readBytesPerSecond: 2_000_000 } })
    expectRate('read by a pool, changed live', await rate(counted('pool.web', 'rbytes')), 2_000_000)
    await left.rest()
    await left.write()
    expectRate('written by a pool', await rate(counted('pool.web', 'wbytes')), 500_000)
    await left.rest()
    await changePool({ io: { readBytesPerSecond: null, writeBytesPerSecond: null } })
    expect(await inside(`cat ${CGROUPS}/pool.web/io.max`)).toBe('')
  })
})

describe('a disk that is busy', () => {
  it('is divided by shares', async () => {
    const { machine } = host()
    await right.change({ ioAllocation: { shares: 300 } })
    const weights = ['pool.web', right.id].map((group) => `cat ${CGROUPS}/${group}/io.bfq.weight`)
    expect((await inside(weights.join('; '))).split('\n')).toEqual(['default 333', 'default 1000'])
    await inside('echo 3 >/proc/sys/vm/drop_caches')
    const free = { iops: 0, iops_rd: 0, iops_wr: 0, bps_rd: 0, bps_wr: 0 }
    // A real disk is slower than what emulates one.
    await machine.qmp.run('block_set_io_throttle', { device: 'data', bps: 800_000, ...free })
    // In their groups, as QEMU's threads are: emulated guests take so long to ask again that the disk has turned to others meanwhile.
    const asIn = (group: string, file: string) =>
      `(echo 0 >${CGROUPS}/${group}/cgroup.procs; busybox timeout 20 busybox dd if=/datastores/local/${file} of=/dev/null bs=64k iflag=direct) >/dev/null 2>&1 &`
    await inside(`${asIn(`pool.web/${left.id}`, 'left.img')} ${asIn(right.id, 'right.img')} true`)
    const [one, three] = await Promise.all([rate(counted('pool.web', 'rbytes')), rate(counted(right.id, 'rbytes'))])
    await machine.qmp.run('block_set_io_throttle', { device: 'data', bps: 0, ...free })
    console.log(`of a disk of 800 kB/s, by shares of 100 and 300: ${Math.round(one / 1000)} and ${Math.round(three / 1000)} kB/s`)
    expect(three / one).toBeGreaterThan(2)
    expect(three / one).toBeLessThan(4.5)
  })
})

describe('a VM and a pool that are gone', () => {
  it('leave nothing', async () => {
    const { api, vms } = host()
    await changePool({ network: { receiveBytesPerSecond: 600_000, transmitBytesPerSecond: 600_000 } })
    await until('both ways', async () => /corbel-rx\ncorbel-tx/.test(await devices()), { timeoutMs: minutes(1) })
    for (const guest of [left, right]) {
      const { id } = guest
      guest.close()
      await vms.power(id, 'power-off', minutes(1))
      await vms.remove(id)
    }
    await api.call('DELETE', '/v1/pools/web')
    await until('nothing', async () => !/^vm|corbel-[rt]x/m.test(await devices()), { timeoutMs: minutes(1) })
    const groups = 'ls /sys/fs/cgroup/corbel.vm | grep -c "pool\\|-"'
    expect(await inside(`/usr/sbin/tc qdisc show | grep -c "htb\\|clsact"; ${groups}; true`)).toBe('0\n0')
    expect(await api.call<{ unkept: readonly string[] }>('GET', '/v1/host/resources')).toMatchObject({ unkept: [] })
  })
})
