// What accounting costs in the engine: rounds over many VMs whose files are real and whose QEMUs are not. Measures, and judges nothing of that.
import * as fs from 'hv:fs'
import { log, monotonicMs } from 'hv:system'
import { expect, it } from 'vitest'
import { createUsage } from '../../control/src/adapters/usage.ts'
import { World } from '../fakes/world.ts'
import { draft } from '../unit/app/draft.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const VMS = 200
const ROUNDS = 10
const PERIOD_MS = 10_000

/** As large as the kernel's. */
const MEMORY_STAT = `anon 201326592\nfile 73400320\n${Array.from({ length: 50 }, (_, index) => `some_counter_${index} ${index * 4096}\n`).join('')}shmem 0\n`
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

it(`a round over ${VMS} VMs`, async () => {
  const directory = temporaryDirectory()
  try {
    fs.mkdir(`${directory}/one`)
    for (const [name, text] of Object.entries(FILES)) fs.writeFileAtomic(`${directory}/one/${name}`, text)
    const world = new World()
    // Pids of fakes are nobody's: threads are this program's own.
    fs.mkdir(`${directory}/proc`)
    const usage = createUsage({ cgroups: directory, proc: `${directory}/proc`, sys: '/sys' })
    const app = await world.boot({ usage })
    app.resources.change({ overcommit: { memory: 8, vcpus: 64 } }, 'test')
    const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
    for (let index = 0; index < VMS; index++) {
      const { id } = app.vms.create(draft(`vm${index}`, { boot, nics: [{ network: 'nat' }] }), { dryRun: false, by: 'test' })
      app.power.powerOn(id, 'test')
      await world.clock.advance(0)
      const { pid } = world.vmHost.machine(id).identity
      fs.symlink(`${directory}/one`, `${directory}/${id}`)
      fs.symlink('/proc/self', `${directory}/proc/${pid}`)
    }
    const stop = app.accounting.run()
    await world.clock.advance(PERIOD_MS)
    const beganMs = monotonicMs()
    await world.clock.advance(ROUNDS * PERIOD_MS)
    const perRoundMs = (monotonicMs() - beganMs) / ROUNDS
    const perAnswerMs = (() => {
      const askedMs = monotonicMs()
      JSON.stringify(app.accounting.all())
      return monotonicMs() - askedMs
    })()
    log(
      'info',
      `measured: ${perRoundMs.toFixed(1)} ms a round over ${VMS} VMs, ${((100 * perRoundMs) / PERIOD_MS).toFixed(2)} % of a CPU; ${perAnswerMs.toFixed(1)} ms for the JSON of all`,
    )
    stop()
    const { vms } = app.accounting.all()
    expect(vms.filter(({ rates }) => rates?.cpuPercent === 0)).toHaveLength(VMS)
  } finally {
    removeLinks(`${directory}/proc`)
    removeLinks(directory)
    removeDirectory(directory)
  }
})

function removeLinks(directory: string): void {
  for (const name of fs.readDir(directory)) if (fs.lstat(`${directory}/${name}`).kind === 'symlink') fs.unlink(`${directory}/${name}`)
}
