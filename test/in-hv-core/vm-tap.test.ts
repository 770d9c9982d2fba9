// TAPs of a VM: joined to their bridge before QEMU starts, and gone with it. In a network namespace of this program's own.
import * as fs from 'hv:fs'
import { confine, run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import type { Effect } from '../../control/src/domain/effect.ts'
import { temporaryDirectory } from './temporary.ts'
import { clock, failureOf, ID, openDescriptors, VmBench } from './vm-bench.ts'

const BRIDGE = 'corbel-test0'
const DEVICE = 'vm321n0'

confine({ namespaces: ['net'] })
let bench: VmBench

beforeEach(async () => {
  bench = new VmBench(temporaryDirectory())
  await ip('link', 'add', 'name', BRIDGE, 'type', 'bridge')
  await ip('link', 'set', 'dev', BRIDGE, 'up')
})
afterEach(async () => {
  await bench.dispose()
  await ip('link', 'delete', 'dev', BRIDGE)
})

async function ip(...words: string[]): Promise<void> {
  const { code, stderr } = await run({ argv: ['/usr/bin/ip', ...words] })
  if (code !== 0) throw new Error(decodeUtf8(stderr))
}

/** Adapters of this namespace, from the file that belongs to the reader's own. */
function adapters(): string[] {
  const lines = fs.readText('/proc/self/net/dev').split('\n').slice(2)
  return lines.map((line) => line.split(':')[0]?.trim() ?? '').filter((name) => name !== '')
}

function plan(bridge: string): Effect[] {
  return bench.plan('good').flatMap((effect): Effect[] => {
    if (effect.kind !== 'start-process') return [effect]
    const tap: Effect = { kind: 'open-tap', name: 'nic0', device: DEVICE, bridge }
    return [tap, { ...effect, descriptors: { ...effect.descriptors, 5: 'nic0' } }]
  })
}

describe('a TAP', () => {
  it('is there while the VM runs, and gone afterwards', async () => {
    const before = openDescriptors()
    const vm = await bench.host.launch(ID, plan(BRIDGE))
    expect(adapters()).toContain(DEVICE)
    await vm.powerOff(5_000)
    expect(await waitUntil(clock, () => !adapters().includes(DEVICE), 5_000)).toBe(true)
    expect(openDescriptors()).toBe(before)
  })

  it('is gone again when its bridge is not there', async () => {
    const before = openDescriptors()
    expect(await failureOf(bench.host.launch(ID, plan('nowhere')))).toMatchObject({ code: 'network.bridge', path: 'nowhere' })
    expect(adapters()).not.toContain(DEVICE)
    expect(bench.leftOver).toEqual([])
    expect(openDescriptors()).toBe(before)
  })
})
