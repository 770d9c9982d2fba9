// Commit–confirm: a change of the network is kept before it is applied, and undone unless somebody confirms it over the new path in time.
import type { NetworkSettings } from '../domain/network.ts'
import type { PendingChange, Probe } from '../domain/network-change.ts'
import type { AppliedNetwork } from '../domain/network-state.ts'
import type { ChangeOutcome } from '../domain/network-view.ts'
import { eventually } from './eventually.ts'
import { applyNetwork } from './network-apply.ts'
import { gatewayAnswers, probeNetwork } from './network-probe.ts'
import type { NetworkBook } from './network-store.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** The answer to who asked has left by then: the change may take its path away. */
export const ANSWER_MS = 500
const AGAIN_MS = 5_000

/** By which way a confirmation has come. */
export interface Path {
  readonly peer: 'network' | 'console'
  /** When its connection was made, on the clock that runs since the boot; null when nobody knows. */
  readonly connectedMs: number | null
}

export interface ChangeWish {
  readonly by: string
  readonly confirmWithinSeconds: number
  readonly waitOnFailure: boolean
}

export interface NetworkChange {
  pending(): PendingChange | null
  probes(): readonly Probe[]
  /** All that is looked at has been. */
  probed(): boolean
  last(): ChangeOutcome | null
  /** Resolves once the change is kept; it is applied a moment later. */
  begin(settings: NetworkSettings, wish: ChangeWish): Promise<void>
  /** Refuses with `network.nothing-pending`, `network.confirm.…`. */
  confirm(by: string, path: Path): void
  /** Refuses with `network.nothing-pending`. Resolves at once; the way back is under way. */
  undo(by: string): void
  /** Goes on with what an earlier controld has left. */
  resume(): void
  /** Brings about what is kept, and tries until that has worked. */
  restore(anew: boolean): Promise<AppliedNetwork>
}

type Ports = Pick<AppPorts, 'network' | 'clock' | 'random' | 'host' | 'log'>

