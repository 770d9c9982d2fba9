// The port to the kernel's management network: what is seen, single steps, and questions to neighbours and name servers. Decides nothing.
import type { SeenNetwork } from '../domain/network-seen.ts'
import type { AppliedNetwork, NetworkStep } from '../domain/network-state.ts'

/** What a name server said: addresses, that there are none of that name, or nothing at all. */
export type Resolution =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'no-answer' }

export interface Network {
  observe(): Promise<SeenNetwork>
  /** Rejects with a HostFailure: `network.address.in-use`, `network.failed`. What the step has done by then may be there or not. */
  perform(step: NetworkStep): Promise<void>
  /** What was carried out last since the machine came up, by whatever program; null when nothing was, or something only by half. */
  applied(): AppliedNetwork | null
  /** Remembers it until the machine goes down; null when a change begins. */
  record(applied: AppliedNetwork | null): void
  /** Whether somebody on the interface's own network answers to the address (ARP, neighbour discovery). */
  hasNeighbour(interfaceName: string, address: string, timeoutMs: number): Promise<boolean>
  resolve(name: string, server: string): Promise<Resolution>
}
