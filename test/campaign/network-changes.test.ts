// Every wrong change of the management network by every way to ask for it, and power cuts at seeded moments around changes. About an hour; prints a table.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { booted, withAppliance } from '../boot/booted.ts'
import { ManagedNetwork, otherCard, pullCable, ways, wrongChanges } from '../boot/wrong-networks.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import { managementMac } from '../harness/qemu-argv.ts'
import { ordinarySeed } from '../harness/seed-medium.ts'
import { seededPick } from '../harness/seeded.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { pause, until } from '../harness/wait.ts'
import { scratch } from '../node/cli/program.ts'

const CONFIRM_SECONDS = 15
const CUTS = Math.ceil(Number(process.env.CORBEL_CUTS ?? 200) / 5)
const SEED = Number(process.env.CORBEL_SEED ?? 20_260_101)

const home = scratch()
const table: string[] = []
afterAll(() => {
  home.remove()
  console.log(table.join('\n'))
})

const hardware = { cards: [otherCard] }
const terminal = { columns: 120, rows: 45 }

describe('a wrong change', () => {
  const host = booted({ name: 'campaign-network', probe: true, memoryMiB: 1536, hardware, terminal }, (appliance) =>
    appliance.readyAndLoggedIn(),
  )
  let pid: number | undefined
  /** Over a connection that the change has not met. */
  const running = async (network: ManagedNetwork) => {
    const { items } = await network.anew((client) => client.call<{ items: readonly Vm[] }>('GET', '/v1/vms'))
    return items.find(({ spec }) => spec.name === 'stays')?.status.pid
  }

  it.each(wrongChanges.flatMap((change) => ways.map((way) => [change.name, way, change] as const)))(
    'is undone in time, and no VM ends: %s, by %s',
    async (name, way, change) => {
      const network = new ManagedNetwork(host(), home.path)
      if (pid === undefined) {
        const { id } = await host().vms.create(guestSpecs.hello('stays'))
        await host().vms.power(id, 'power-on', host().patience(60_000))
        pid = (await host().vms.waitForPowerState(id, 'running', host().patience(20_000))).status.pid
      }
      const { wanted } = await network.reached()
      await network.ask(change, way, CONFIRM_SECONDS)
      await pullCable(change, host())
      const ms = await network.settled(wanted, CONFIRM_SECONDS)
      table.push(`${name}, by ${way}: as it was after ${(ms / 1000).toFixed(1)} s`)
      expect(await running(network)).toBe(pid)
    },
  )
})

describe('a power cut', () => {
  const directory = mkdtempSync(join(tmpdir(), 'corbel-cuts-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const dataDisk = overlayDataDisk(directory)
  const password = 'cut after cut'
  const pick = seededPick(SEED)
  let hostname: string | null = null

  // One disk through all of them: what one leaves is what the next finds.
  it.each(Array.from({ length: CUTS }, (_, at) => at))(
    'number %i leaves the settings of before or, once acknowledged, the new ones',
    async (at) => {
      const change = wrongChanges[pick(wrongChanges.length)] ?? wrongChanges[0]
      const delayMs = pick((CONFIRM_SECONDS + 5) * 1000)
      const confirmed = pick(3) === 0
      const seed = ordinarySeed({ password, adapter: managementMac })
      await withAppliance({ name: 'campaign-cuts', dataDisk, seed, hardware, terminal }, async (appliance) => {
        const bootMs = await appliance.ready(appliance.patience(60_000))
        await appliance.api.login(password)
        const network = new ManagedNetwork(appliance, home.path)
        const { wanted, pending } = await network.reached()
        expect([wanted.vlan, wanted.firewall.https, pending]).toEqual([null, [], null])
        if (hostname !== null) expect(wanted.hostname).toBe(hostname)
        if (confirmed) {
          const name = `kept-${at}`
          await network.patch({ hostname: name }, '?confirmWithinSeconds=60')
          // Only a connection made since it was put in force counts.
          const applied = async () => (await network.reach())?.pending?.phase === 'applied'
          await until('its being applied', applied, { timeoutMs: appliance.patience(20_000), signal: appliance.machine.died })
          await network.anew((client) => client.call('POST', '/v1/host/network/confirm'))
          hostname = name
        } else if (change !== undefined) {
          hostname = wanted.hostname
          await network.ask(change, 'API', CONFIRM_SECONDS)
          await pause(delayMs)
        }
        appliance.machine.cutPower()
        const what = confirmed ? 'right after a confirmation' : `${(delayMs / 1000).toFixed(1)} s into: ${change?.name}`
        table.push(`cut ${at}, ${what}; the boot before it took ${(bootMs / 1000).toFixed(1)} s`)
      })
    },
  )

  it('and after the last of them the host is as it was', async () => {
    await withAppliance({ name: 'campaign-cuts', dataDisk, seed: ordinarySeed({ password }), hardware }, async (appliance) => {
      await appliance.ready(appliance.patience(60_000))
      await appliance.api.login(password)
      const { wanted } = await new ManagedNetwork(appliance, home.path).reached()
      expect([wanted.vlan, wanted.firewall.https, wanted.hostname]).toEqual([null, [], hostname ?? wanted.hostname])
    })
  })
})
