// What accounting and the balancer cost in the engine: over many VMs in pools whose files are real and whose QEMUs are not. Measures, and judges nothing of that.
import * as fs from 'hv:fs'
import { log, monotonicMs } from 'hv:system'
import { expect, it } from 'vitest'
import { createUsage } from '../../control/src/adapters/usage.ts'
import type { Usage } from '../../control/src/ports/usage.ts'
import { World } from '../fakes/world.ts'
import { draft } from '../unit/app/draft.ts'
import { poolDraft } from '../unit/app/pool-draft.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const VMS = 100
const POOLS = 10
const ROUNDS = 10
const PERIOD_MS = 10_000
const NOW = { dryRun: false, by: 'test' }
const VM_GROUP = '/sys/fs/cgroup/corbel.vm'
const MIB = 1_048_576

/** As large as the kernel's. */
const MEMORY_STAT = `anon 402653184\nfile 73400320\n${Array.from({ length: 50 }, (_, index) => `some_counter_${index} ${index * 4096}\n`).join('')}shmem 0\n`
const PRESSURE = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'
const FILES: Readonly<Record<string, string>> = {
  'cpu.stat': 'usage_usec 61000000\nuser_usec 1\nsystem_usec 1\nnr_periods 620\nnr_throttled 31\nthrottled_usec 1750000\n',
  'memory.stat': MEMORY_STAT,
  'memory.current': '209715200\n',
  'memory.swap.current': '0\n',
  'io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
  'cpu.pressure': PRESSURE,
  'memory.pressure': PRESSURE,
  'io.pressure': PRESSURE,
}

it(`a round over ${VMS} VMs in ${POOLS} pools`, async () => {
  const directory = temporaryDirectory()
  try {
    const made = (path: string) => {
      fs.mkdir(path)
      for (const [name, text] of Object.entries(FILES)) fs.writeFileAtomic(`${path}/${name}`, text)
    }
    made(`${directory}/one`)
    fs.writeFileAtomic(`${directory}/memory.stat`, MEMORY_STAT)
    const world = new World()
    // Pids of fakes are nobody's: threads are this program's own.
    fs.mkdir(`${directory}/proc`)
    const usage = moved(createUsage({ cgroups: directory, proc: `${directory}/proc`, sys: '/sys' }), directory)
    const app = await world.boot({ usage })
    app.resources.change({ overcommit: { memory: 8, vcpus: 64 } }, 'test')
    for (let index = 0; index < POOLS; index++) {
      // One holds less than its VMs have, so that the balancer always has one to look at.
      app.pools.create(poolDraft(`pool${index}`, { memory: { limitMiB: index === 0 ? 1024 : null } }), NOW)
      made(`${directory}/pool.pool${index}`)
    }
    const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
    const ids: string[] = []
    for (let index = 0; index < VMS; index++) {
      const pool = `pool${index % POOLS}`
      const { id } = app.vms.create(draft(`vm${index}`, { boot, pool, nics: [{ network: 'nat' }] }), NOW)
      app.power.powerOn(id, 'test')
      await world.clock.advance(0)
      const { pid } = world.vmHost.machine(id).identity
      world.vmHost.machine(id).devicesInUse = { balloonBytes: 512 * MIB, guestMemory: null, disks: [] }
      fs.symlink(`${directory}/one`, `${directory}/pool.${pool}/${id}`)
      fs.symlink('/proc/self', `${directory}/proc/${pid}`)
      ids.push(id)
    }
    const measured = async (what: string) => {
      await world.clock.advance(PERIOD_MS)
      const beganMs = monotonicMs()
      await world.clock.advance(ROUNDS * PERIOD_MS)
      const perRoundMs = (monotonicMs() - beganMs) / ROUNDS
      log('info', `measured: ${what}: ${perRoundMs.toFixed(1)} ms in 10 s, ${((100 * perRoundMs) / PERIOD_MS).toFixed(2)} % of a CPU`)
    }
    const stopAccounting = app.accounting.run()
    await measured(`accounting of ${VMS} VMs in ${POOLS} pools`)
    const askedMs = monotonicMs()
    JSON.stringify(app.accounting.all())
    log('info', `measured: ${(monotonicMs() - askedMs).toFixed(1)} ms for the JSON of all`)
    stopAccounting()
    const { vms, pools } = app.accounting.all()
    expect(vms.filter(({ rates }) => rates?.cpuPercent === 0)).toHaveLength(VMS)
    expect(pools.filter(({ rates }) => rates?.cpuPercent === 0)).toHaveLength(POOLS)

    const stopBalancer = app.balancer.run()
    await measured('looks of the balancer, a second apart, where memory is given out twice and not short')
    // A pool is full: all are asked, and those in it told.
    fs.writeFileAtomic(`${directory}/pool.pool0/memory.stat`, `anon ${1023 * MIB}\n`)
    await measured('its rounds over all of them while a pool is short')
    stopBalancer()
    const told = ids.filter((id) => (world.vmHost.machine(id).devicesInUse.balloonBytes ?? 0) < 512 * MIB)
    expect(told.length).toBeGreaterThan(0)
  } finally {
    for (let index = 0; index < POOLS; index++) removeLinks(`${directory}/pool.pool${index}`)
    removeLinks(`${directory}/proc`)
    removeDirectory(directory)
  }
})

/** The same, of groups that are here and not where they are on the appliance. */
function moved(usage: Usage, directory: string): Usage {
  const here = (path: string) => path.replace(VM_GROUP, directory)
  return {
    ...usage,
    observeGroup: (path) => usage.observeGroup(here(path)),
    observeHeldBytes: (path) => usage.observeHeldBytes(here(path)),
    observeMemoryRoom: () => ({ availableBytes: 1e12, waitingPercent: 0 }),
  }
}

function removeLinks(directory: string): void {
  for (const name of fs.readDir(directory)) if (fs.lstat(`${directory}/${name}`).kind === 'symlink') fs.unlink(`${directory}/${name}`)
}
