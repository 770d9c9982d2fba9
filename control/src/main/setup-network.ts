// Setup's third part: management network and the network of the VMs. DHCP is asked by a program of its own, so nothing here waits for a server.
import { statOrNull } from 'hv:fs'
import { writeDhcpInterface } from '../adapters/dhcp-client.ts'
import { loadPacketFilter, raiseNatBridge } from '../adapters/nat-network.ts'
import { createNetwork } from '../adapters/network.ts'
import { listAdapters } from '../adapters/network-adapters.ts'
import { SqliteStore } from '../adapters/sqlite-store.ts'
import { waitUntil } from '../adapters/wait.ts'
import { applyNetwork } from '../app/network-apply.ts'
import type { BootOutcome } from '../domain/boot-outcome.ts'
import { defaultNetwork, type NetworkSettings } from '../domain/network.ts'
import { type KnownCard, NETWORK_KEYS, readCards, resolveNetwork } from '../domain/network-kept.ts'
import type { Seed } from '../domain/seed.ts'
import { isChoiceFinal } from '../plan/network-adapters.ts'
import type { Clock } from '../ports/clock.ts'
import { wordsOf } from './setup-state.ts'

const LINK_WAIT_MS = 3_000
const DATABASE = '/state/corbel.db'

interface Kept {
  readonly settings: NetworkSettings
  readonly cards: readonly KnownCard[]
}

/** What was set since the first boot of this state counts, then the seed, then the defaults. A change that nobody has confirmed does not. */
function readKept(seed: Seed | null): Kept {
  const without = (): Kept => ({ settings: resolveNetwork(() => null, seed).settings, cards: [] })
  // A store that is not there yet, or cannot be read, keeps nothing; controld deals with the latter.
  if (statOrNull(DATABASE) === null) return without()
  try {
    const store = SqliteStore.open(DATABASE)
    try {
      const { settings } = resolveNetwork((key) => store.getSetting(key), seed)
      return { settings, cards: readCards(store.getSetting(NETWORK_KEYS.cards)) }
    } finally {
      store.close()
    }
  } catch {
    return without()
  }
}

export type NetworkOutcome = Pick<BootOutcome, 'management' | 'nat'>

/** Filter before addresses: there is no moment at which the host can be reached without it. */
export async function setUpNetwork(clock: Clock, seed: Seed | null): Promise<NetworkOutcome> {
  const { settings, cards } = readKept(seed)
  const mode = settings.ipv4.mode
  const network = createNetwork(
    { directory: '/run/corbel', dhcpClient: async (name) => writeDhcpInterface(name), nameServersChanged: () => {} },
    clock,
  )
  await waitUntil(clock, () => isChoiceFinal(listAdapters(), settings.adapters, cards), LINK_WAIT_MS)
  let management: NetworkOutcome['management'] = { adapter: null, mode, problem: null }
  let filterProblem: string | null = null
  try {
    const { state, problem } = await applyNetwork(network, settings, { cards, boot: true })
    management = { adapter: state.interface, mode, problem }
  } catch (error) {
    const said = `The management network could not be set up as it is wanted: ${wordsOf(error)}.`
    // Reachable somehow is better than not at all; who may come stays as it was.
    const plain = { ...defaultNetwork(settings.hostname), firewall: settings.firewall }
    try {
      const { state, problem } = await applyNetwork(network, plain, { cards, boot: true })
      management = {
        adapter: state.interface,
        mode: 'dhcp',
        problem: [said, 'It has the defaults.', problem].filter((part) => part !== null).join(' '),
      }
    } catch {
      management = { adapter: null, mode, problem: said }
      filterProblem = await attempt('The packet filter could not be loaded', () => loadPacketFilter(null, settings.firewall))
    }
  }
  const natProblem = filterProblem ?? (await attempt('The network of the VMs could not be made', raiseNatBridge))
  return { management, nat: { ready: natProblem === null, problem: natProblem } }
}

/** Null when it worked, else a sentence. */
async function attempt(what: string, act: () => Promise<void>): Promise<string | null> {
  try {
    await act()
    return null
  } catch (error) {
    return `${what}: ${wordsOf(error)}.`
  }
}
