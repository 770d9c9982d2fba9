// What is kept of the management network: settings, the change that waits, cards. Each write is one transaction with its event.
import type { Severity } from '../domain/event.ts'
import type { NetworkSettings } from '../domain/network.ts'
import { type PendingChange, readPending } from '../domain/network-change.ts'
import { type KeptNetwork, type KnownCard, NETWORK_KEYS, readCards, resolveNetwork } from '../domain/network-kept.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export interface Note {
  readonly code: string
  readonly severity: Severity
  readonly message: string
}

export interface NetworkBook {
  kept(): KeptNetwork
  pending(): PendingChange | null
  cards(): readonly KnownCard[]
  /** All that is given is written, with the note; what is not stays. */
  write(
    what: { readonly settings?: NetworkSettings; readonly pending?: PendingChange | null; readonly cards?: readonly KnownCard[] },
    note?: Note,
    by?: string,
  ): void
}

export function createNetworkBook(
  { store, host, log }: Pick<AppPorts, 'store' | 'host' | 'log'>,
  ledger: Pick<Ledger, 'write'>,
): NetworkBook {
  const { seed } = host.bootOutcome
  const document = seed.state === 'applied' ? seed.document : null
  const kept = () => resolveNetwork((key) => store.getSetting(key), document)
  return {
    kept,
    pending() {
      const pending = readPending(store.getSetting(NETWORK_KEYS.pending))
      if (pending !== 'unreadable') return pending
      log('error', 'a change of the network that waits cannot be understood, and is dropped')
      return null
    },
    cards: () => readCards(store.getSetting(NETWORK_KEYS.cards)),
    write({ settings, pending, cards }, note, by) {
      const next = settings === undefined ? null : { revision: kept().revision + 1, settings }
      ledger.write((draft) => {
        if (next !== null) draft.putSetting(NETWORK_KEYS.network, next)
        if (pending !== undefined) draft.putSetting(NETWORK_KEYS.pending, pending)
        if (cards !== undefined) draft.putSetting(NETWORK_KEYS.cards, cards)
        if (note !== undefined) draft.event(note.code, note.severity, { kind: 'host', id: 'host' }, note.message)
      }, by)
    },
  }
}