export function createNetworkChange(ports: Ports, book: NetworkBook, onSettled: (applied: AppliedNetwork) => void): NetworkChange {
  const { network, clock, random, host, log } = ports
  let pending: PendingChange | null = null
  let probes: readonly Probe[] = []
  let probed = false
  let last: ChangeOutcome | null = null
  let undoing = false
  let cancelDeadline: () => void = () => {}

  function settle(outcome: ChangeOutcome['outcome'], reason: string): void {
    cancelDeadline()
    pending = null
    undoing = false
    last = { outcome, reason, at: clock.now() }
  }

  /** Nobody is there to be told of a failure, so it is tried again until it works. */
  async function restoreTo(settings: () => NetworkSettings, anew: boolean): Promise<AppliedNetwork> {
    for (let attempt = 0; ; attempt++) {
      try {
        const applied = await applyNetwork(network, settings(), { cards: book.cards(), back: true, anew: anew || attempt > 0 })
        onSettled(applied)
        return applied
      } catch (error) {
        log('error', `the management network could not be restored yet: ${wordsOf(error)}`)
        await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve))
      }
    }
  }

  async function goBack(reason: string): Promise<void> {
    if (pending === null || undoing) return
    const { id, previous } = pending
    undoing = true
    cancelDeadline()
    pending = { ...pending, phase: 'undoing' }
    try {
      // A controld that comes after this one is not to wait for the deadline of what is half gone.
      book.write({ pending })
    } catch (error) {
      log('error', `the way back of the network could not be written: ${String(error)}`)
    }
    await restoreTo(() => previous, false)
    await eventually(ports, `the end of the network's change ${id}`, () =>
      book.write(
        { pending: null },
        { code: 'network.change-undone', severity: 'warning', message: `The change of the network was undone: ${reason}` },
      ),
    )
    settle('undone', reason)
  }

  function armDeadline({ id, deadlineMs, confirmWithinSeconds }: PendingChange): void {
    cancelDeadline()
    cancelDeadline = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), () => {
      if (pending?.id === id) void goBack(`nobody confirmed it within ${confirmWithinSeconds} s.`)
    })
  }

  async function carryOut(change: PendingChange): Promise<void> {
    let applied: AppliedNetwork
    // While it is applied nothing else is begun; a deadline that passes meanwhile counts after it.
    try {
      applied = await applyNetwork(network, change.settings, { cards: book.cards() })
      const next: PendingChange = { ...change, phase: 'applied', appliedMs: clock.monotonicMs() }
      const message = `The change of the network by ${change.by} is in force, and waits to be confirmed.`
      book.write({ pending: next }, { code: 'network.change-applied', severity: 'info', message })
      pending = next
    } catch (error) {
      return goBack(`it could not be applied: ${wordsOf(error)}.`)
    }
    armDeadline(pending)
    await probe(pending, applied)
  }

  async function probe(change: PendingChange, { state }: AppliedNetwork): Promise<void> {
    const isOver = () => pending?.id !== change.id || undoing
    const tell = (one: Probe) => {
      probes = [...probes.filter(({ what }) => what !== one.what), one]
    }
    let isWell: boolean
    try {
      isWell = await probeNetwork(ports, state, change, tell, isOver)
    } catch (error) {
      log('error', `the network could not be probed: ${wordsOf(error)}`)
      isWell = false
    }
    if (isOver()) return
    probed = true
    if (isWell || change.waitOnFailure) return
    const failed = probes.find(({ state: how }) => how === 'failed')
    await goBack(failed?.message ?? 'it could not be looked at.')
  }

  function requirePending(): PendingChange {
    if (pending !== null) return pending
    throw new Refusal('conflict', 'network.nothing-pending', 'No change of the network waits to be confirmed.')
  }

  return {
    pending: () => pending,
    probes: () => probes,
    probed: () => probed,
    last: () => last,

    async begin(settings, { by, confirmWithinSeconds, waitOnFailure }) {
      const change: PendingChange = {
        ...{ id: random.uuid(), settings, previous: book.kept().settings, by, phase: 'applying', bootId: host.bootId },
        ...{ confirmWithinSeconds, deadlineMs: clock.monotonicMs() + confirmWithinSeconds * 1000, appliedMs: null },
        ...{ gatewayAnswered: await gatewayAnswers(network), waitOnFailure },
      }
      const message = `${by} changes the network; it has to be confirmed within ${confirmWithinSeconds} s.`
      book.write({ pending: change }, { code: 'network.change-begun', severity: 'info', message })
      pending = change
      probes = []
      probed = false
      clock.after(ANSWER_MS, () => {
        if (pending?.id === change.id && !undoing) void carryOut(change)
      })
    },

    confirm(by, { peer, connectedMs }) {
      const { phase, settings, appliedMs } = requirePending()
      if (phase === 'undoing' || undoing) throw new Refusal('conflict', 'network.confirm.too-late', 'The change is being undone.')
      if (phase !== 'applied' || appliedMs === null) {
        throw new Refusal('conflict', 'network.confirm.too-early', 'The change is not in force yet.')
      }
      if (peer === 'network' && (connectedMs === null || connectedMs <= appliedMs)) {
        const detail = 'This connection was made before the change: confirm it over one made since.'
        throw new Refusal('conflict', 'network.confirm.old-connection', detail)
      }
      const message = `The change of the network was confirmed by ${by}.`
      book.write({ settings, pending: null }, { code: 'network.change-confirmed', severity: 'info', message }, by)
      settle('confirmed', message)
      const applied = network.applied()
      if (applied !== null) onSettled(applied)
    },

    undo(by) {
      const { phase } = requirePending()
      // It is on its way into force, and goes back from there.
      if (phase === 'applying') throw new Refusal('conflict', 'network.busy', 'The change is being applied; ask again in a moment.')
      void goBack(`${by} asked for it.`)
    },

    resume() {
      const found = book.pending()
      if (found === null) return
      pending = found
      if (found.bootId !== host.bootId) {
        const message = 'The machine went down before the change of the network was confirmed: it has the settings of before.'
        book.write({ pending: null }, { code: 'network.change-dropped', severity: 'warning', message })
        settle('dropped', message)
        return
      }
      const isWhole = found.phase === 'applied' && network.applied() !== null
      if (!isWhole) void goBack('the control daemon was ended meanwhile.')
      else {
        // What the one before found is not known; it did not undo it.
        probed = true
        armDeadline(found)
      }
    },

    restore: (anew) => restoreTo(() => book.kept().settings, anew),
  }
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '')
}
