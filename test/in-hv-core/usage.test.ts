// Usage read from a tree as the appliance has it, from this machine’s own files, and from a cgroup of a process that works.
import * as fs from 'hv:fs'
import * as process from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createUsage } from '../../control/src/adapters/usage.ts'
import { makeCgroup, removeCgroup } from '../../control/src/adapters/vm-cgroup.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import { usageContract } from '../contract/usage.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'
import { cgroupMount } from './vm-bench.ts'

const ID = '11111111-2222-4333-8444-555555555555'

/** The files of one VM with the numbers of the contract, and of a host. */
const TREE: Readonly<Record<string, string>> = {
  [`cgroups/${ID}/cpu.stat`]: 'usage_usec 61000000\nuser_usec 1\nsystem_usec 1\nnr_periods 620\nnr_throttled 31\nthrottled_usec 1750000\n',
  [`cgroups/${ID}/cpu.pressure`]: 'some avg10=12.50 avg60=0.00 avg300=0.00 total=4711\nfull avg10=1.50 avg60=0.00 avg300=0.00 total=11\n',
  [`cgroups/${ID}/io.pressure`]: 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  [`cgroups/${ID}/memory.current`]: '209715200\n',
  [`cgroups/${ID}/memory.stat`]: 'anon 104857600\nfile 52428800\nkernel 4194304\nshmem 0\nslab_reclaimable 1048576\n',
  [`cgroups/${ID}/memory.swap.current`]: '4096\n',
  [`cgroups/${ID}/io.stat`]: '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
  'proc/77/task/77/comm': 'qemu-system-x86\n',
  'proc/77/task/77/schedstat': '1 9000000 1\n',
  'proc/77/task/78/comm': 'CPU 0/KVM\n',
  'proc/77/task/78/schedstat': '1 1000000 1\n',
  'proc/77/task/80/comm': 'CPU 12/KVM\n',
  'proc/77/task/80/schedstat': '1 2000400 1\n',
  // One that has just ended.
  'proc/77/task/81/comm': 'CPU 13/KVM\n',
  'proc/stat': 'cpu  30 0 0 70 0 0 0 0 0 0\ncpu0 20 0 0 30 0 0 0 0 0 0\ncpu1 10 0 0 40 0 0 0 0 0 0\nintr 0\n',
  'proc/meminfo': 'MemTotal: 2048 kB\nMemAvailable: 1024 kB\n',
  'proc/diskstats': ' 8 0 sda 1 0 8 0 2 0 16 0 0 0 0\n 8 1 sda1 1 0 8 0 2 0 16 0 0 0 0\n 7 0 loop0 1 0 8 0 2 0 16 0 0 0 0\n',
  'proc/net/dev':
    'Inter-|\n face |\n  eth0: 5 1 0 0 0 0 0 0 6 2 0 0 0 0 0 0\n  vm0n2: 5 1 0 0 0 0 0 0 6 2 0 0 0 0 0 0\n    lo: 5 1 0 0 0 0 0 0 6 2 0 0 0 0 0 0\n',
  'sys/block/sda/device/model': 'disk\n',
  'sys/block/loop0/size': '1\n',
  'sys/class/net/eth0/device/vendor': '0x1af4\n',
  ...Object.fromEntries(
    Object.entries({ rx_bytes: 1000, tx_bytes: 2000, rx_packets: 10, tx_packets: 20, rx_dropped: 3, tx_dropped: 4 }).map(
      ([name, count]) => [`sys/class/net/vm0n2/statistics/${name}`, `${count}\n`],
    ),
  ),
}

let directory = ''
beforeEach(() => {
  directory = temporaryDirectory()
  for (const [path, text] of Object.entries(TREE)) {
    fs.mkdir(`${directory}/${path.slice(0, path.lastIndexOf('/'))}`, { recursive: true })
    fs.writeFileAtomic(`${directory}/${path}`, text)
  }
})
afterEach(() => removeDirectory(directory))

const places = () => ({ cgroups: `${directory}/cgroups`, proc: `${directory}/proc`, sys: `${directory}/sys` })

describe('a tree of files', () => {
  usageContract(() => {
    const traces = (id: string) => ({ id, pid: 77, nics: [{ slot: 2, device: 'vm0n2' }] })
    return {
      usage: createUsage(places()),
      running: traces(ID),
      cgroup: `${directory}/cgroups/${ID}`,
      ended: traces('22222222-2222-4333-8444-555555555555'),
    }
  })

  it('tells of the machine’s disks and adapters, not of partitions, loops and TAPs', () => {
    const { disks, adapters, pressure } = createUsage(places()).observeHost()
    expect(disks).toEqual([{ name: 'sda', readBytes: 4096, writtenBytes: 8192, reads: 1, writes: 2 }])
    expect(adapters).toEqual([{ name: 'eth0', receivedBytes: 5, receivedPackets: 1, sentBytes: 6, sentPackets: 2, dropped: 0 }])
    expect(pressure).toEqual({ cpu: null, memory: null, io: null })
  })

  it('that is empty is a host of which nothing is known, and no VM', () => {
    const nowhere = createUsage({ cgroups: '/nowhere', proc: '/nowhere', sys: '/nowhere' })
    expect(nowhere.observeHost()).toMatchObject({ cpus: [], disks: [], adapters: [], memory: { totalBytes: 0 } })
    expect(nowhere.observeVm({ id: ID, pid: 1, nics: [] })).toBeNull()
  })
})

describe('this machine', () => {
  it('is read as it is', () => {
    const { cpu, cpus, memory } = createUsage({ cgroups: '/nowhere', proc: '/proc', sys: '/sys' }).observeHost()
    expect(cpus.length).toBeGreaterThan(0)
    expect(cpu.busyMicroseconds).toBeGreaterThan(0)
    expect(memory.totalBytes).toBeGreaterThan(64 * 1024 * 1024)
  })

  it('counts the processor time of what works in a cgroup, in whatever pool that is', async () => {
    const clock = createClock()
    const cgroups = `${cgroupMount()}/${directory.split('/').at(-1)}`
    const usage = createUsage({ cgroups, proc: '/proc', sys: '/sys' })
    const cgroup = `${cgroups}/pool.a/${ID}`
    makeCgroup(cgroup, {})
    try {
      const loop = process.spawn({ argv: ['/bin/sh', '-c', 'while :; do :; done'], cgroup })
      const usedMs = () => (usage.observeVm({ id: ID, pid: loop.pid, nics: [] })?.cpu.usedMicroseconds ?? 0) / 1000
      expect(await waitUntil(clock, () => usedMs() > 200, 10_000)).toBe(true)
      loop.kill(9)
      await loop.exited
    } finally {
      await removeCgroup(cgroup, clock)
      fs.rmdir(`${cgroups}/pool.a`)
      fs.rmdir(cgroups)
    }
    expect(usage.observeVm({ id: ID, pid: 1, nics: [] })).toBeNull()
  })
})
