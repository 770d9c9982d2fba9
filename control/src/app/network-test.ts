// The test of the management network that a user asks for: own addresses, gateway, name servers, a name. Its results come one by one; nothing is changed.
import type { NetworkTest, TestStep } from '../domain/network-view.ts'
import type { Network } from '../ports/network.ts'
import type { AppPorts } from './ports.ts'

export interface NetworkTests {
  /** Begins one, unless one is under way, which is then the answer. `name` null: the host's own name with its first search domain. */
  start(name: string | null): Promise<NetworkTest>
  /** The latest; null when there was none since this controld came up. */
  latest(): NetworkTest | null
}

const GATEWAY_MS = 4_000

interface Planned {
  readonly step: TestStep
  /** Resolves with what was found; throwing is a failure, too. */
  act(): Promise<Pick<TestStep, 'state' | 'message'>>
}

export function createNetworkTests({ network, clock, random, log }: Pick<AppPorts, 'network' | 'clock' | 'random' | 'log'>): NetworkTests {
  let latest: NetworkTest | null = null

  async function plan(name: string | null): Promise<readonly Planned[]> {
    const applied = network.applied()
    const seen = await network.observe()
    const on = applied?.state.interface ?? null
    if (applied === null || on === null) {
      return [fixed('link', '', 'failed', 'The management network has no adapter.')]
    }
    const isLinked = seen.linked.includes(on)
    const own = seen.addresses.filter((one) => one.interface === on && one.scope === 'global')
    const servers = applied.state.resolver.servers.length > 0 ? applied.state.resolver.servers : (seen.leaseServers ?? [])
    const gateways = [seen.gateways.ipv4, seen.gateways.ipv6].filter((gateway) => gateway !== null)
    const domain = applied.state.resolver.searchDomains[0]
    const wanted = name ?? (domain === undefined ? applied.state.hostname : `${applied.state.hostname}.${domain}`)
    return [
      fixed('link', on, isLinked ? 'ok' : 'failed', isLinked ? 'There is a link.' : 'There is no link.'),
      ...(own.length === 0 ? [fixed('address', on, 'failed', 'There is no address.')] : []),
      ...own.map(({ address, state }) =>
        fixed('address', address, state === 'ready' ? 'ok' : 'failed', state === 'ready' ? 'It is set.' : `It is ${state}.`),
      ),
      ...(gateways.length === 0
        ? [fixed('gateway', '', 'skipped', 'There is none.')]
        : gateways.map((gateway) => askGateway(network, on, gateway))),
      ...(servers.length === 0 ? [fixed('name-server', '', 'skipped', 'There is none.')] : []),
      ...servers.map((server) => askServer(network, server)),
      ...(servers.length === 0 ? [] : [askName(network, wanted, servers, name !== null)]),
    ]
  }

  async function run(test: NetworkTest, planned: readonly Planned[]): Promise<void> {
    let now = test
    const put = (index: number, change: Partial<TestStep>) => {
      now = { ...now, steps: now.steps.map((step, at) => (at === index ? { ...step, ...change } : step)) }
      if (latest?.id === test.id) latest = now
    }
    for (const [index, { step, act }] of planned.entries()) {
      if (step.state !== 'waiting') continue
      put(index, { state: 'running', message: 'Asking.' })
      try {
        put(index, await act())
      } catch (error) {
        put(index, { state: 'failed', message: error instanceof Error ? error.message : String(error) })
      }
    }
    now = { ...now, endedAt: clock.now() }
    latest = now
  }

  return {
    latest: () => latest,
    async start(name) {
      if (latest !== null && latest.endedAt === null) return latest
      const test: NetworkTest = { id: random.uuid(), startedAt: clock.now(), endedAt: null, steps: [] }
      latest = test
      const planned = await plan(name)
      latest = { ...test, steps: planned.map(({ step }) => step) }
      run(latest, planned).catch((error: unknown) => log('error', `the test of the network: ${String(error)}`))
      return latest
    },
  }
}

function fixed(kind: TestStep['kind'], target: string, state: TestStep['state'], message: string): Planned {
  return { step: { kind, target, state, message }, act: async () => ({ state, message }) }
}

function waiting(kind: TestStep['kind'], target: string, act: Planned['act']): Planned {
  return { step: { kind, target, state: 'waiting', message: '' }, act }
}

function askGateway(network: Network, on: string, gateway: string): Planned {
  return waiting('gateway', gateway, async () =>
    (await network.hasNeighbour(on, gateway, GATEWAY_MS))
      ? { state: 'ok', message: 'It answers.' }
      : { state: 'failed', message: 'It does not answer.' },
  )
}

/** Any word of it will do, so it is asked for what every one knows. */
function askServer(network: Network, server: string): Planned {
  return waiting('name-server', server, async () =>
    (await network.resolve('localhost', server)).kind === 'no-answer'
      ? { state: 'failed', message: 'It does not answer.' }
      : { state: 'ok', message: 'It answers.' },
  )
}

/** Of the first server that says anything. That nobody knows the host's own name is no failure unless somebody asked for it. */
function askName(network: Network, name: string, servers: readonly string[], isAsked: boolean): Planned {
  return waiting('name', name, async () => {
    for (const server of servers) {
      const found = await network.resolve(name, server)
      if (found.kind === 'addresses') return { state: 'ok', message: `It is ${found.addresses.join(', ')}.` }
      if (found.kind === 'no-such-name') return { state: isAsked ? 'failed' : 'skipped', message: 'There is no such name.' }
    }
    return { state: 'failed', message: 'No name server answers.' }
  })
}
