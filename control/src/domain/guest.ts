// What is heard of a guest through its agent. All of it is the guest's own claim: it is shown, and nothing on the host is decided by it.

export const AGENT_STATES = ['absent', 'responding', 'silent'] as const
/** `absent`: nothing in the guest has opened the channel. `responding`: the agent answers. `silent`: the channel is open, but what was asked last got no answer, or no good one, or nothing has been asked yet. */
export type AgentState = (typeof AGENT_STATES)[number]

/** One address of an interface inside the guest, those of the loopback left out. */
export interface GuestAddress {
  readonly interface: string
  readonly mac: string | null
  /** IPv4 or IPv6, without zone. */
  readonly address: string
  readonly prefixLength: number
}

/** Null where the agent does not say it, or says it in a way that is not fit to be shown. */
export interface GuestOs {
  /** `debian`, `mswindows`, … @source os-release(5), ID */
  readonly id: string | null
  readonly name: string | null
  readonly version: string | null
  readonly kernel: string | null
}

export interface GuestClaims {
  readonly hostname: string | null
  readonly os: GuestOs | null
  readonly addresses: readonly GuestAddress[]
  /** Whether its file systems are frozen by its agent; while they are, the rest is as it was before. */
  readonly frozen: boolean
}

export interface GuestStatus {
  readonly agent: AgentState
  /** Absent until the agent has answered, and when it is absent itself. */
  readonly claims?: GuestClaims & {
    /** When exactly this was first heard. While the agent is `responding`, it is still so. */
    readonly observedAt: string
  }
}
