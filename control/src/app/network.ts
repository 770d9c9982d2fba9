// The management network as users see it: what is wanted, what is seen, changes under commit–confirm, restart, test, reset, and cards that were exchanged.
import type { HealthItem } from '../domain/console-status.ts'
import { defaultNetwork, type NetworkSettings } from '../domain/network.ts'
import { CONFIRM_SECONDS, type PendingChange } from '../domain/network-change.ts'
import type { KnownCard } from '../domain/network-kept.ts'
import type { AppliedNetwork, NetworkStep } from '../domain/network-state.ts'
import type { NetworkView } from '../domain/network-view.ts'
import type { Problem } from '../domain/problem.ts'
import type { Task } from '../domain/task.ts'
import { adoptReplacements } from '../plan/network-adapters.ts'
import type { Ledger } from './ledger.ts'
import { planApply } from './network-apply.ts'
import { ANSWER_MS, createNetworkChange, type Path } from './network-change.ts'
import { createNetworkBook } from './network-store.ts'
import { createNetworkTests, type NetworkTests } from './network-test.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { Tasks } from './tasks.ts'
import { tellHost } from './tell-host.ts'

export interface NetworkWish {
  readonly by: string
  readonly dryRun?: boolean
  readonly confirmWithinSeconds?: number
  readonly waitOnFailure?: boolean
  /** Adapters may be those of another machine: cards of this one stand in for them until somebody adopts these. */
  readonly anyAdapters?: boolean
}

export interface ManagementNetwork {
  /** After the seed has been imported; never rejects, and waits for nothing. */
  start(): Promise<void>
  kept(): { readonly revision: number; readonly settings: NetworkSettings }
  view(): Promise<NetworkView>
  /** Refuses with `network.pending`, `network.busy`, `network.adapters.unknown`. With a dry run the steps that it would take. */
  change(settings: NetworkSettings, wish: NetworkWish): Promise<{ readonly view: NetworkView; readonly steps: readonly NetworkStep[] }>
  confirm(by: string, path: Path): void
  undo(by: string): void
  /** A task: takes the network down and sets it up as it is kept. */
  restart(by: string): Task
  /** To the defaults, the host's name kept. */
  reset(wish: NetworkWish): Promise<NetworkView>
  /** The cards that stand in for others are the wanted ones from now on. Refuses with `network.nothing-to-adopt`. */
  adopt(by: string): void
  readonly tests: NetworkTests
  /** Shown by the console on every screen. */
  summary(): {
    readonly pending: { readonly secondsLeft: number; readonly phase: PendingChange['phase'] } | null
    readonly replacements: number
  }
  health(): readonly HealthItem[]
}

