// What happened on the host, for people and programs to follow.

export type Severity = 'info' | 'warning' | 'error'

export const TARGET_KINDS = ['vm', 'host', 'user', 'file'] as const

export interface Target {
  readonly kind: (typeof TARGET_KINDS)[number]
  /** Of a file `DATASTORE/NAME`. */
  readonly id: string
}

export interface NewEvent {
  /** RFC 3339, UTC. */
  readonly at: string
  /** Stable and dotted: `vm.started`, `vm.crashed`, … */
  readonly code: string
  readonly severity: Severity
  readonly target: Target
  readonly message: string
}

export interface Event extends NewEvent {
  /** Increasing, never reused. */
  readonly id: number
}
