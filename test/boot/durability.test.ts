// What the API acknowledged is there after the plug was pulled at that moment, and nothing is there by half.
// QEMU is killed, so all that the appliance had not yet flushed from its own memory is lost, as with a real power cut.
import { expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { ordinarySeed } from '../harness/seed-medium.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { withAppliance } from './booted.ts'

const cycles = 3
const password = 'power cut after power cut'

/** Numbers below `bound` that are the same in every run (a linear congruence). */
function seededPick(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** Makes VMs until the one after which the power goes is acknowledged; returns the names that were. */
async function createUntilCut(appliance: Appliance, cycle: number, cutAfter: number): Promise<string[]> {
  const acknowledged: string[] = []
  for (let n = 0; n <= cutAfter; n++) {
    const name = `cycle${cycle}-vm${n}`
    const created = await appliance.vms.create(guestSpecs.diskless(name))
    acknowledged.push(created.spec.name)
  }
  appliance.machine.cutPower()
  return acknowledged
}

it('a VM whose creation was acknowledged outlives a power cut right after', async () => {
  const dataDisk = overlayDataDisk(freshLogDirectory('durability'))
  const pick = seededPick(20_260_101)
  const acknowledged: string[] = []
  for (let cycle = 0; cycle <= cycles; cycle++) {
    const options = { name: `durability/${cycle}`, probe: true, dataDisk, seed: ordinarySeed({ password }) }
    await withAppliance(options, async (appliance) => {
      await appliance.ready()
      await appliance.api.login(password)
      const found = await appliance.vms.list()
      expect(found.map((vm) => vm.spec.name).sort()).toEqual([...acknowledged].sort())
      for (const vm of found) expect(vm).toMatchObject({ spec: { memoryMiB: 64, vcpus: 1 }, status: { powerState: 'off' } })
      if (cycle < cycles) acknowledged.push(...(await createUntilCut(appliance, cycle, pick(4))))
    })
  }
  expect(acknowledged.length).toBeGreaterThan(cycles - 1)
})
