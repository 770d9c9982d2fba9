// QEMU of the base, started by the shipped plan in the shipped view, but without hardware: it must come up, be refused for want of KVM, and leave nothing.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Effect, ViewEntry } from '../../control/src/domain/effect.ts'
import type { Nic } from '../../control/src/domain/vm.ts'
import { planPowerOn } from '../../control/src/plan/power-on.ts'
import { shapeNic } from '../../control/src/plan/traffic.ts'
import { vmPaths } from '../../control/src/plan/vm-paths.ts'
import { spec } from '../fakes/spec.ts'
import { temporaryDirectory } from './temporary.ts'
import { failureOf, ID, openDescriptors, UID, VmBench } from './vm-bench.ts'

const BASE = `${fs.readLink('/proc/self/cwd')}/build/base/debian/root`
const wanted = spec(ID, {
  ...{ name: 'web1', vcpus: 2, memoryMiB: 64 },
  ...{ disks: [{ datastore: 'local', file: 'disk', format: 'raw' }], cdroms: [{ medium: { datastore: 'local', file: 'cdrom' } }] },
})

let bench: VmBench

beforeEach(() => {
  bench = new VmBench(temporaryDirectory())
  fs.writeFileAtomic(`${bench.directory}/disk`, new Uint8Array(65_536))
  fs.writeFileAtomic(`${bench.directory}/cdrom`, new Uint8Array(65_536))
})
afterEach(() => bench.dispose())

/** The plan as it ships, moved to the bench's places. */
function plan(changeArgument: (argument: string) => string): Effect[] {
  const pathOf = ({ file }: { readonly file: string }) => `${bench.directory}/${file}`
  const group = { path: bench.cgroup, kind: 'vm', files: {} } as const
  const place = { group, vcpuGroup: null, vcpus: null, nodes: null, memoryNodes: [0] }
  const shapeOf = (nic: Nic) => shapeNic([], new Map(), UID, 'host', nic)
  return planPowerOn({ id: ID, uid: UID, spec: wanted, pathOf, place, shapeOf, suspended: null }).map((effect) => {
    const moved = JSON.parse(move(JSON.stringify(effect))) as Effect
    if (moved.kind !== 'start-process') return moved
    return { ...moved, argv: moved.argv.map(changeArgument), view: moved.view.filter(present).map(fromBase) }
  })
}

function move(text: string): string {
  const [from, to] = [vmPaths(ID), bench.paths]
  return text.replaceAll(from.runDirectory, to.runDirectory).replaceAll(from.serialLog, bench.serialLog)
}

function fromBase(entry: ViewEntry): ViewEntry {
  return entry.source.startsWith('/usr/') ? { ...entry, source: BASE + entry.source } : entry
}

/** A machine without KVM has no node for it. */
function present({ source }: ViewEntry): boolean {
  return source !== '/dev/kvm' || fs.statOrNull(source) !== null
}

const withoutKvm = (argument: string) => argument.replace('accel=kvm', 'accel=tcg').replace(/^host,svm=off,vmx=off$/, 'max')

describe('QEMU in its view', () => {
  it('finds its libraries and firmware, speaks QMP, and is refused without KVM', async () => {
    const before = openDescriptors()
    const failure = await failureOf(bench.host.launch(ID, plan(withoutKvm)))
    expect([failure.code, failure.message, ...bench.log]).toEqual(['kvm.unavailable', 'QEMU runs without KVM'])
    expect(bench.leftOver).toEqual([])
    expect(openDescriptors()).toBe(before)
  })

  it('that does not understand its command line says so', async () => {
    const failure = await failureOf(
      bench.host.launch(
        ID,
        plan((argument) => withoutKvm(argument).replace('pc-q35-10.0,', 'pc-q3500,')),
      ),
    )
    expect(failure.code).toBe('qemu.exited')
    expect(failure.message).toContain('q3500')
    expect(bench.leftOver).toEqual([])
  })
})