export function createManagementNetwork(ports: AppPorts, ledger: Ledger, tasks: Pick<Tasks, 'start'>): ManagementNetwork {
  const { network, clock, host, log } = ports
  const book = createNetworkBook(ports, ledger)
  const change = createNetworkChange(ports, book, (applied) => {
    remember(applied).catch((error: unknown) => log('error', `the network's cards: ${String(error)}`))
  })
  const tests = createNetworkTests(ports)
  /** While it is taken down and set up, or a change is looked at. */
  let busy = false

  /** Where cards are now, so that one that is exchanged is known. While one stands in for another nothing is learnt: it stays the new one. */
  async function remember({ replacements, state, settings }: AppliedNetwork): Promise<void> {
    if (replacements.length > 0 || change.pending() !== null) return
    const { adapters } = await network.observe()
    const before = book.cards()
    const gone = before.filter(({ mac }) => settings.adapters.includes(mac) && !adapters.some((adapter) => adapter.mac === mac))
    const here = adapters.map(({ mac, slot, name }): KnownCard => ({ mac, slot, manages: state.links.members.includes(name) }))
    const cards = [...here, ...gone].sort((a, b) => (a.mac < b.mac ? -1 : 1))
    if (JSON.stringify(cards) !== JSON.stringify(before)) book.write({ cards })
  }

  function requireFree(): void {
    if (change.pending() !== null) {
      throw new Refusal('conflict', 'network.pending', 'A change of the network waits to be confirmed or undone.')
    }
    if (busy) throw new Refusal('conflict', 'network.busy', 'The network is being worked on.')
  }

  function secondsLeft({ deadlineMs }: PendingChange): number {
    return Math.max(0, Math.ceil((deadlineMs - clock.monotonicMs()) / 1000))
  }

  async function requireAdapters({ adapters }: NetworkSettings): Promise<void> {
    const seen = await network.observe()
    const { settings } = book.kept()
    const problems = adapters.flatMap((mac, index): Problem[] =>
      seen.adapters.some((adapter) => adapter.mac === mac) || settings.adapters.includes(mac)
        ? []
        : [{ code: 'network.adapters.unknown', field: `adapters[${index}]`, message: 'is no adapter of this host', got: mac }],
    )
    if (problems.length > 0) throw invalid(problems)
  }

  async function begin(
    settings: NetworkSettings,
    { by, confirmWithinSeconds = CONFIRM_SECONDS.default, waitOnFailure = false }: NetworkWish,
  ): Promise<void> {
    requireFree()
    busy = true
    try {
      await change.begin(settings, { by, confirmWithinSeconds, waitOnFailure })
    } finally {
      busy = false
    }
  }

  async function view(): Promise<NetworkView> {
    const { revision, settings } = book.kept()
    const pending = change.pending()
    const applied = network.applied()
    const seen = await network.observe()
    const members = applied?.state.links.members ?? []
    const on = applied?.state.interface ?? null
    const set = applied?.state.resolver.servers ?? []
    return {
      revision,
      wanted: settings,
      pending:
        pending === null
          ? null
          : {
              ...{ settings: pending.settings, by: pending.by, phase: pending.phase, confirmWithinSeconds: pending.confirmWithinSeconds },
              ...{ secondsLeft: secondsLeft(pending), probes: change.probes(), probed: change.probed() },
            },
      replacements: applied?.replacements ?? [],
      problem: applied?.problem ?? null,
      last: change.last(),
      seen: {
        interface: on,
        adapters: seen.adapters.map((adapter) => ({ ...adapter, inUse: members.includes(adapter.name) })),
        addresses: seen.addresses.filter((address) => address.interface === on),
        gateways: seen.gateways,
        nameServers: set.length > 0 ? set : (seen.leaseServers ?? []),
      },
    }
  }

  return {
    async start() {
      change.resume()
      if (change.pending() !== null) return
      const applied = network.applied()
      // Setup was ended, or a controld in the middle of a restart or a reset.
      if (applied === null || JSON.stringify(applied.settings) !== JSON.stringify(book.kept().settings)) {
        busy = true
        void change.restore(true).finally(() => {
          busy = false
        })
        return
      }
      for (const { wanted, used } of applied.replacements) {
        tellHost(
          ledger,
          log,
          'network.adapter-replaced',
          `The adapter ${wanted} is not there; ${used} has its settings until that is adopted or undone.`,
        )
      }
      await remember(applied).catch((error: unknown) => log('error', `the network's cards: ${String(error)}`))
    },

    kept: book.kept,
    view,

    async change(settings, wish) {
      if (wish.anyAdapters !== true) await requireAdapters(settings)
      requireFree()
      const isSame = JSON.stringify(settings) === JSON.stringify(book.kept().settings)
      if (wish.dryRun === true) {
        const { steps } = await planApply(network, settings, { cards: book.cards() })
        return { view: await view(), steps }
      }
      if (!isSame) await begin(settings, wish)
      return { view: await view(), steps: [] }
    },

    confirm: change.confirm,
    undo: change.undo,

    restart(by) {
      requireFree()
      busy = true
      try {
        const target = { kind: 'host', id: 'host' } as const
        return tasks.start({
          ...{ kind: 'network.restart', target, by },
          act: async () => {
            await new Promise<void>((resolve) => clock.after(ANSWER_MS, resolve))
            await change.restore(true)
            return { write: (draft) => draft.event('network.restarted', 'info', target, `The management network was restarted by ${by}.`) }
          },
          settled: () => {
            busy = false
          },
        })
      } catch (error) {
        busy = false
        throw error
      }
    },

    async reset(wish) {
      const settings = defaultNetwork(book.kept().settings.hostname)
      if (JSON.stringify(settings) !== JSON.stringify(book.kept().settings)) await begin(settings, wish)
      return view()
    },

    adopt(by) {
      requireFree()
      const applied = network.applied()
      if (applied === null || applied.replacements.length === 0) {
        throw new Refusal('conflict', 'network.nothing-to-adopt', 'No adapter stands in for another.')
      }
      const { settings } = book.kept()
      const next = adoptReplacements(settings, applied.replacements)
      const used = applied.replacements.map(({ used: mac }) => mac).join(', ')
      const message = `${used} was adopted for the management network by ${by}.`
      book.write({ settings: next }, { code: 'network.adapter-adopted', severity: 'info', message }, by)
      // The same adapters carry the same addresses: nothing of the kernel changes.
      const now: AppliedNetwork = { ...applied, settings: next, replacements: [], problem: null }
      network.record(now)
      remember(now).catch((error: unknown) => log('error', `the network's cards: ${String(error)}`))
    },

    tests,

    summary() {
      const pending = change.pending()
      return {
        pending: pending === null ? null : { secondsLeft: secondsLeft(pending), phase: pending.phase },
        replacements: network.applied()?.replacements.length ?? 0,
      }
    },

    health() {
      const applied = network.applied()
      // Setup's word counts while nothing has been applied.
      const problem = applied === null ? host.bootOutcome.management.problem : applied.problem
      return problem === null ? [] : [{ severity: 'error', message: `The management network: ${problem}` }]
    },
  }
}
