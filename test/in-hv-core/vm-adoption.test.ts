// A controld that is killed and the next one: this program starts itself once more as the first, kills it, and takes over.
import * as fs from 'hv:fs'
import * as process from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { ProcessIdentity, VmProcess } from '../../control/src/ports/vm-host.ts'
import { temporaryDirectory } from './temporary.ts'
import { clock, converse, failureOf, ID, VmBench } from './vm-bench.ts'

const FIRST = 'as-the-first-controld'
const SIGKILL = 9

if (process.args[0] === FIRST) {
  it('starts a VM, says which, and waits for its end', async () => {
    const bench = new VmBench(process.args[1] ?? '')
    const vm = await bench.launch('good')
    await converse(vm, 'before\n', 'BEFORE')
    fs.writeFileAtomic(`${bench.directory}/identity`, JSON.stringify(vm.identity))
    await vm.ended
  })
} else {
  defineCases()
}

function defineCases(): void {
  let bench: VmBench
  let identity: ProcessIdentity

  /** Afterwards a VM runs that no living controld has started. */
  async function startAndKill(): Promise<void> {
    const bundle =
      fs
        .readText('/proc/self/cmdline')
        .split('\0')
        .find((word) => word.endsWith('.qjb')) ?? ''
    const first = process.spawn({ argv: ['/proc/self/exe', bundle, FIRST, bench.directory], fds: { 2: 2 } })
    const started = await waitUntil(clock, () => fs.statOrNull(`${bench.directory}/identity`) !== null, 20_000)
    first.kill(SIGKILL)
    await first.exited
    if (!started) throw new Error('the first controld started no VM')
    identity = JSON.parse(fs.readText(`${bench.directory}/identity`)) as ProcessIdentity
  }

  async function adopted(): Promise<VmProcess> {
    const vm = await bench.host.adopt(ID, identity, bench.paths)
    if (vm === null) throw new Error('there was nothing to adopt')
    bench.running.push(vm)
    return vm
  }

  beforeEach(async () => {
    bench = new VmBench(temporaryDirectory())
    await startAndKill()
  })
  afterEach(async () => {
    await bench.host.removeStray(ID)
    await bench.dispose()
  })

  describe('after the death of a controld, a VM', () => {
    it('goes on, and is the same process for the next one', async () => {
      const vm = await adopted()
      expect(vm.identity).toEqual(identity)
      expect(await vm.queryState()).toBe('running')
    })

    it('has a serial port that goes on where it was', async () => {
      const vm = await adopted()
      await converse(vm, 'after\n', 'AFTER')
      const log = decodeUtf8(bench.host.readSerialLog(bench.serialLog, 65_536))
      expect(log).toContain('BEFORE')
      expect(log).toContain('AFTER')
    })

    it('is taken over once, however often it is asked for', async () => {
      expect(await bench.host.adopt(ID, identity, bench.paths)).toBe(await adopted())
    })

    it('is left alone when QMP does not answer, and can be taken over later', async () => {
      const failure = await failureOf(bench.host.adopt(ID, identity, { ...bench.paths, qmpSocket: `${bench.directory}/none` }))
      expect(failure).toMatchObject({ name: 'HostFailure', code: 'host.ENOENT' })
      expect(await (await adopted()).queryState()).toBe('running')
    })

    it('ends as others do, and leaves nothing', async () => {
      const vm = await adopted()
      // Only its parent could read the status.
      expect(await vm.powerOff(5_000)).toEqual({ code: null, signal: null, shutdownReason: 'host-qmp-quit' })
      expect(bench.leftOver).toEqual([])
    })

    it('that dies has its end seen', async () => {
      const vm = await adopted()
      process.signalPid(identity.pid, SIGKILL)
      expect(await vm.ended).toEqual({ code: null, signal: null, shutdownReason: null })
      expect(bench.leftOver).toEqual([])
    })

    it('that died meanwhile is null, and cleared away', async () => {
      const watched = process.adopt(identity.pid, identity.startTime)
      watched?.kill(SIGKILL)
      await watched?.exited
      expect(await bench.host.adopt(ID, identity, bench.paths)).toBeNull()
      expect(bench.leftOver).toEqual([])
    })

    it('is not taken for another process with its number', async () => {
      const other = { pid: identity.pid, startTime: identity.startTime + 1 }
      expect(process.adopt(other.pid, other.startTime)).toBeNull()
    })
  })
}
