// The management network on a booted appliance: wrong changes that undo themselves, a right one that is kept, and what ends controld or the power meets in between.
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { sample } from '../harness/sample.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { scratch } from '../node/cli/program.ts'
import { booted } from './booted.ts'
import { ManagedNetwork, otherCard, pullCable, ways, wrongChanges } from './wrong-networks.ts'

const CONFIRM_SECONDS = 15
/** Longer than an emulated host is waited for before it counts as out of reach. */
const SEEN_CUT_OFF_SECONDS = 60

const home = scratch()
let network: ManagedNetwork
const options = { name: 'network', probe: true, memoryMiB: 1536, hardware: { cards: [otherCard] }, terminal: { columns: 120, rows: 45 } }
const host = booted(options, async (appliance) => {
  await appliance.readyAndLoggedIn()
  network = new ManagedNetwork(appliance, home.path)
})
afterAll(() => home.remove())
const seconds = (count: number) => host().patience(count * 1000)

const codes = async () => {
  const { items } = await network.anew((client) => client.call<{ items: readonly { code: string }[] }>('GET', '/v1/events'))
  return items.map(({ code }) => code)
}

/** Of the VM that has to outlive all of this; started by the first who asks. */
let pid: number | undefined
async function started(): Promise<void> {
  if (pid !== undefined) return
  const vm = await host().vms.create(guestSpecs.hello('stays'))
  await host().vms.power(vm.id, 'power-on', seconds(60))
  pid = (await host().vms.waitForPowerState(vm.id, 'running', seconds(20))).status.pid
}

interface Seen {
  readonly id: string
  readonly spec: { readonly name: string }
  readonly status: { readonly pid?: number }
}

async function stays(): Promise<Seen> {
  const { items } = await network.anew((client) => client.call<{ items: readonly Seen[] }>('GET', '/v1/vms'))
  const found = items.find(({ spec }) => spec.name === 'stays')
  if (found === undefined) throw new Error('the VM has gone')
  return found
}

const expectRunning = async () => expect((await stays()).status.pid).toBe(pid)

describe('a change of the management network that nobody confirms', () => {
  afterEach(async () => {
    await host().machine.qmp.run('set_link', { name: 'management', up: true })
  })

  // The campaign asks for each by each way.
  const asked = wrongChanges.map((change, at) => [change.name, ways[at % ways.length] ?? 'API', change] as const)
  it.each(sample(asked, 3, 4, 8))('is undone: %s, asked for by %s', async (_, way, change) => {
    await started()
    const { wanted } = await network.reached()
    await network.ask(change, way, CONFIRM_SECONDS)
    await pullCable(change, host())
    await network.settled(wanted, CONFIRM_SECONDS)
    await expectRunning()
  })

  it('is undone in time though controld was killed while it waited', async () => {
    await started()
    const { wanted } = await network.reached()
    const [firewall] = wrongChanges.filter(({ name }) => name.startsWith('a firewall'))
    if (firewall === undefined) throw new Error('there is no such change')
    await network.ask(firewall, 'API', SEEN_CUT_OFF_SECONDS)
    await until('its being cut off', async () => (await network.reach()) === null, { timeoutMs: seconds(15) })
    const [controld] = await host().probe.pidsOf('hv-core', 'controld.qjb')
    await host().probe.output(`kill -9 ${controld}`)
    await network.settled(wanted, SEEN_CUT_OFF_SECONDS)
    await expectRunning()
  })
})

describe('a change that is confirmed', () => {
  it('over the connection that asked for it is not, and over a new one stays', async () => {
    expect((await network.patch({ hostname: 'rack7', searchDomains: ['example.org'] }, '?confirmWithinSeconds=60')).status).toBe(202)
    const applied = async () => {
      const view = await network.reach()
      return view?.pending?.phase === 'applied' ? view : null
    }
    const view = await until('its being applied', applied, { timeoutMs: seconds(20) })
    expect(view.wanted.hostname).not.toBe('rack7')
    await network.anew((client) => client.call('POST', '/v1/host/network/confirm'))
    expect(await network.reach()).toMatchObject({ pending: null, wanted: { hostname: 'rack7' } })
    expect(await codes()).toContain('network.change-confirmed')
  })
})

describe('a power cut while a change waits', () => {
  it('brings the host back as it was before', async () => {
    await started()
    // QEMU's emulation may lose the processor's interrupts when it is reset in the midst of a guest.
    const { id } = await stays()
    await network.anew((client) => client.call('POST', `/v1/vms/${id}/power-off`))
    await until('its end', async () => (await stays()).status.pid === undefined, { timeoutMs: seconds(20) })
    const before = await network.reached()
    // All that can be looked at from here is well with it, so that it waits.
    expect((await network.patch({ firewall: { https: ['192.0.2.0/24'] } }, '?confirmWithinSeconds=600')).status).toBe(202)
    await until('its being cut off', async () => (await network.reach()) === null, { timeoutMs: seconds(15) })
    await host().machine.qmp.run('system_reset')
    const look = () => network.reach()
    const view = await until('the host', look, { timeoutMs: seconds(60), signal: host().machine.died })
    expect(view).toMatchObject({ pending: null, wanted: before.wanted })
  })
})
