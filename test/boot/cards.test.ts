// Network cards between two boots: moved to another place with one more beside it, and exchanged for another, which asks once to be adopted.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import type { Card } from '../harness/outer-hardware.ts'
import { managementMac } from '../harness/qemu-argv.ts'
import { ordinarySeed } from '../harness/seed-medium.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'
import { type NetworkSeen, otherCard } from './wrong-networks.ts'

const NEW_MAC = '52:54:00:c0:be:03'
const password = 'cards are moved'
const directory = mkdtempSync(join(tmpdir(), 'corbel-cards-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const dataDisk = overlayDataDisk(directory)
/** At the network that the API is reached over. */
const management = (slot: number, mac: string): Card => ({ slot, device: `virtio-net-pci,netdev=management,mac=${mac},romfile=` })
const third: Card = {
  slot: 2,
  device: 'virtio-net-pci,netdev=third,mac=52:54:00:c0:be:04,romfile=',
  backend: ['-netdev', 'user,id=third,net=10.8.0.0/24'],
}

interface Seen extends NetworkSeen {
  readonly problem: string | null
  readonly seen: {
    readonly interface: string
    readonly addresses: readonly { readonly address: string }[]
    readonly adapters: readonly { readonly name: string; readonly mac: string; readonly inUse: boolean }[]
  }
}

async function boot(name: string, cards: readonly Card[], use: (host: Appliance, seen: Seen) => Promise<void>): Promise<void> {
  const seed = ordinarySeed({ password, adapter: managementMac })
  await withAppliance({ name: `cards/${name}`, dataDisk, seed, listsManagementCard: true, hardware: { cards } }, async (host) => {
    await host.ready()
    await host.api.login(password)
    await use(host, await host.api.call<Seen>('GET', '/v1/host/network'))
    await host.powerOff()
  })
}

const addresses = ({ seen }: Seen) => seen.addresses.map(({ address }) => address).filter((address) => address.includes('.'))
const inUse = ({ seen }: Seen) => seen.adapters.filter((adapter) => adapter.inUse).map(({ mac }) => mac)
const placeOf = ({ seen }: Seen, mac: string) => seen.adapters.findIndex((adapter) => adapter.mac === mac)

it('a card keeps its address wherever it is plugged in, and one in its place takes it over and asks once to be adopted', async () => {
  await boot('first', [management(3, managementMac), otherCard], async (_, seen) => {
    expect([inUse(seen), addresses(seen), seen.replacements]).toEqual([[managementMac], ['10.0.2.15/24'], []])
    expect(placeOf(seen, managementMac)).toBe(0)
  })
  await boot('moved', [otherCard, third, management(4, managementMac)], async (_, seen) => {
    // Others come before it now, so the kernel has named them before it.
    expect(placeOf(seen, managementMac)).toBeGreaterThan(0)
    expect([inUse(seen), addresses(seen), seen.replacements]).toEqual([[managementMac], ['10.0.2.15/24'], []])
  })
  await boot('exchanged', [otherCard, third, management(4, NEW_MAC)], async (host, seen) => {
    expect([inUse(seen), addresses(seen)]).toEqual([[NEW_MAC], ['10.0.2.15/24']])
    expect(seen.replacements).toEqual([{ wanted: managementMac, used: NEW_MAC, because: 'same-slot' }])
    await host.screen.waitFor(/adopt/i, host.patience(15_000), host.machine.died)
    await host.api.call('POST', '/v1/host/network/adopt')
    expect(await host.api.call('GET', '/v1/host/network')).toMatchObject({
      replacements: [],
      problem: null,
      wanted: { adapters: [NEW_MAC] },
    })
    const gone = async () => !/adopt/i.test(await host.screen.text())
    await until('the console’s asking no more', gone, { timeoutMs: host.patience(15_000), signal: host.machine.died })
  })
})
