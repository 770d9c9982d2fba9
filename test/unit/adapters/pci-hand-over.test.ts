// Devices leave the host's drivers and come back, whatever comes between.
import { beforeEach, describe, expect, it } from 'vitest'
import { giveBack, giveBackAll, giveBackStrays, handOver, type PciTools } from '../../../control/src/adapters/pci-hand-over.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { ControlProcess } from '../../fakes/control-process.ts'
import { FakePci } from '../../fakes/pci.ts'

const CARD = '0000:01:00.0'
const WITHOUT_DRIVER = '0000:02:00.1'

let pci: FakePci
let process: ControlProcess
let tools: PciTools
beforeEach(() => {
  pci = new FakePci()
  process = new ControlProcess(new FakeClock(), null, () => {})
  tools = pci.tools(process)
})
const driver = () => tools.driverOf(CARD)
const code = (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: unknown) => (error as { readonly code: string }).code,
  )

describe('a device', () => {
  it.each([CARD, WITHOUT_DRIVER])('%s leaves its driver, if it has one, and comes back to it', async (address) => {
    const before = pci.observe()
    await handOver(address, 'vm1', tools)
    expect(tools.driverOf(address)).toBe('vfio-pci')
    expect([...pci.records.keys()]).toEqual([address])
    await giveBack(address, tools)
    expect([pci.observe(), pci.away(), [...pci.records.keys()]]).toEqual([before, [], []])
    await giveBack(address, tools)
    expect(pci.observe()).toEqual(before)
  })

  it('that vfio-pci does not take is back with its driver once that is taken back', async () => {
    pci.refusing.set(CARD, 'vfio')
    expect(await code(handOver(CARD, 'vm1', tools))).toBe('pci.bind.failed')
    await giveBack(CARD, tools)
    expect([driver(), pci.away(), pci.records.size]).toEqual(['e1000e', [], 0])
  })

  it('whose driver does not take it back is remembered, and given back later', async () => {
    await handOver(CARD, 'vm1', tools)
    pci.refusing.set(CARD, 'all')
    expect(await code(giveBackAll('vm1', tools))).toBe('pci.give-back.failed')
    expect(await giveBackStrays(new Set(), tools)).toEqual([`${CARD} was not taken by e1000e again: no driver has it`])
    expect(pci.records.size).toBe(1)
    // A VM that takes it meanwhile does not make it forget where it comes from.
    pci.refusing.clear()
    await handOver(CARD, 'vm2', tools)
    expect(await giveBackStrays(new Set(['vm2']), tools)).toEqual([])
    expect(driver()).toBe('vfio-pci')
    expect(await giveBackStrays(new Set(), tools)).toEqual([])
    expect([driver(), pci.records.size]).toEqual(['e1000e', 0])
  })

  it('that is not there cannot leave, and one that was pulled out is not waited for', async () => {
    expect(await code(handOver('0000:09:00.0', 'vm1', tools))).toBe('pci.device.missing')
    expect(pci.records.size).toBe(0)
    await handOver(CARD, 'vm1', tools)
    pci.remove(CARD)
    await giveBackAll('vm1', tools)
    expect(pci.records.size).toBe(0)
  })

  it('that was replaced while a VM had it is left to its own driver', async () => {
    await handOver(CARD, 'vm1', tools)
    const [seen] = pci.observe().filter(({ address }) => address === CARD)
    if (seen === undefined) throw new Error('no card')
    pci.remove(CARD)
    pci.add({ ...seen, driver: 'igb' })
    await handOver(CARD, 'vm2', tools)
    await giveBackAll('vm2', tools)
    expect([driver(), pci.records.size]).toEqual(['igb', 0])
    await handOver(CARD, 'vm1', tools)
    pci.remove(CARD)
    pci.add({ ...seen, driver: 'ixgbe' })
    await giveBackAll('vm1', tools)
    expect([driver(), pci.records.size]).toEqual(['ixgbe', 0])
  })

  it('comes back wherever its leaving, and its coming back, is cut off', async () => {
    const run = async (effects: number, act: (tools: PciTools) => Promise<unknown>) => {
      const one = new ControlProcess(new FakeClock(), null, () => {})
      one.effectsLeft = effects
      // What is cut off never settles; all that it does before is done at once.
      await Promise.race([act(pci.tools(one)).catch(() => {}), new Promise((resolve) => setTimeoutLike(resolve))])
      return one.isAlive
    }
    for (let effects = 0, through = false; !through; effects++) {
      pci = new FakePci()
      through = await run(effects, (mine) => handOver(CARD, 'vm1', mine))
      for (let more = 0, back = false; !back; more++) back = await run(more, (mine) => giveBackStrays(new Set(), mine))
      expect([effects, pci.away(), pci.records.size]).toEqual([effects, [], 0])
    }
  })
})

/** After all that is to be done at once. */
function setTimeoutLike(resolve: (value: unknown) => void): void {
  let turns = Promise.resolve()
  for (let turn = 0; turn < 50; turn++) turns = turns.then(() => {})
  void turns.then(resolve)
}
